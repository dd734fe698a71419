package metrics

import (
	"context"
	"sync"
)

// shared does one thing at a time for all that ask for it. Those that ask while it is being done
// get the same result. It is cancelled when the last of them no longer waits.
type shared[T any] struct {
	// do is what is done. It may go on for a while after its context has ended.
	do func(ctx context.Context) T

	mu  sync.Mutex
	now *run[T]
}

// run is one time that it is done.
type run[T any] struct {
	cancel context.CancelFunc
	// waiting is how many wait for it. With none it is cancelled.
	waiting int
	// done is closed when result is there.
	done   chan struct{}
	result T
}

// get waits for the result, within the context. within is the context of the work itself.
func (s *shared[T]) get(ctx, within context.Context) (T, error) {
	for {
		r, isCancelled := s.join(within)
		select {
		case <-r.done:
			if !isCancelled {
				s.leave(r)
				return r.result, nil
			}
			// A cancelled run has ended, and there is room for a new one.
		case <-ctx.Done():
			if !isCancelled {
				s.leave(r)
			}
			var none T
			return none, ctx.Err()
		}
	}
}

// join is the run that is going on, or a new one. One that was cancelled and has not ended is
// only waited for, so that there are never two.
func (s *shared[T]) join(within context.Context) (r *run[T], isCancelled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r := s.now; {
	case r != nil && r.waiting == 0:
		return r, true
	case r != nil:
		r.waiting++
		return r, false
	}
	ctx, cancel := context.WithCancel(within)
	r = &run[T]{cancel: cancel, waiting: 1, done: make(chan struct{})}
	s.now = r
	go func() {
		r.result = s.do(ctx)
		s.mu.Lock()
		s.now = nil
		s.mu.Unlock()
		close(r.done)
		cancel()
	}()
	return r, false
}

// leave no longer waits.
func (s *shared[T]) leave(r *run[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.waiting--; r.waiting == 0 {
		r.cancel()
	}
}
