package tracing

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/trace"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// fakeKernel reports what is put into it.
type fakeKernel struct {
	events   chan procfs.KernelEvent
	err      error
	followed []string
	// drained is called when everything was read that is there.
	drained func()
}

func (k *fakeKernel) Read() (procfs.KernelEvent, error) {
	if len(k.events) == 0 && k.drained != nil {
		k.drained()
	}
	e, open := <-k.events
	if !open {
		return e, k.err
	}
	return e, nil
}

func (k *fakeKernel) Follow(_ *inspect.Index, c *inspect.Container) error {
	k.followed = append(k.followed, c.Name)
	return nil
}

func (k *fakeKernel) ParentOf(procfs.Key) int { return 0 }
func (k *fakeKernel) Lost() (uint64, error)   { return 0, nil }
func (k *fakeKernel) Close() error            { return nil }

// fakeHost has demo, and then also other.
type fakeHost struct {
	looks []*World
	err   error
}

func (h *fakeHost) Look(context.Context) (*inspect.Index, error) {
	if len(h.looks) == 0 {
		return nil, h.err
	}
	w := h.looks[0]
	h.looks = h.looks[1:]
	return w.Index(), nil
}

func (h *fakeHost) State() source.EngineState { return source.EngineState{Followed: true} }

func demo() *World {
	return NewWorld().Process(20, 1, "containerd-shim", ShimOf("a")).Container("demo", "a", 21).Process(21, 20, "server", In("a", 1), NS(7))
}

func process(pid int, letter string) procfs.TracedProcess {
	return procfs.TracedProcess{
		Key: procfs.Key{PID: pid, StartTicks: uint64(pid)}, PIDs: []int{pid, 1}, PIDNamespaces: []uint64{1, uint64(pid)}, Levels: 2, Comm: "server",
		Cgroups: []string{"/docker/" + ID(letter)},
	}
}

// killed are the events of a process that is killed and exits.
func killed(p procfs.TracedProcess) []procfs.KernelEvent {
	now := time.Now()
	return []procfs.KernelEvent{
		{Kind: procfs.SignalGenerated, Time: now, Subject: p, Actor: procfs.TracedProcess{Key: procfs.Key{PID: 900}, PIDs: []int{900}, Levels: 1, Comm: "bash"}, Signal: &procfs.SignalSent{Number: 9, Source: procfs.SourceInfo}},
		{Kind: procfs.ProcessExited, Time: now.Add(time.Millisecond), Subject: p, Status: 9},
	}
}

func newSession(host *fakeHost, events ...procfs.KernelEvent) (*Session, *fakeKernel, *[]trace.Row) {
	kernel := &fakeKernel{events: make(chan procfs.KernelEvent, 10), err: os.ErrClosed}
	for _, e := range events {
		kernel.events <- e
	}
	var rows []trace.Row
	s := &Session{
		Host: host, Kernel: kernel, Teller: trace.New(trace.Options{}),
		Write: func(r trace.Row) error {
			rows = append(rows, r)
			return nil
		},
	}
	return s, kernel, &rows
}

// It ends when the containers have ended that are waited for, with their rows written.
func TestUntil(t *testing.T) {
	s, kernel, rows := newSession(&fakeHost{}, killed(process(21, "a"))...)
	s.Until = []string{ID("a")}
	if err := s.Begin(demo().Index()); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(kernel.followed, []string{"demo"}) {
		t.Errorf("followed %v", kernel.followed)
	}
	if len(*rows) != 1 || (*rows)[0].Container != "demo" || (*rows)[0].Outcome != trace.Killed || (*rows)[0].Sender != trace.FromHost {
		t.Errorf("got %+v", *rows)
	}
}

// A container that is new is looked for, and followed then. An engine that does not answer is asked
// again at the next beat.
func TestNewContainer(t *testing.T) {
	both := demo().Process(40, 1, "containerd-shim", ShimOf("b")).Container("other", "b", 41).Process(41, 40, "server", In("b", 1), NS(8))
	s, kernel, rows := newSession(&fakeHost{looks: []*World{both}}, killed(process(41, "b"))...)
	s.Until = []string{ID("b")}
	if err := s.Begin(demo().Index()); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(*rows) != 1 || (*rows)[0].Container != "other" {
		t.Errorf("got %+v", *rows)
	}
	if !slices.Equal(kernel.followed, []string{"demo", "other"}) {
		t.Errorf("followed %v", kernel.followed)
	}
}

// What waits is written when it is interrupted.
func TestInterrupted(t *testing.T) {
	event := killed(process(21, "a"))[0]
	s, kernel, rows := newSession(&fakeHost{}, event)
	if err := s.Begin(demo().Index()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	kernel.drained = cancel
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if len(*rows) != 1 || (*rows)[0].Outcome != trace.StillRuns {
		t.Errorf("got %+v", *rows)
	}
}

// An engine that does not answer is said, and asked again a second later.
func TestFailed(t *testing.T) {
	silent := errors.New("the engine did not answer")
	s, _, _ := newSession(&fakeHost{err: silent}, killed(process(41, "b"))...)
	ctx, cancel := context.WithCancel(t.Context())
	var failed error
	s.Failed = func(err error) {
		failed = err
		cancel()
	}
	if err := errors.Join(s.Begin(demo().Index()), s.Run(ctx)); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(failed, silent) || s.rest.IsZero() {
		t.Errorf("got %v, again at %s", failed, s.rest)
	}
}

// Output that is lost, and a kernel that fails, end it.
func TestBroken(t *testing.T) {
	full := errors.New("no space left on device")
	s, _, _ := newSession(&fakeHost{}, killed(process(21, "a"))...)
	s.Write = func(trace.Row) error { return full }
	if err := errors.Join(s.Begin(demo().Index()), s.Run(t.Context())); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	torn := errors.New("malformed")
	s, kernel, _ := newSession(&fakeHost{})
	kernel.err = torn
	close(kernel.events)
	if err := errors.Join(s.Begin(demo().Index()), s.Run(t.Context())); !errors.Is(err, torn) {
		t.Errorf("got %v", err)
	}
}
