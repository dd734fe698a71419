package source

import (
	"context"
	"errors"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// Local is the host on which this program runs, and an engine that may or may not be on it. That
// is proved, never assumed.
type Local struct {
	// Engine is the engine that the docker CLI is set to use, nil for none.
	Engine Facts
	// Without makes what tells of containers without an engine of a reader of /proc, nil if
	// only the engine is to be asked. Orphaned tells of those of no engine that runs, which is
	// asked where no engine answers at a socket of this host.
	Without, Orphaned func(*Proc) Facts
	// Inside makes what tells of the container that this program is in, which is asked where
	// no engine answers and no container is found.
	Inside func(*Proc) Facts
	// ProcRoot is the mount of /proc to read.
	ProcRoot string
	// Tool is the version in the capture.
	Tool string
	// Collector is one of Collectors; "" for /proc.
	Collector string
}

// Capture asks the engine, reads the processes, and looks a second time.
func (l *Local) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	proc, err := l.openProc()
	if err != nil {
		return nil, err
	}
	chosen := l.newChoice(proc, purposeOf(&question))
	defer chosen.release()
	return l.captureOf(ctx, proc, chosen, nil, question)
}

// captureOf takes one capture from what was opened. watch is nil if it is the only one.
func (l *Local) captureOf(ctx context.Context, proc *Proc, chosen *choice, watch *localWatch, question need.Question) (*inspect.Capture, error) {
	facts := l.facts(proc)
	h := &host{facts: asker{rationed(facts)}, processes: proc, choice: chosen, tool: l.Tool, patience: patience}
	if watch != nil {
		h.watchedBy(&watch.seen, watch.follows)
	}
	if l.Without != nil {
		h.without = l.Without(proc)
	}
	capture, err := record(ctx, h, question)
	var unusable *CollectorError
	if errors.As(err, &unusable) {
		unusable.Endpoint = l.endpoint()
	}
	if l.Engine == nil && err == nil {
		capture.Engine.Absent = true
	}
	if f, ok := facts.(*fallback); ok && err == nil {
		capture, err = f.tell(ctx, capture)
	}
	if l.seesOnlyItself(proc, capture, err) {
		return l.captureInside(ctx, proc, question, err)
	}
	return capture, err
}

// seesOnlyItself reports whether no engine answers and no container is found, because this
// program is in one.
func (l *Local) seesOnlyItself(proc *Proc, c *inspect.Capture, err error) bool {
	if _, refused := mayFallBack(err); l.Inside == nil || err != nil && !refused || err == nil && (l.Engine != nil || len(c.Containers) > 0) {
		return false
	}
	return isInside(proc)
}

// endpoint is where the engine is reached, "" for none.
func (l *Local) endpoint() string {
	if l.Engine == nil {
		return ""
	}
	return l.Engine.Endpoint()
}

// facts are the engine's, those without one, or the latter where there is no engine.
func (l *Local) facts(proc *Proc) Facts {
	switch {
	case l.Engine == nil:
		return l.Without(proc)
	case l.Orphaned == nil:
		return l.Engine
	default:
		return &fallback{Facts: l.Engine, without: l.Orphaned(proc)}
	}
}
