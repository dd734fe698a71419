package engine

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Exec returns one exec session (GET /exec/ID/json). The engine keeps an ended
// one for some minutes.
func (c *Client) Exec(ctx context.Context, id string) (inspect.Exec, error) {
	r, err := call(ctx, c, func(ctx context.Context) (container.ExecInspect, error) {
		return c.api.ContainerExecInspect(ctx, id)
	})
	if err != nil {
		return inspect.Exec{}, err
	}
	return inspect.Exec{ID: r.ExecID, ContainerID: r.ContainerID, HostPID: r.Pid, Running: r.Running}, nil
}

// ExecEvents returns the exec sessions that the engine's events still tell of
// (about 256 events of all kinds, host-wide), with command and start but
// without PID.
func (c *Client) ExecEvents(ctx context.Context) ([]inspect.Exec, error) {
	return call(ctx, c, func(ctx context.Context) ([]inspect.Exec, error) {
		now := time.Now()
		messages, errs := c.api.Events(ctx, events.ListOptions{
			Since: "0",
			Until: strconv.FormatInt(now.Unix(), 10) + "." + strconv.Itoa(now.Nanosecond()),
			Filters: filters.NewArgs(
				filters.Arg("type", string(events.ContainerEventType)),
				filters.Arg("event", string(events.ActionExecCreate)),
				filters.Arg("event", string(events.ActionExecStart)),
			),
		})
		return collectExecs(ctx, messages, errs)
	})
}

func collectExecs(ctx context.Context, messages <-chan events.Message, errs <-chan error) ([]inspect.Exec, error) {
	at := map[string]int{}
	var list []inspect.Exec
	for {
		select {
		case m := <-messages:
			id := m.Actor.Attributes["execID"]
			if id == "" {
				continue
			}
			if _, ok := at[id]; !ok {
				at[id] = len(list)
				list = append(list, inspect.Exec{ID: id, ContainerID: m.Actor.ID})
			}
			takeEvent(&list[at[id]], m)
		case err := <-errs:
			// The stream of the past ends with io.EOF.
			if ctx.Err() != nil {
				return nil, err
			}
			return list, nil
		}
	}
}

// takeEvent: an action is "exec_create: <command>" or "exec_start: <command>".
func takeEvent(e *inspect.Exec, m events.Message) {
	action, command, _ := strings.Cut(string(m.Action), ": ")
	e.Command = command
	if action == string(events.ActionExecStart) {
		e.StartedAt = time.Unix(0, m.TimeNano).UTC()
	}
}
