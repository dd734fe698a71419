package engine

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Exec returns one exec session (GET /exec/ID/json). The engine keeps an ended
// one for some minutes.
func (c *Client) Exec(ctx context.Context, id string) (inspect.Exec, error) {
	r, err := call(ctx, c, ofOne, func(ctx context.Context) (container.ExecInspect, error) {
		return c.api.ContainerExecInspect(ctx, id)
	})
	if err != nil {
		return inspect.Exec{}, err
	}
	e := inspect.Exec{ID: r.ExecID, ContainerID: r.ContainerID, HostPID: r.Pid, Running: r.Running}
	if e.Running {
		e.Detached = c.detached(ctx, id)
	}
	return e, nil
}

// detached asks for what the client's type leaves out of the same answer: a
// session of docker exec -d has no output that leads to its client (OpenStdout,
// OpenStderr). It is unread where the engine does not say so.
func (c *Client) detached(ctx context.Context, id string) procfs.Opt[bool] {
	unread := procfs.None[bool](procfs.Unread)
	opens, err := call(ctx, c, ofOne, func(ctx context.Context) (opens struct{ OpenStdout, OpenStderr *bool }, err error) {
		request, err := c.request(ctx, http.MethodGet, "/exec/"+id+"/json", nil)
		if err != nil {
			return opens, err
		}
		response, err := c.api.HTTPClient().Do(request)
		if err != nil {
			return opens, err
		}
		defer func() { _ = response.Body.Close() }()
		return opens, json.NewDecoder(response.Body).Decode(&opens)
	})
	if err != nil || opens.OpenStdout == nil || opens.OpenStderr == nil {
		return unread
	}
	return procfs.Some(!*opens.OpenStdout && !*opens.OpenStderr)
}

// ExecEvents returns the exec sessions in the engine's events (about 256 events of all kinds,
// host-wide), with command and start but without PID.
func (c *Client) ExecEvents(ctx context.Context) ([]inspect.Exec, error) {
	started := filters.NewArgs(
		filters.Arg("type", string(events.ContainerEventType)),
		filters.Arg("event", string(events.ActionExecCreate)),
		filters.Arg("event", string(events.ActionExecStart)),
	)
	at := map[string]int{}
	var list []inspect.Exec
	err := c.past(ctx, started, func(m events.Message) {
		id := m.Actor.Attributes["execID"]
		if id == "" {
			return
		}
		if _, ok := at[id]; !ok {
			at[id] = len(list)
			list = append(list, inspect.Exec{ID: id, ContainerID: m.Actor.ID})
		}
		takeEvent(&list[at[id]], m)
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// takeEvent copies an event to the session. Its action is "exec_create: <command>" or
// "exec_start: <command>".
func takeEvent(e *inspect.Exec, m events.Message) {
	action, command, _ := strings.Cut(string(m.Action), ": ")
	e.Command = command
	if action == string(events.ActionExecStart) {
		e.StartedAt = time.Unix(0, m.TimeNano).UTC()
	}
}
