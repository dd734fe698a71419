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

// judgeHandlers compares what is said of a stop in time with what happened to the workers'
// handlers. If the container is killed in the end, they are lost anyway.
func judgeHandlers(f forecast, o outcome) mark {
	if o.Handlers == "" || f.Forecast != "handled" || o.Killed {
		return unheld
	}
	return rightIf(f.Loses == o.Handlers.Lost())
}
