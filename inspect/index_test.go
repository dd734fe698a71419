package inspect_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// answers is, in words, what an index says about every process, container and number.
func answers(ix *inspect.Index) string {
	var b strings.Builder
	name := func(c *inspect.Container) string {
		if c == nil {
			return "-"
		}
		return c.Name
	}
	for _, p := range ix.Processes() {
		o := ix.OwnerOf(p)
		parent, seen := ix.SeenAgain(p)
		fmt.Fprintf(&b, "%d: %s by %q, init %d, reaper %d, adopted %t, halt %q, again %d %t, speaks %v, who %s\n", p.PID, name(o.Container), o.Via,
			hostPIDOf(ix.InitOf(p)), hostPIDOf(ix.ReaperOf(p)), ix.IsAdopted(p), ix.HaltOf(p), parent, seen, ix.NamedIDs(p), ix.Who(p.PID).Role)
	}
	for c := range ix.Containers() {
		sharers, proven := ix.PIDSharers(c)
		binding := ix.Binding(c)
		fmt.Fprintf(&b, "%s: %s by %q: %s; shares with %s (%t), namespace of %s\n", c.Name, binding.Outcome, binding.By, binding.Why,
			inspect.ContainerNames(sharers), proven, name(ix.PIDNamespaceOwner(c)))
		fmt.Fprintf(&b, "%s\nsees %s\n", drawn(ix.Tree(c)), pidsOf(ix.Visible(c)))
		for _, r := range ix.Rows(c) {
			fmt.Fprintf(&b, "%d %s %v uid %+v exec %q left %+v %q %t\n", r.Process.PID, r.Role, r.ContainerPIDs, r.UID, r.ExecID, r.Left, r.ForeignParent, r.Inferred)
		}
	}
	fmt.Fprintf(&b, "%+v\n", ix.HostProof())
	return b.String()
}

// hosts are hosts of all kinds, by what is special about them.
func hosts() map[string]func() *World {
	return map[string]func() *World{
		"demo":               Demo,
		"two containers":     TwoContainers,
		"neighbours":         Neighbours,
		"nested":             nested,
		"nested, for nobody": func() *World { return blind(nested()) },
		"others unread":      func() *World { return othersUnread(nested()) },
		"a number that came again": func() *World {
			return Alone("sleep").Exec("a", "a", 120, false).Exec("b", "a", 120, true).Process(120, 100, "sh", In("a", 2), NS(7))
		},
		"nothing at all": NewWorld,
		"its own ancestors": func() *World {
			return Alone("app").Process(301, 302, "x", In("a", 61), NS(7)).Process(302, 301, "y", In("a", 62), NS(7)).
				Process(310, 311, "z", NSDenied).Process(311, 310, "z", NSDenied).Process(320, 320, "itself", Exited(0), SID(310))
		},
		"cut": func() *World {
			w := Demo()
			w.Snapshot.Processes = w.Snapshot.Processes[3:]
			return w
		},
	}
}

// The order in which processes are read does not matter.
func TestAnswersOfAnyOrder(t *testing.T) {
	for name, world := range hosts() {
		want := answers(world().Index())
		for seed := range uint64(8) {
			if got := answers(world().Shuffled(seed).Index()); got != want {
				t.Errorf("%s, seed %d:\n%s\nwant\n%s", name, seed, got, want)
				break
			}
		}
	}
}

// A file keeps apart what was not read, what does not exist and what is zero. All questions
// about a saved capture have the same answers.
func TestAnswersOfASavedCapture(t *testing.T) {
	for name, world := range hosts() {
		w := world()
		want := answers(w.Index())
		saved, err := inspect.Decode(bytes.NewReader(encoded(t, w)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := answers(inspect.NewIndex(saved)); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// Asking does not change answers: the second question gets the same result as the first.
func TestAnswersDoNotChange(t *testing.T) {
	for name, world := range hosts() {
		ix := world().Index()
		first := answers(ix)
		if again := answers(ix); again != first {
			t.Errorf("%s: asked again:\n%s\nwant\n%s", name, again, first)
		}
	}
}

// No process belongs to two containers, none is lost, and each is drawn once below its
// container.
func TestEveryProcessHasOnePlace(t *testing.T) {
	for name, world := range hosts() {
		ix := world().Index()
		owned := map[*procfs.Process]int{}
		for c := range ix.Containers() {
			for _, p := range ix.ProcessesOf(c) {
				if owned[p]++; ix.OwnerOf(p).Container != c {
					t.Errorf("%s: process %d is among those of %s, and not its own", name, p.PID, c.Name)
				}
			}
			rows := map[int]bool{}
			for _, r := range ix.Rows(c) {
				if rows[r.Process.PID] {
					t.Errorf("%s: process %d of %s has two rows", name, r.Process.PID, c.Name)
				}
				rows[r.Process.PID] = true
			}
			if got := countNodes(ix.Tree(c).Roots); got != len(rows) {
				t.Errorf("%s: %d processes of %s are drawn, want %d", name, got, c.Name, len(rows))
			}
		}
		for _, p := range ix.Processes() {
			want := 1
			if ix.OwnerOf(p).Container == nil {
				want = 0
			}
			if owned[p] != want {
				t.Errorf("%s: process %d is owned %d times, want %d", name, p.PID, owned[p], want)
			}
		}
	}
}

// The main process belongs only to its container, and leads back to it.
func TestMainOf(t *testing.T) {
	ix := TwoContainers().Container("wrong", "d", 11).Index()
	for name, pid := range map[string]int{"demo": 21, "joiner": 31, "other": 41, "wrong": 0} {
		c := ix.ContainerNamed(name)
		main := ix.Main(c)
		if hostPIDOf(main) != pid || main != nil && ix.MainOf(main) != c || ix.Container(c.ID) != c {
			t.Errorf("%s: got %d", name, hostPIDOf(main))
		}
	}
	for _, pid := range []int{11, 20, 22, 51} {
		if c := ix.MainOf(ix.ProcessAt(pid)); c != nil {
			t.Errorf("process %d is the main process of %s", pid, c.Name)
		}
	}
	if ix.Container("") != nil || ix.Container(ID("9")) != nil {
		t.Error("there is a container that is not there")
	}
}

// An iteration over containers can stop early.
func TestContainersStop(t *testing.T) {
	seen := ""
	for c := range TwoContainers().Index().Containers() {
		if seen += c.Name + " "; c.Name == "joiner" {
			break
		}
	}
	if seen != "demo joiner " {
		t.Errorf("got %q", seen)
	}
}
