package signal_test

import (
	"slices"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// An init that has exited is recognised only by the kernel function in which its main thread
// waits.
func TestIsFinishing(t *testing.T) {
	channel := func(o procfs.Opt[string]) Attending {
		return func(a *procfs.Attention) { a.Threads[0].WaitChannel = o }
	}
	inThread := func(a *procfs.Attention) {
		a.Threads = append(a.Threads, Sleeping(""))
		a.Threads[1].WaitChannel = procfs.Some("zap_pid_ns_processes")
	}
	for name, test := range map[string]struct {
		world *World
		want  bool
	}{
		"it waits for the others": {Alone("x").Attend(101, Finishing), true},
		"it waits for a child":    {Alone("x").Attend(101, channel(procfs.Some("do_wait"))), false},
		"it could not be read":    {Alone("x").Attend(101, channel(procfs.None[string](procfs.Denied))), false},
		"another thread waits so": {Alone("x").Attend(101, inThread), false},
		"it has no threads":       {Alone("x").Attend(101, Asleep()), false},
		"nobody asked":            {Alone("x"), false},
	} {
		ix := test.world.Index()
		if got := signal.IsFinishing(ix, ix.ProcessAt(101)); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// An init that has exited waits for all processes in its PID namespace, also those that entered
// it. If they could not be read, none is named.
func TestStillInside(t *testing.T) {
	w := Alone("x").Attend(101, Finishing).Process(102, 101, "child", inside(2)).Process(103, 101, "dead", inside(3), Exited(0)).
		Process(50, 1, "entered", NS(7)).Process(104, 101, "nested", In("a", 4, 1), NS(8)).Process(105, 101, "denied", inside(5), NSDenied).
		Container("joiner", "b", 201, JoinedTo("demo")).Process(201, 100, "joined", In("b", 9), NS(7))
	ix := w.Index()
	if got := pids(signal.StillInside(ix, ix.ProcessAt(101))); !slices.Equal(got, []int{50, 102, 103, 201}) {
		t.Errorf("got %v, want [50 102 103 201]", got)
	}
	if got := signal.StillInside(ix, ix.ProcessAt(105)); got != nil {
		t.Errorf("its own could not be read: got %v", pids(got))
	}
}
