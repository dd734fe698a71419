package source

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// EngineState is whether an engine that is watched still answers.
type EngineState struct {
	// Followed is true while the engine reports its events. Without it each capture asks for
	// every container.
	Followed bool
	// Err is why the engine did not answer at the last capture, nil if it did. Since is the time
	// of the first capture at which it did not.
	Err   error
	Since time.Time
}

// The pauses between two attempts to follow an engine. With a context over ssh, each attempt
// starts a client.
const (
	firstPause = time.Second
	mostPause  = 30 * time.Second
)

// mostPing is how long a capture waits for an engine to say that it is there.
const mostPing = time.Second

// following keeps a remembered engine informed: it follows its events, and begins again when
// they end.
type following struct {
	*remembered
	cancel context.CancelFunc
	// tried is closed after the first attempt has begun or failed, and ended at the end of all.
	tried, ended chan struct{}
	pause        func(context.Context, time.Duration)

	mu    sync.Mutex
	state EngineState
	// told is called for every event of a container. It is nil if nobody wants to know.
	told func(inspect.Event)
}

// follow begins to follow the engine.
func follow(ctx context.Context, engine Follower) *following {
	ctx, cancel := context.WithCancel(ctx)
	f := &following{remembered: newRemembered(engine), cancel: cancel, tried: make(chan struct{}), ended: make(chan struct{}), pause: pause}
	go f.run(ctx)
	return f
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (f *following) run(ctx context.Context) {
	defer close(f.ended)
	once := sync.OnceFunc(func() { close(f.tried) })
	defer once()
	wait := firstPause
	for ctx.Err() == nil {
		_ = f.followOnce(ctx, func() {
			wait = firstPause
			once()
		})
		once()
		f.setFollowed(false)
		f.pause(ctx, wait)
		wait = min(2*wait, mostPause)
	}
}

// followOnce follows until the stream ends. An engine that accepts the request and then says
// nothing costs one deadline.
func (f *following) followOnce(ctx context.Context, begun func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	deadline := time.AfterFunc(f.Timeout(), cancel)
	defer deadline.Stop()
	return f.Follow(ctx, func() {
		if !deadline.Stop() {
			return
		}
		f.setFollowed(f.ReportsAll(ctx))
		begun()
	}, f.happened)
}

// happened takes an event.
func (f *following) happened(c Outdated) {
	f.change(c)
	f.mu.Lock()
	told := f.told
	f.mu.Unlock()
	if told != nil && c.Event.Action != "" {
		told(c.Event)
	}
}

// notify passes on the events of containers from now on.
func (f *following) notify(told func(inspect.Event)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = told
}

func (f *following) setFollowed(followed bool) {
	f.setTrusted(followed)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.Followed = followed
}

// begin waits for the first attempt, and asks meanwhile whether the engine answers. The function
// that it returns waits for that.
func (f *following) begin(ctx context.Context) (end func()) {
	f.Renew()
	select {
	case <-f.tried:
	case <-ctx.Done():
	}
	answered := make(chan error, 1)
	go func() {
		within, cancel := context.WithTimeout(ctx, min(mostPing, f.Timeout()))
		defer cancel()
		answered <- f.Ping(within)
	}()
	return func() { f.setAnswered(<-answered) }
}

func (f *following) setAnswered(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err == nil:
		f.state.Since = time.Time{}
	case f.state.Err == nil:
		f.state.Since = time.Now()
	}
	f.state.Err = err
}

// current is the state at the last capture.
func (f *following) current() EngineState {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// end stops following.
func (f *following) end() {
	f.cancel()
	<-f.ended
}
