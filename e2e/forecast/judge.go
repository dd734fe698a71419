//go:build linux

package main

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

const (
	// grace is the --stop-timeout of all containers.
	grace = 5 * time.Second
	// delay is how long an exit takes at least that was held up.
	delay = time.Second
)

// outcome is what docker stop did, and what became of two orphans.
type outcome struct {
	// Killed: the grace period ran out.
	Killed   bool
	Seconds  float64
	ExitCode int
	Orphans  reaping
	// Handlers is what became of those of its workers.
	Handlers realhost.Hearing
	// Blocker is what the process did that the forecast names, empty for none.
	Blocker blocker
}

// killed judges an end. An exit code of 137 alone says nothing, because the stop
// signal may be SIGKILL; nor does the time alone, because docker stop needs some
// for itself. 255 is the engine's for a process that it could not wait for.
func killed(taken time.Duration, exitCode int) bool {
	return taken >= grace && slices.Contains([]int{137, 255}, exitCode)
}

// blocker is what became of a process named as Blocker.
type blocker string

const (
	// passing: it ended by itself while nobody stopped the container.
	passing blocker = "passing"
	// proved: the stop signal alone did nothing, and when this process was
	// killed the main process ended.
	proved blocker = "proved"
	// innocent: it was killed too, and the main process lived on.
	innocent blocker = "innocent"
	// unproved: the stop signal alone had ended the main process.
	unproved blocker = "unproved"
)

// reaping is what became of the orphans.
type reaping string

const (
	reapedBoth reaping = "yes"
	reapedNone reaping = "no"
	reapedOne  reaping = "partly"
	// notMade: there were no orphans, as in a paused container.
	notMade reaping = "-"
)

// mark is what a forecast deserves.
type mark string

const (
	right   mark = "right"
	wrong   mark = "wrong"
	unknown mark = "unknown"
	// unheld: there was nothing to hold the forecast against.
	unheld mark = "-"
)

// judgeStop holds Forecast against what docker stop did.
func judgeStop(f forecast, o outcome) mark {
	switch f.Forecast {
	case "unknown":
		return unknown
	case "handled":
		return rightIf(!o.Killed)
	case "ignored":
		return rightIf(o.Killed)
	case "delayed":
		return rightIf(o.Killed || o.Seconds > delay.Seconds() || o.Blocker == passing)
	}
	return wrong
}

// judgeReaps holds Reaps against what became of the orphans.
func judgeReaps(f forecast, o outcome) mark {
	switch {
	case o.Orphans == notMade:
		return unheld
	case f.Reaps == "unknown":
		return unknown
	}
	return rightIf(f.Reaps == string(o.Orphans))
}

func rightIf(held bool) mark {
	if held {
		return right
	}
	return wrong
}
