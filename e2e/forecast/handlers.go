//go:build linux

package main

import (
	"context"
	"strings"
)

// hearing is what became of the handlers of a container's workers, empty where
// they have none.
type hearing string

const (
	heardOut   hearing = "ended"
	cutOff     hearing = "cut off"
	neverHeard hearing = "unheard"
)

// Workers write the first line when they have a handler, and the others in it,
// with half a second of clean-up between them.
const handlerSet, handlerBegun, handlerEnded = "handler set", "handler begun", "handler ended"

// hearingOf reads the log of a container that has been stopped.
func hearingOf(ctx context.Context, c container) (hearing, error) {
	log, err := c.log(ctx)
	return hearingIn(log), err
}

func hearingIn(log string) hearing {
	set, begun, ended := strings.Count(log, handlerSet), strings.Count(log, handlerBegun), strings.Count(log, handlerEnded)
	switch {
	case begun == 0:
		return neverHeard
	case ended < set:
		return cutOff
	}
	return heardOut
}

// lost: a worker could not clean up.
func (h hearing) lost() bool { return h == cutOff || h == neverHeard }

// judgeHandlers holds what is said of a stop in time against what it took from
// the workers. A container that is killed in the end has lost them anyway.
func judgeHandlers(f forecast, o outcome) mark {
	if o.Handlers == "" || f.Forecast != "handled" || o.Killed {
		return unheld
	}
	return rightIf(f.Loses == o.Handlers.lost())
}
