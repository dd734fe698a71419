package source

import (
	"context"
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
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
	seen seen

	mu sync.Mutex
	// session is the helper that runs, nil for none, and choices are its collectors.
	session *session
	choices *idle
}

// Capture is that of [Source].
func (w *remoteWatch) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	if w.follows != nil {
		defer w.follows.begin(ctx)()
	}
	helper, choices, err := w.begin()
	if err != nil {
		return nil, err
	}
	helper.client.Again()
	purpose := purposeOf(&question)
	chosen := choices.take(purpose, func() *choice { return helper.newChoice(w.life, w.remote.Collector, &question) })
	defer choices.put(purpose, chosen)
	capture, err := helper.capture(ctx, w.engine, chosen, w, question)
	if helper.client.Err() != nil {
		w.end(helper)
	}
	return capture, err
}

// begin returns the helper, and starts one if none runs.
func (w *remoteWatch) begin() (*session, *idle, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session != nil {
		return w.session, w.choices, nil
	}
	s, err := w.remote.open(w.life)
	if err != nil {
		return nil, nil, err
	}
	w.session, w.choices = s, &idle{}
	return w.session, w.choices, nil
}

// end ends the helper, and lets the next capture start another one.
func (w *remoteWatch) end(helper *session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	helper.close()
	if w.session == helper {
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
	if w.session != nil {
		w.choices.release()
		w.session.close()
		w.session = nil
	}
	return nil
}
