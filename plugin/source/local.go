package source

import (
	"context"
	"errors"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
)

// Local is the host that this program runs on, and an engine that may or may
// not be on it: that is proved, never assumed.
type Local struct {
	// Engine is the engine that the docker CLI is set to use.
	Engine Facts
	// ProcRoot is the mount of /proc to read.
	ProcRoot string
	// Tool is the version that a capture carries.
	Tool string
	// Collector is one of Collectors; "" for /proc.
	Collector string
}

// Capture asks the engine, reads the processes, and looks a second time.
func (l *Local) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	proc, err := OpenProc(l.ProcRoot)
	if errors.Is(err, procfs.ErrNoProc) {
		return nil, &ElsewhereError{Endpoint: l.Engine.Endpoint(), Cause: err}
	}
	if err != nil {
		return nil, err
	}
	choice := newChoice(l.Collector, proc, func() (opened, error) {
		reader, err := taskiter.Open(proc.FS, purposeOf(&question))
		if err != nil {
			return opened{}, err
		}
		return opened{reader, func() { _ = reader.Close() }}, nil
	})
	defer choice.release()
	return record(ctx, &host{facts: asker{rationed(l.Engine)}, processes: proc, choice: choice, tool: l.Tool}, question)
}
