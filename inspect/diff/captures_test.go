package diff_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/diff"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func booted1(w *World) *inspect.Index {
	w.Host.BootID = procfs.Some("boot")
	return w.Index()
}

func TestDiff(t *testing.T) {
	before := booted1(Alone("main").Process(102, 101, "stays", In("a", 2), NS(7)).Process(103, 101, "dies", In("a", 3), NS(7)).
		Process(104, 101, "goes", In("a", 4), NS(7)).Process(105, 101, "number", In("a", 5), NS(7)).
		Container("old", "b", 201).Process(200, 1, "s", ShimOf("b")).Process(201, 200, "x", In("b", 1), NS(8)))
	after := booted1(Alone("main").Process(102, 101, "stays", In("a", 2), NS(7)).Process(103, 101, "dies", In("a", 3), NS(7), Exited(0)).
		Process(105, 101, "again", In("a", 5), NS(7), StartedAt(99)).Process(106, 101, "new", In("a", 6), NS(7)).
		Container("new", "c", 301).Process(300, 1, "s", ShimOf("c")).Process(301, 300, "y", In("c", 1), NS(9)))
	changes, err := diff.Captures(before, after)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, c := range changes {
		got += fmt.Sprintf("%s %s %s", c.Container.Name, c.Direction, c.Kind)
		if c.Process != nil {
			got += fmt.Sprintf(" %d", c.Process.PID)
		}
		got += "\n"
	}
	want := "demo went process 104\ndemo went process 105\ndemo came zombie 103\ndemo came process 105\ndemo came process 106\n" +
		"new came container\nnew came process 301\nold went container\nold went process 201\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if same, err := diff.Captures(after, after); err != nil || len(same) != 0 {
		t.Errorf("with itself: %v, %v", same, err)
	}
}

// A container that was started again is the same with another main process, and one
// that has ended says how.
func TestDiffOfRestarts(t *testing.T) {
	ran := func(pid int, change ...func(*inspect.Container)) *inspect.Index {
		return booted1(NewWorld().Container("demo", "a", pid, change...).Process(1, 0, "systemd").Process(100, 1, "s", ShimOf("a")).Process(pid, 100, "x", In("a", 1), NS(7)))
	}
	policy := func(c *inspect.Container) { c.RestartPolicy, c.RestartCount = "always", 2 }
	ended := func(c *inspect.Container) {
		c.Status, c.HostPID, c.ExitCode, c.FinishedAt = "exited", 0, 137, TakenAt
	}
	for want, after := range map[string]*inspect.Index{
		"changed: was started again":                                        ran(102),
		"changed: was started again 2 times by its restart policy (always)": ran(102, policy),
		"went: does not run any more: exited, 137 (SIGKILL)":                ran(103, ended),
	} {
		changes, err := diff.Captures(ran(101), after)
		if err != nil || len(changes) == 0 || fmt.Sprintf("%s: %s", changes[0].Direction, changes[0].Text) != want {
			t.Errorf("got %+v (%v), want %s", changes, err, want)
		}
	}
}

// Processes of different boots cannot be compared, nor those of unknown ones.
func TestDiffOfOtherHosts(t *testing.T) {
	one, other, unknown := booted1(Alone("x")), booted1(Alone("x")), Alone("x").Index()
	other.Capture.Host.BootID = procfs.Some("other")
	for _, ix := range []*inspect.Index{other, unknown} {
		if _, err := diff.Captures(one, ix); !errors.Is(err, diff.ErrOtherHost) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := diff.Captures(unknown, unknown); !errors.Is(err, diff.ErrOtherHost) {
		t.Errorf("both unknown: got %v", err)
	}
}
