package inspect

import (
	"errors"
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func booted1(w *world) *Index {
	w.Host.BootID = procfs.Some("boot")
	return w.index()
}

func TestDiff(t *testing.T) {
	before := booted1(alone("main").process(102, 101, "stays", in("a", 2), ns(7)).process(103, 101, "dies", in("a", 3), ns(7)).
		process(104, 101, "goes", in("a", 4), ns(7)).process(105, 101, "number", in("a", 5), ns(7)).
		container("old", "b", 201).process(200, 1, "s", shimOf("b")).process(201, 200, "x", in("b", 1), ns(8)))
	after := booted1(alone("main").process(102, 101, "stays", in("a", 2), ns(7)).process(103, 101, "dies", in("a", 3), ns(7), zombie(0)).
		process(105, 101, "again", in("a", 5), ns(7), startedAt(99)).process(106, 101, "new", in("a", 6), ns(7)).
		container("new", "c", 301).process(300, 1, "s", shimOf("c")).process(301, 300, "y", in("c", 1), ns(9)))
	changes, err := Diff(before, after)
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
	if same, err := Diff(after, after); err != nil || len(same) != 0 {
		t.Errorf("with itself: %v, %v", same, err)
	}
}

// A container that was started again is the same with another main process, and one
// that has ended says how.
func TestDiffOfRestarts(t *testing.T) {
	ran := func(pid int, change ...func(*Container)) *Index {
		return booted1(newWorld().container("demo", "a", pid, change...).process(1, 0, "systemd").process(100, 1, "s", shimOf("a")).process(pid, 100, "x", in("a", 1), ns(7)))
	}
	policy := func(c *Container) { c.RestartPolicy, c.RestartCount = "always", 2 }
	ended := func(c *Container) {
		c.Status, c.HostPID, c.ExitCode, c.FinishedAt = "exited", 0, 137, takenAt
	}
	for want, after := range map[string]*Index{
		"changed: was started again":                                        ran(102),
		"changed: was started again 2 times by its restart policy (always)": ran(102, policy),
		"went: does not run any more: exited, 137 (SIGKILL)":                ran(103, ended),
	} {
		changes, err := Diff(ran(101), after)
		if err != nil || len(changes) == 0 || fmt.Sprintf("%s: %s", changes[0].Direction, changes[0].Text) != want {
			t.Errorf("got %+v (%v), want %s", changes, err, want)
		}
	}
}

// Processes of different boots cannot be compared, nor those of unknown ones.
func TestDiffOfOtherHosts(t *testing.T) {
	one, other, unknown := booted1(alone("x")), booted1(alone("x")), alone("x").index()
	other.Capture.Host.BootID = procfs.Some("other")
	for _, ix := range []*Index{other, unknown} {
		if _, err := Diff(one, ix); !errors.Is(err, ErrOtherHost) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := Diff(unknown, unknown); !errors.Is(err, ErrOtherHost) {
		t.Errorf("both unknown: got %v", err)
	}
}
