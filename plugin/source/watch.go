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

// Watch is one host that is captured again and again, by several goroutines if wanted. The second
// look at a zombie is the next capture that comes after the question's settle time.
type Watch interface {
	Source
	// State is whether the engine answered at the last capture.
	State() EngineState
	// Close releases what is kept.
	Close() error
}

// Notifier is a Watch that passes on the engine's events.
type Notifier interface {
	Watch
	// Notify calls told for every event of a container from now on, in one goroutine at a time. It
	// must not wait.
	Notify(told func(inspect.Event))
}

// Notify is that of [Notifier].
func (w *localWatch) Notify(told func(inspect.Event)) {
	if w.follows != nil {
		w.follows.notify(told)
	}
}

// Watch opens /proc, and begins to follow the engine's events.
func (l *Local) Watch(ctx context.Context) (Watch, error) {
	proc, err := l.openProc()
	if err != nil {
		return nil, err
	}
	w := &localWatch{local: *l, proc: proc}
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
	seen    seen
	choices idle
}

// Capture is that of [Source]. What was read of programs is read again, because files change, and
// each capture has its own allowance for them.
func (w *localWatch) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	if w.follows != nil {
		defer w.follows.begin(ctx)()
	}
	purpose := purposeOf(&question)
	chosen := w.choices.take(purpose, func() *choice { return w.local.newChoice(w.proc, purpose) })
	defer w.choices.put(purpose, chosen)
	return w.local.captureOf(ctx, w.proc.again(), chosen, w, question)
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
	w.choices.release()
	return nil
}

// idle are open collectors that no capture uses at the moment.
type idle struct {
	mu sync.Mutex
	of map[taskiter.Purpose][]*choice
}

// take takes one out, or opens one.
func (i *idle) take(purpose taskiter.Purpose, open func() *choice) *choice {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := i.of[purpose]
	if len(list) == 0 {
		return open()
	}
	i.of[purpose] = list[:len(list)-1]
	return list[len(list)-1]
}

// put puts one back.
func (i *idle) put(purpose taskiter.Purpose, c *choice) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.of == nil {
		i.of = map[taskiter.Purpose][]*choice{}
	}
	i.of[purpose] = append(i.of[purpose], c)
}

// release closes all.
func (i *idle) release() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, list := range i.of {
		for _, c := range list {
			c.release()
		}
	}
	i.of = nil
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
