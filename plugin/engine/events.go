package engine

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Events returns what the engine remembers of containers (GET /events since 0),
// and how far back that goes.
func (c *Client) Events(ctx context.Context) (inspect.EventLog, error) {
	return call(ctx, c, func(ctx context.Context) (inspect.EventLog, error) {
		now := time.Now()
		messages, errs := c.api.Events(ctx, events.ListOptions{
			Since: "0",
			Until: strconv.FormatInt(now.Unix(), 10) + "." + strconv.Itoa(now.Nanosecond()),
		})
		return collectEvents(ctx, messages, errs)
	})
}

func collectEvents(ctx context.Context, messages <-chan events.Message, errs <-chan error) (inspect.EventLog, error) {
	var log inspect.EventLog
	for {
		select {
		case m := <-messages:
			at := time.Unix(0, m.TimeNano).UTC()
			if log.Oldest.IsZero() || at.Before(log.Oldest) {
				log.Oldest = at
			}
			if m.Type == events.ContainerEventType {
				log.Events = append(log.Events, eventOf(m, at))
			}
		case err := <-errs:
			// The stream of the past ends with io.EOF.
			if ctx.Err() != nil {
				return inspect.EventLog{}, err
			}
			return log, nil
		}
	}
}

// eventOf: an action may have a command behind a colon.
func eventOf(m events.Message, at time.Time) inspect.Event {
	action, _, _ := strings.Cut(string(m.Action), ":")
	e := inspect.Event{At: at, ContainerID: m.Actor.ID, Action: action, ExitCode: -1}
	if n, err := strconv.Atoi(m.Actor.Attributes["signal"]); err == nil {
		e.Signal = n
	}
	if n, err := strconv.Atoi(m.Actor.Attributes["exitCode"]); err == nil {
		e.ExitCode = n
	}
	return e
}
