package source

import (
	"context"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Facts is what is asked of an engine. Package engine implements it. What reports containers
// without an engine can be another implementation. Every question has its own deadline. If that
// or the context's deadline passes, the error is ErrSilent. An unknown container is
// ErrNoSuchContainer. If the engine cannot be reached or refuses the user, it is
// *UnreachableError or *DeniedError, and no other question would be answered either.
type Facts interface {
	// Endpoint is the address of the engine, and Timeout is the deadline of a question.
	Endpoint() string
	Timeout() time.Duration
	// PeerPID is the PID of the process that serves the engine's socket, in the PID namespace of
	// this program, 0 if it is not visible there. The error is ErrNoPeer if the endpoint is not
	// a socket of this host.
	PeerPID(context.Context) (int, error)
	// List are the running containers, or all, with what the list has of each. If the list is
	// too long, those that were read are returned with a *CutError.
	List(ctx context.Context, all bool) ([]inspect.Container, error)
	// Inspect is one container, as the user typed it.
	Inspect(ctx context.Context, ref string) (inspect.Container, error)
	// Exec is one exec session, and ExecEvents are those that are still in the engine's events.
	Exec(ctx context.Context, id string) (inspect.Exec, error)
	ExecEvents(context.Context) ([]inspect.Exec, error)
	// Events are the events of containers that the engine remembers.
	Events(context.Context) (inspect.EventLog, error)
	// LastWords are the last lines of a container's output, the oldest first. There are none if
	// its log cannot be read.
	LastWords(ctx context.Context, id string) ([]string, error)
	// Describe is the engine's name and versions. It may return versions and an error, if the
	// engine did not report its name.
	Describe(context.Context) (inspect.Engine, error)
}
