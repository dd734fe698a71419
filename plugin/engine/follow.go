package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// Follow passes on the engine's events as they occur (GET /events), until the stream ends or is
// longer than the bounds of one answer.
func (c *Client) Follow(ctx context.Context, begun func(), outdated func(source.Outdated)) error {
	ctx, s := withSlip(ctx, ofEvents)
	messages, errs := c.api.Events(ctx, events.ListOptions{})
	select {
	case err := <-errs:
		return c.followed(ctx, err, s)
	default:
	}
	begun()
	for {
		select {
		case m := <-messages:
			if change, ok := changeOf(&m); ok {
				outdated(change)
			}
		case err := <-errs:
			return c.followed(ctx, err, s)
		}
	}
}

// followed is why the stream has ended, as the transport reports it.
func (c *Client) followed(ctx context.Context, err error, s *slip) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.err != nil {
		return s.err
	}
	return err
}

// execActions are the actions of exec sessions, of Docker's engine and podman's. They change
// their container, and no list.
var execActions = []string{"exec", "exec_create", "exec_start", "exec_die", "exec_died", "exec_detach", "health_status", "top", "resize", "attach", "detach", "export", "archive-path", "extract-to-dir", "copy"}

// changeOf is what an event says about containers. Most events of images, networks and volumes
// say nothing.
func changeOf(m *events.Message) (source.Outdated, bool) {
	switch m.Type {
	case events.ContainerEventType:
		action, _, _ := strings.Cut(string(m.Action), ":")
		event := eventOf(*m, time.Unix(0, m.TimeNano).UTC())
		event.Name = m.Actor.Attributes["name"]
		return source.Outdated{ContainerID: m.Actor.ID, Lists: !slices.Contains(execActions, action), Event: event}, m.Actor.ID != ""
	case events.NetworkEventType:
		id := m.Actor.Attributes["container"]
		return source.Outdated{ContainerID: id}, id != ""
	case events.DaemonEventType:
		return source.Outdated{}, true
	default:
		return source.Outdated{}, false
	}
}

// dockersEngine is the name of Docker's engine for itself (GET /version, Components).
const dockersEngine = "Engine"

// ReportsAll reports whether this is Docker's engine, which reports everything that happens to a
// container as an event. Podman's may be set up to keep none (containers.conf, events_logger).
func (c *Client) ReportsAll(ctx context.Context) bool { return c.product(ctx) == dockersEngine }

// Ping asks whether the engine answers (GET /_ping).
func (c *Client) Ping(ctx context.Context) error {
	_, err := call(ctx, c, ofOne, c.api.Ping)
	return err
}

// Renew lets the next answers together be as large as the first ones could be.
func (c *Client) Renew() {
	if c.transport != nil {
		c.transport.read.Store(0)
		c.transport.values.Store(0)
	}
}
