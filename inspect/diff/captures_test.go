package diff_test

import (
	"errors"
	"fmt"
	"slices"
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

// A container that was restarted is the same with another main process. The exit of one that has
// ended is reported.
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
		"went: no longer runs: exited, 137 (SIGKILL)":                       ran(103, ended),
	} {
		changes, err := diff.Captures(ran(101), after)
		if err != nil || len(changes) == 0 || fmt.Sprintf("%s: %s", changes[0].Direction, changes[0].Text) != want {
			t.Errorf("got %+v (%v), want %s", changes, err, want)
		}
	}
}

// Processes of different boots cannot be compared, nor those of unknown boots.
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

// What came or went is reported with its role in its container, and a zombie with the process
// that has not waited for it.
func TestDiffInWords(t *testing.T) {
	before := booted1(Alone("main").Process(102, 101, "job", In("a", 2), NS(7)).Process(103, 100, "sh", In("a", 3), NS(7)))
	after := booted1(Alone("main").Process(104, 101, "new", In("a", 4), NS(7)).Process(105, 101, "dead", In("a", 5), NS(7), Exited(0)).
		Process(106, 555, "lost", In("a", 6), NS(7), Exited(0)))
	want := []string{
		"went process: job (102, inside 2), child", "went process: sh (103, inside 3), exec",
		"came process: new (104, inside 4), child", "came zombie: dead (105, inside 5), child, not waited for by PID 1 (main)",
		"came zombie: lost (106, inside 6), child, not waited for by process 555",
	}
	if got := inWords(t, before, after); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	back := []string{
		"went process: new (104, inside 4), child", "went zombie: dead (105, inside 5), child, not waited for by PID 1 (main)",
		"went zombie: lost (106, inside 6), child, not waited for by process 555",
		"came process: job (102, inside 2), child", "came process: sh (103, inside 3), exec",
	}
	if got := inWords(t, after, before); !slices.Equal(got, back) {
		t.Errorf("the other way round: got %q, want %q", got, back)
	}
}

// A namespace has changed if both looks have read it and differ. If it could not be read at one
// of them, that is not a change.
func TestDiffOfNamespaces(t *testing.T) {
	in := func(change ...Change) *inspect.Index { return booted1(Alone("main", change...)) }
	net := func(inode procfs.Opt[uint64]) Change {
		return func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = inode }
	}
	old, other, denied := net(procfs.Some[uint64](41)), net(procfs.Some[uint64](42)), net(procfs.None[uint64](procfs.Denied))
	for name, test := range map[string]struct {
		before, after *inspect.Index
		want          []string
	}{
		"the same":        {in(old), in(old), nil},
		"another":         {in(old), in(other), []string{"changed namespace: its net namespace changed from 41 to 42"}},
		"two others":      {in(old), in(other, NS(9)), []string{"changed namespace: its pid namespace changed from 7 to 9", "changed namespace: its net namespace changed from 41 to 42"}},
		"not read before": {in(denied), in(other), nil},
		"not read now":    {in(old), in(denied), nil},
		"never read":      {in(denied), in(denied), nil},
	} {
		if got := inWords(t, test.before, test.after); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// What became of a container is reported as far as the later look has it.
func TestDiffOfContainersThatWent(t *testing.T) {
	runs := func(change ...func(*inspect.Container)) *World {
		return NewWorld().Container("demo", "a", 101, change...).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "x", In("a", 1), NS(7))
	}
	image := func(c *inspect.Container) { c.Image = "nginx:1" }
	ended := func(code int) func(*inspect.Container) {
		return func(c *inspect.Container) { c.Status, c.HostPID, c.ExitCode, c.FinishedAt = "exited", 0, code, TakenAt }
	}
	const went = "went container: no longer runs"
	for name, test := range map[string]struct {
		before, after *World
		want          string
	}{
		"removed":            {runs(), NewWorld(), went},
		"an end not told":    {runs(), NewWorld().Container("demo", "a", 0, func(c *inspect.Container) { c.Status = "exited" }), went},
		"a code":             {runs(), NewWorld().Container("demo", "a", 0, ended(3)), went + ": exited, 3"},
		"a signal":           {runs(), NewWorld().Container("demo", "a", 0, ended(143)), went + ": exited, 143 (SIGTERM)"},
		"it came":            {NewWorld(), runs(image), "came container: runs now, of nginx:1"},
		"it came by a start": {NewWorld().Container("demo", "a", 0, ended(3)), runs(image), "came container: runs now, of nginx:1"},
	} {
		if got := inWords(t, booted1(test.before), booted1(test.after)); len(got) != 2 || got[0] != test.want {
			t.Errorf("%s: got %q, want %q and the process", name, got, test.want)
		}
	}
}

// inWords writes what came and went: "came process: ...".
func inWords(t *testing.T, before, after *inspect.Index) (list []string) {
	t.Helper()
	changes, err := diff.Captures(before, after)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		list = append(list, fmt.Sprintf("%s %s: %s", c.Direction, c.Kind, c.Text))
	}
	return list
}

// Similar changes are put together if there are many.
func TestFold(t *testing.T) {
	a, b := &inspect.Container{ID: ID("a")}, &inspect.Container{ID: ID("b")}
	came := func(c *inspect.Container, alike string) diff.Change {
		return diff.Change{Kind: diff.KindProcess, Direction: diff.Came, Container: c, Alike: alike}
	}
	went := came(a, "x")
	went.Direction = diff.Went
	changes := []diff.Change{came(a, "x"), came(a, "y"), came(b, "x"), came(a, "x"), went, came(a, ""), came(a, ""), came(a, ""), came(a, "x"), came(a, "y")}
	for least, want := range map[int]string{3: "3 1 1 1 1 1 1 1", 2: "3 2 1 1 1 1 1", 4: "1 1 1 1 1 1 1 1 1 1"} {
		got := ""
		for _, alike := range diff.Fold(changes, least) {
			got += fmt.Sprintf("%d ", len(alike))
		}
		if got != want+" " {
			t.Errorf("%d: got %s", least, got)
		}
	}
	if len(changes) != 10 || changes[1].Alike != "y" || changes[3].Alike != "x" {
		t.Error("the changes were written over")
	}
}
