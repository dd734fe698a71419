package tracing

import (
	"context"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// What the kernel has reported until the end is told, however much waits.
func TestDrain(t *testing.T) {
	events := killed(process(21, "a"))
	s, kernel, rows := newSession(&fakeHost{})
	kernel.events = make(chan procfs.KernelEvent, 10_000)
	for range 5_000 {
		kernel.events <- events[0]
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Begin(demo().Index()); err != nil {
		t.Fatal(err)
	}
	later := events[0]
	later.Time = time.Now().Add(time.Hour)
	kernel.events <- later
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if len(*rows) != 5_000 {
		t.Errorf("%d rows, want 5000", len(*rows))
	}
}

// If more comes than can be read, that is said.
func TestCut(t *testing.T) {
	s, _, _ := newSession(&fakeHost{})
	events := make(chan procfs.KernelEvent, 1)
	events <- killed(process(21, "a"))[0]
	if s.drain(events, time.Now().Add(-time.Minute)); !s.Cut || len(events) != 1 {
		t.Errorf("cut: %t, %d events wait", s.Cut, len(events))
	}
}
