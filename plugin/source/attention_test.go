package source

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The attention is read of at most the wanted number of processes of each container, the main
// process first, each once, and of a shim that may hang. Containers that were not asked for are
// left out.
func TestAttention(t *testing.T) {
	many := func() *World {
		w := two()
		for i := range 120 {
			w.Process(1000+i, 101, "worker", inside(2+i)).Attend(1000 + i)
		}
		return w.Attend(101).Attend(201).Attend(100).Attend(200)
	}
	stuck := func() *World { return many().Alter(100, StateOf(procfs.StateUninterruptible)) }
	demo := []string{"demo"}
	for name, test := range map[string]struct {
		world    *World
		question need.Question
		fails    script
		number   int
		first    []int
	}{
		"as many as are wanted": {many(), need.Signals(demo, 0, false), nil, 100, []int{101, 1000}},
		"every one":             {many(), need.Signals(demo, 0, true), nil, 121, []int{101, 1000}},
		"of each container":     {many(), need.Signals(nil, 0, false), nil, 101, []int{101, 201, 1000}},
		"of other containers":   {many(), need.Signals([]string{"other"}, 0, false), nil, 1, []int{201}},
		"nobody's":              {many(), need.Tree(demo), nil, 0, nil},
		"a shim that may hang":  {stuck(), need.Signals(demo, 0, false), nil, 101, []int{100, 101}},
		"one the engine is silent about": {many(), need.Signals(demo, 0, false), oneOf(
			on("Inspect", "demo", ErrSilent), on("Inspect", ID("a"), ErrSilent)), 101, []int{100, 101}},
		"one that has no processes": {many().Without(201), need.Signals([]string{"other"}, 0, false), nil, 0, nil},
	} {
		r := newRig(test.world)
		r.facts.script = test.fails
		var got []int
		for _, a := range r.record(t, test.question).Attention {
			got = append(got, a.PID)
			if a.Ended {
				t.Errorf("%s: %d is said to have ended", name, a.PID)
			}
		}
		if len(got) != test.number || !slices.IsSorted(got) || !slices.Equal(got[:min(len(test.first), len(got))], test.first) {
			t.Errorf("%s: got %d, %v", name, len(got), got[:min(len(got), 5)])
		}
	}
}

// A process that has exited before it is read is reported as such, and so is a PID that another
// process has got.
func TestAttentionOfWhatEnded(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		ended bool
	}{
		"it listens": {one().Attend(101), false}, "it has ended": {one(), true},
		"another has its PID": {one().Attend(101, func(a *procfs.Attention) { a.StartTicks = 9 }), true},
	} {
		got := newRig(test.world).record(t, need.Signals([]string{"demo"}, 0, false)).Attention
		if len(got) != 1 || got[0].Ended != test.ended || got[0].Key != (procfs.Key{PID: 101, StartTicks: 101}) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// When the caller no longer waits, the remaining ones of many processes are not read.
func TestAttentionCancelled(t *testing.T) {
	w := one().Process(102, 101, "a", inside(2)).Process(103, 101, "b", inside(3))
	r := newRig(w)
	ctx, cancel := context.WithCancel(t.Context())
	r.processes.script = func(name string, _ int) error {
		if name == "Attention" {
			cancel()
		}
		return nil
	}
	if _, err := record(ctx, r.host(), need.Signals([]string{"demo"}, 1, false)); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := r.processes.times("Attention"); n != 1 {
		t.Errorf("asked %d processes", n)
	}
}

// Never more processes are read than exist.
func TestFirstOf(t *testing.T) {
	list := []int{1, 2, 3}
	for n, want := range map[int]int{0: 0, 2: 2, 3: 3, 9: 3} {
		if got := firstOf(list, n); len(got) != want {
			t.Errorf("%d: got %v", n, got)
		}
	}
	if got := firstOf[*inspect.Container](nil, 5); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
