package source

import (
	"context"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Facts is what is asked of an engine: package engine has one, and what tells of containers
// without an engine can be another. Every question has a deadline of its own. One that
// passed, or that of its context, is ErrSilent, an unknown container ErrNoSuchContainer; where the
// engine cannot be reached or refuses the user, *UnreachableError or
// *DeniedError, and no other question would be answered either.
type Facts interface {
	// Endpoint is where the engine is reached, and Timeout the deadline of a question.
	Endpoint() string
	Timeout() time.Duration
	// PeerPID is the PID of the process that serves the engine's socket, as this host
	// numbers it, 0 if it has no number here; ErrNoPeer if that is no socket of
	// this host.
	PeerPID(context.Context) (int, error)
	// List are the running containers, or all, with what a list tells of each. Of a list
	// that is too long those that were read come with a *CutError.
	List(ctx context.Context, all bool) ([]inspect.Container, error)
	// Inspect is one container, by what the user typed.
	Inspect(ctx context.Context, ref string) (inspect.Container, error)
	// Exec is one exec session, and ExecEvents those that the engine's events still tell of.
	Exec(ctx context.Context, id string) (inspect.Exec, error)
	ExecEvents(context.Context) ([]inspect.Exec, error)
	// Events is what the engine remembers of containers.
	Events(context.Context) (inspect.EventLog, error)
	// LastWords are the last lines that a container has written, the oldest first; none
	// where its log cannot be read.
	LastWords(ctx context.Context, id string) ([]string, error)
	// Describe is the engine's name and versions. Its versions may come with an error, where
	// it did not tell its name.
	Describe(context.Context) (inspect.Engine, error)
}
