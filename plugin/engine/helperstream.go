package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

const (
	// closeGrace is how long the program may take to exit after its input was closed.
	closeGrace = time.Second
	// mostCleanup is how long it may take to remove what was started.
	mostCleanup = 3 * time.Second
	// mostLastLook is how long it may take to find out why the stream ended, and betweenLooks
	// the pause in it.
	mostLastLook = 2 * time.Second
	betweenLooks = 50 * time.Millisecond
)

// Helper is a running container of the helper. It is the stream of the program: Read reads its
// standard output, and Write writes to its standard input. Nothing that comes out of it is
// proved to be true. One goroutine may read while another writes.
type Helper struct {
	// ID is the container's.
	ID string
	// HostPID is the program's PID by the engine's word (GET /containers/ID/json, State.Pid).
	HostPID int
	// Swept are the IDs of containers that earlier runs had left, and that are removed now.
	Swept []string

	client *Client
	ctx    context.Context
	conn   duplex
	frames *frames
	// reading is held by who reads, and ended is closed at the end of the stream.
	reading sync.Mutex
	ended   chan struct{}
	once    sync.Once // closes ended
	// closing: this side has ended it.
	closing atomic.Bool
	// why is what the stream came to.
	why error
	// unwatch stops the end of ctx from closing it.
	unwatch func() bool
	close   func() error
}

func newHelper(ctx context.Context, c *Client, id string, conn duplex) *Helper {
	h := &Helper{ID: id, client: c, ctx: ctx, conn: conn, frames: newFrames(conn), ended: make(chan struct{})}
	h.close = sync.OnceValue(h.end)
	h.unwatch = context.AfterFunc(ctx, func() { _ = h.close() })
	return h
}

// Read returns what the program writes to its standard output. After Close the error is
// io.EOF, after the end of the caller's context its error, and otherwise a
// *source.HelperError: the program is to write until it is closed.
func (h *Helper) Read(p []byte) (int, error) {
	h.reading.Lock()
	defer h.reading.Unlock()
	if h.why != nil {
		return 0, h.why
	}
	n, err := h.frames.Read(p)
	if err == nil {
		return n, nil
	}
	h.once.Do(func() { close(h.ended) })
	switch {
	case h.ctx.Err() != nil:
		h.why = h.ctx.Err()
	case h.closing.Load():
		h.why = io.EOF
	default:
		h.why = h.explain(err)
	}
	return n, h.why
}

// Write gives the program input. The error is that of the connection: Read has the reason.
func (h *Helper) Write(p []byte) (int, error) {
	if h.closing.Load() {
		return 0, io.ErrClosedPipe
	}
	return h.conn.Write(p)
}

// Close ends the program and removes the container, or leaves that to the engine if it has
// begun with it. It returns when that is done, also if it was called before. An error says
// what may be left.
func (h *Helper) Close() error {
	h.unwatch()
	return h.close()
}

// end closes the program's input and waits until it has exited, or does not wait at all if the
// caller's context has ended. The engine removes the container by itself (AutoRemove). It is
// removed here as well, because it may still run.
func (h *Helper) end() error {
	h.closing.Store(true)
	if h.ctx.Err() == nil && h.conn.CloseWrite() == nil {
		go h.drain()
		select {
		case <-h.ended:
		case <-h.ctx.Done():
		case <-time.After(closeGrace):
		}
	}
	_ = h.conn.Close()
	return h.client.discard(h.ctx, h.ID)
}

// drain reads to the end what nobody will use.
func (h *Helper) drain() {
	rest := make([]byte, keptStderr)
	for {
		if _, err := h.Read(rest); err != nil {
			return
		}
	}
}

// abandon ends the stream without waiting for the program.
func (h *Helper) abandon() {
	h.unwatch()
	h.closing.Store(true)
	_ = h.conn.Close()
}

// failed is why the program does not run, though it was started.
func (h *Helper) failed() error {
	late := time.AfterFunc(h.client.timeout, func() { _ = h.conn.Close() })
	defer late.Stop()
	h.drain()
	return h.why
}

// explain is the error of a stream that was not to end.
func (h *Helper) explain(err error) error {
	e := &source.HelperError{Endpoint: h.client.endpoint, Status: -1, Cause: err}
	var garbled *garbledError
	if errors.As(err, &garbled) {
		e.Obstacle, e.Text, e.Try = source.HelperGarbled, "what it sends is not a stream of a container: "+garbled.text, "check whether a proxy changes it"
		return e
	}
	status, exited := h.exitStatus()
	if !exited {
		e.Obstacle, e.Text, e.Try = source.HelperCut, "its stream broke off: "+err.Error(), "try again; see whether the engine or the connection to it was restarted"
		return e
	}
	e.Obstacle, e.Status, e.Try = source.HelperExited, status, "try again"
	e.Text = "it has exited"
	if status >= 0 {
		e.Text = fmt.Sprintf("it has exited with status %d", status)
	}
	if line := h.frames.stderr.last(); line != "" {
		e.Text += ": " + line
	}
	return e
}

// exitStatus is what the engine says of the end of the container, while it is removed: by
// itself as long as it is there, and by its event (die) afterwards. The status is -1 if nobody
// knows it.
func (h *Helper) exitStatus() (status int, exited bool) {
	ctx, cancel := context.WithTimeout(h.ctx, mostLastLook)
	defer cancel()
	for {
		found, err := call(ctx, h.client, ofOne, func(ctx context.Context) (container.InspectResponse, error) {
			return h.client.api.ContainerInspect(ctx, h.ID)
		})
		switch {
		case errors.Is(err, source.ErrNoSuchContainer):
			return h.diedWith(ctx), true
		case err != nil && !isRefused(err): // podman refuses while it removes the container
			return -1, false
		case err == nil && found.ContainerJSONBase != nil && found.State != nil && !found.State.Running && found.State.Status != container.StateCreated:
			return found.State.ExitCode, true
		}
		select {
		case <-time.After(betweenLooks):
		case <-ctx.Done():
			return -1, false
		}
	}
}

// diedWith is the exit status in the container's event, -1 for none.
func (h *Helper) diedWith(ctx context.Context) int {
	status := -1
	of := filters.NewArgs(filters.Arg("type", string(events.ContainerEventType)), filters.Arg("container", h.ID), filters.Arg("event", string(events.ActionDie)))
	if err := h.client.past(ctx, of, func(m events.Message) { status = eventOf(m, time.Time{}).ExitCode }); err != nil {
		return -1
	}
	return status
}
