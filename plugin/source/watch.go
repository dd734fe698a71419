package source

import (
	"context"
	"errors"
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
)

// Watchable is a Source that can be captured again and again at little cost.
type Watchable interface {
	Source
	// Watch keeps what captures have in common until Close. The context ends it too.
	Watch(context.Context) (Watch, error)
}

// Watch is one host that is captured again and again. Its captures are not taken at the same
// time. The second look at a zombie is the next capture that comes after the question's settle
// time, so all questions to one Watch should be about the same containers.
type Watch interface {
	Source
	// State is whether the engine answered at the last capture.
	State() EngineState
	// Close releases what is kept.
	Close() error
}

// Watch opens /proc, and begins to follow the engine's events.
func (l *Local) Watch(ctx context.Context) (Watch, error) {
	proc, err := l.openProc()
	if err != nil {
		return nil, err
	}
	w := &localWatch{local: *l, proc: proc, choices: map[taskiter.Purpose]*choice{}}
	if engine, ok := l.Engine.(Follower); ok {
		w.follows = follow(ctx, engine)
		w.local.Engine = w.follows.remembered
	}
	return w, nil
}

// localWatch is this host, watched.
type localWatch struct {
	local Local
	proc  *Proc
	// follows is nil if the engine reports no events, or there is none.
	follows *following

	mu      sync.Mutex
	seen    seen
	choices map[taskiter.Purpose]*choice
}

// Capture is that of [Source].
func (w *localWatch) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.follows != nil {
		defer w.follows.begin(ctx)()
	}
	// What was read of programs is read again, because files change, and each capture has its
	// own allowance for them.
	w.proc = w.proc.again()
	purpose := purposeOf(&question)
	chosen := w.choices[purpose]
	if chosen == nil {
		chosen = w.local.newChoice(w.proc, purpose)
		w.choices[purpose] = chosen
	}
	return w.local.captureOf(ctx, w.proc, chosen, w, question)
}

// State is that of [Watch].
func (w *localWatch) State() EngineState {
	if w.follows == nil {
		return EngineState{}
	}
	return w.follows.current()
}

// Close is that of [Watch].
func (w *localWatch) Close() error {
	if w.follows != nil {
		w.follows.end()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.choices {
		c.release()
	}
	return nil
}

// openProc opens the /proc of this host.
func (l *Local) openProc() (*Proc, error) {
	proc, err := OpenProc(l.ProcRoot)
	if errors.Is(err, procfs.ErrNoProc) {
		return nil, &ElsewhereError{Endpoint: l.endpoint(), Cause: err}
	}
	return proc, err
}

// newChoice starts to open the collector that was asked for.
func (l *Local) newChoice(proc *Proc, purpose taskiter.Purpose) *choice {
	return newChoice(l.Collector, proc, func() (opened, error) {
		reader, err := taskiter.Open(proc.FS, purpose)
		if err != nil {
			return opened{}, err
		}
		return opened{reader, func() { _ = reader.Close() }}, nil
	})
}
