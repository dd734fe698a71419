//go:build linux

package main

import (
	"context"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// hearingOf reads the log of a container that has been stopped.
func hearingOf(ctx context.Context, c container) (realhost.Hearing, error) {
	log, err := c.log(ctx)
	return realhost.HearingIn(log), err
}

// judgeHandlers holds what is said of a stop in time against what it took from
// the workers. A container that is killed in the end has lost them anyway.
func judgeHandlers(f forecast, o outcome) mark {
	if o.Handlers == "" || f.Forecast != "handled" || o.Killed {
		return unheld
	}
	return rightIf(f.Loses == o.Handlers.Lost())
}
