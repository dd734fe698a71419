package metrics

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Those that come together share one run, and the next one makes a new run.
func TestSharedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int64
		s := &shared[int64]{do: func(context.Context) int64 {
			time.Sleep(time.Second)
			return runs.Add(1)
		}}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 10 * time.Millisecond)
				if got, err := s.get(t.Context(), t.Context()); got != 1 || err != nil {
					t.Errorf("run %d, %v", got, err)
				}
			})
		}
		all.Wait()
		if got, err := s.get(t.Context(), t.Context()); got != 2 || err != nil {
			t.Errorf("afterwards: run %d, %v", got, err)
		}
	})
}

// One that no longer waits does not end the run of the others. When none waits, it is cancelled.
func TestSharedRunIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancelled := make(chan time.Duration, 1)
		began := time.Now()
		s := &shared[bool]{do: func(ctx context.Context) bool {
			<-ctx.Done()
			cancelled <- time.Since(began)
			return true
		}}
		var all sync.WaitGroup
		for _, patience := range []time.Duration{time.Second, 3 * time.Second, 2 * time.Second} {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if _, err := s.get(ctx, t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != patience {
					t.Errorf("%v after %s, want after %s", err, time.Since(began), patience)
				}
			})
		}
		all.Wait()
		if after := <-cancelled; after != 3*time.Second {
			t.Errorf("cancelled after %s", after)
		}
	})
}

// A cancelled run that goes on is never joined, and no second one begins beside it.
func TestHungRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs, beside atomic.Int64
		s := &shared[int64]{do: func(context.Context) int64 {
			defer beside.Add(-1)
			if beside.Add(1) > 1 {
				t.Error("two runs at the same time")
			}
			time.Sleep(10 * time.Second) // whatever its context says
			return runs.Add(1)
		}}
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := s.get(ctx, t.Context()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			cancel()
		}
		if got, err := s.get(t.Context(), t.Context()); got != 2 || err != nil {
			t.Errorf("run %d, %v", got, err)
		}
	})
}
