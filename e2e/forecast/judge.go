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
	// delay is the minimum time of an exit that was delayed.
	delay = time.Second
)

// outcome is what docker stop did, and what happened to two orphans.
type outcome struct {
	// Killed is true if the grace period ran out.
	Killed   bool
	Seconds  float64
	ExitCode int
	Orphans  reaping
	// Handlers is what happened to the handlers of its workers.
	Handlers realhost.Hearing
	// Blocker is what the process did that the forecast names, empty for none.
	Blocker blocker
}

// killed reports whether SIGKILL ended the container. An exit code of 137 alone proves nothing,
// because the stop signal may be SIGKILL. The time alone proves nothing, because docker stop
// itself needs some. The engine assigns 255 to a process that it could not wait for.
func killed(taken time.Duration, exitCode int) bool {
	return taken >= grace && slices.Contains([]int{137, 255}, exitCode)
}

// blocker is what happened to a process named as Blocker.
type blocker string

const (
	// passing: it exited by itself before the container was stopped.
	passing blocker = "passing"
	// proved: the stop signal alone had no effect, and when this process was killed the main
	// process exited.
	proved blocker = "proved"
	// innocent: it was killed, and the main process continued to run.
	innocent blocker = "innocent"
	// unproved: the main process exited on the stop signal alone.
	unproved blocker = "unproved"
)

// reaping is what happened to the orphans.
type reaping string

const (
	reapedBoth reaping = "yes"
	reapedNone reaping = "no"
	reapedOne  reaping = "partly"
	// notMade: there were no orphans, as in a paused container.
	notMade reaping = "-"
)

// mark is the result for a forecast.
type mark string

const (
	right   mark = "right"
	wrong   mark = "wrong"
	unknown mark = "unknown"
	// unheld: there was nothing to compare the forecast with.
	unheld mark = "-"
)

// judgeStop compares Forecast with what docker stop did.
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

// judgeReaps compares Reaps with what happened to the orphans.
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
