package source

import (
	"context"
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
)

// Watch begins to follow the engine's events. The helper is started for the first capture, and
// again after one that it did not survive.
func (r *Remote) Watch(ctx context.Context) (Watch, error) {
	w := &remoteWatch{remote: r, engine: r.Engine, life: ctx}
	if engine, ok := r.Engine.(Follower); ok {
		w.follows = follow(ctx, engine)
		w.engine = w.follows.remembered
	}
	return w, nil
}

// remoteWatch is the host of an engine, watched through one helper.
type remoteWatch struct {
	remote *Remote
	// engine is the engine with what is remembered of it.
	engine  Facts
	follows *following
	// life is the context of the helper, which outlives that of a capture.
	life context.Context

	mu      sync.Mutex
	seen    seen
	session *session
	choices map[taskiter.Purpose]*choice
}

// Capture is that of [Source].
func (w *remoteWatch) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.follows != nil {
		defer w.follows.begin(ctx)()
	}
	if err := w.begin(); err != nil {
		return nil, err
	}
	w.session.client.Again()
	purpose := purposeOf(&question)
	chosen := w.choices[purpose]
	if chosen == nil {
		chosen = w.session.newChoice(w.life, w.remote.Collector, &question)
		w.choices[purpose] = chosen
	}
	capture, err := w.session.capture(ctx, w.engine, chosen, w, question)
	if w.session.client.Err() != nil {
		w.end()
	}
	return capture, err
}

// begin starts the helper, if none runs.
func (w *remoteWatch) begin() error {
	if w.session != nil {
		return nil
	}
	s, err := w.remote.open(w.life)
	if err == nil {
		w.session, w.choices = s, map[taskiter.Purpose]*choice{}
	}
	return err
}

// end ends the helper.
func (w *remoteWatch) end() {
	if w.session != nil {
		w.session.close()
		w.session = nil
	}
}

// State is that of [Watch].
func (w *remoteWatch) State() EngineState {
	if w.follows == nil {
		return EngineState{}
	}
	return w.follows.current()
}

// Close is that of [Watch].
func (w *remoteWatch) Close() error {
	if w.follows != nil {
		w.follows.end()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.choices {
		c.release()
	}
	w.end()
	return nil
}
