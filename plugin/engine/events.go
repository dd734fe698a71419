package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Events returns the events of containers that the engine remembers (GET /events since 0), how
// far they go back, and which engine it is.
func (c *Client) Events(ctx context.Context) (inspect.EventLog, error) {
	log, err := c.events(ctx)
	log.Product = c.product(ctx) // one after the other, because the first call of a client negotiates its API version
	return log, err
}

// product is the engine's name for itself (GET /version, Components), "" if it does not report
// one. Docker's engine then asks runc and docker-init for their versions, which takes longer
// than its events.
func (c *Client) product(ctx context.Context) string {
	version, err := call(ctx, c, ofOne, c.api.ServerVersion)
	if err != nil || len(version.Components) == 0 {
		return ""
	}
	return version.Components[0].Name
}

func (c *Client) events(ctx context.Context) (inspect.EventLog, error) {
	var log inspect.EventLog
	err := c.past(ctx, filters.Args{}, func(m events.Message) {
		at := time.Unix(0, m.TimeNano).UTC()
		if log.Oldest.IsZero() || at.Before(log.Oldest) {
			log.Oldest = at
		}
		switch {
		case m.Type == events.ContainerEventType:
			log.Events = append(log.Events, eventOf(m, at))
		case m.Type == events.DaemonEventType && m.Action == events.ActionReload:
			log.DefaultGrace = defaultGrace(m.Actor.Attributes)
		}
	})
	if err != nil {
		return inspect.EventLog{}, err
	}
	return log, nil
}

// defaultGrace is the default grace period in a daemon's reload event, absent if it cannot be
// configured there.
func defaultGrace(attributes map[string]string) procfs.Opt[time.Duration] {
	text, told := attributes["default-stop-timeout"]
	if !told {
		return procfs.None[time.Duration](procfs.NotHeld)
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	grace, overflows := gracePeriod(seconds)
	if err != nil || overflows || seconds < 0 {
		return procfs.None[time.Duration](procfs.Malformed)
	}
	return procfs.Some(grace)
}

// past passes each event until now to take. If the stream breaks off or is too long, it is
// unknown what is missing, and that is an error.
func (c *Client) past(ctx context.Context, of filters.Args, take func(events.Message)) error {
	_, err := call(ctx, c, ofEvents, func(ctx context.Context) (struct{}, error) {
		messages, errs := c.api.Events(ctx, events.ListOptions{Since: "0", Until: until(time.Now()), Filters: of})
		for {
			select {
			case m := <-messages:
				take(m)
			case err := <-errs:
				if errors.Is(err, io.EOF) { // this is how the stream of past events ends
					err = nil
				}
				return struct{}{}, err
			}
		}
	})
	return err
}

// until is a time in the form of GET /events: seconds and, after a point, nanoseconds with all
// nine digits. With fewer digits, the engine reads a later time.
func until(t time.Time) string {
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}

// eventOf converts an event. Its action may have a command after a colon.
func eventOf(m events.Message, at time.Time) inspect.Event {
	action, _, _ := strings.Cut(string(m.Action), ":")
	e := inspect.Event{At: at, ContainerID: m.Actor.ID, Action: action, ExitCode: -1}
	if action == "destroy" {
		e.Name = m.Actor.Attributes["name"]
	}
	if n, err := strconv.Atoi(m.Actor.Attributes["signal"]); err == nil {
		e.Signal = n
	}
	if n, err := strconv.Atoi(m.Actor.Attributes["exitCode"]); err == nil {
		e.ExitCode = n
	}
	return e
}
