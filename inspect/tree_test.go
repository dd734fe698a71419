package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func writeNodes(b *strings.Builder, nodes []*inspect.Node) {
	for _, n := range nodes {
		fmt.Fprintf(b, "%d %s", n.Process.PID, n.Role)
		if n.ForeignParent != "" {
			fmt.Fprintf(b, " <- %s", n.ForeignParent)
		}
		if len(n.Children) > 0 {
			b.WriteString(" (")
			writeNodes(b, n.Children)
			b.WriteString(")")
		}
		b.WriteString("; ")
	}
}

func drawn(tree inspect.Tree) string {
	var b strings.Builder
	writeNodes(&b, tree.Roots)
	return strings.TrimSuffix(b.String(), "; ")
}

func TestTree(t *testing.T) {
	w := Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).
		Process(200, 1, "containerd-shim", ShimOf("b")).
		Process(201, 200, "sleep", In("b", 50), NS(7)).
		Process(210, 101, "sh", In("b", 51), NS(7))
	ix := w.Index()
	for name, want := range map[string]string{
		"demo":   "100 shim (101 main (110 orphan; 111 child; ); 120 exec (121 child; ); )",
		"demo-x": "200 shim (201 main; ); 210 orphan <- PID 1 of demo",
	} {
		c, _ := Find(t, ix, name, 0)
		if got := drawn(ix.Tree(c)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}

// Podman: conmon is beside the container, in a cgroup of its own with the container's ID, and
// each exec session has a conmon of its own.
func TestTreeOfPodman(t *testing.T) {
	conmon := func(p *procfs.Process) {
		Args("/usr/bin/conmon", "--api-version", "1", "-c", ID("a"), "-u", ID("a"))(p)
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/machine.slice/libpod-conmon-" + ID("a") + ".scope"}})
	}
	inside := func(n int) Change {
		return func(p *procfs.Process) {
			In("a", n)(p)
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/machine.slice/libpod-" + ID("a") + ".scope/container"}})
		}
	}
	w := NewWorld().Container("pm", "a", 101).
		Process(100, 1, "conmon", conmon).Process(101, 100, "sleep", inside(1), NS(7)).
		Process(120, 1, "conmon", conmon).Process(121, 120, "sh", inside(6), NS(7)).Process(122, 121, "sleep", inside(7), NS(7), SID(121))
	ix := w.Index()
	c, _ := Find(t, ix, "pm", 0)
	if got, want := drawn(ix.Tree(c)), "100 shim (101 main; ); 120 shim (121 exec (122 child; ); )"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestTreeSaysWhoShares(t *testing.T) {
	w := Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 50), NS(7)).
		Process(210, 101, "sh", In("b", 51), NS(7))
	ix := w.Index()
	owner, _ := Find(t, ix, "demo", 0)
	member, _ := Find(t, ix, "demo-x", 0)
	tree := ix.Tree(owner)
	if len(tree.Sharers) != 1 || tree.Sharers[0] != member || !tree.SharersProven || tree.NamespaceOwner != owner {
		t.Errorf("owner: sharers %v (proven %v), namespace of %v", tree.Sharers, tree.SharersProven, tree.NamespaceOwner)
	}
	if tree.Adopted["demo-x"] != 1 {
		t.Errorf("got %v adopted, want one of demo-x", tree.Adopted)
	}
	if tree := ix.Tree(member); tree.NamespaceOwner != owner {
		t.Errorf("member: namespace of %v, want the owner's", tree.NamespaceOwner)
	}
}

// Sharers that could not be asked for are unknown, not none.
func TestUnreadSharersAreNotNone(t *testing.T) {
	w := Demo()
	w.OthersUnread = true
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	if tree := ix.Tree(c); tree.SharersProven {
		t.Error("nobody was asked, and yet it is proved that nobody joined")
	}
}

func TestTreeWithoutNamespacesIsAsDeclared(t *testing.T) {
	w := Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 50))
	for i := range w.Snapshot.Processes {
		NSDenied(&w.Snapshot.Processes[i])
	}
	ix := w.Index()
	owner, _ := Find(t, ix, "demo", 0)
	tree := ix.Tree(owner)
	if tree.SharersProven || len(tree.Sharers) != 1 {
		t.Errorf("sharers %v, proven %v; want the declared one, not proven", tree.Sharers, tree.SharersProven)
	}
	member, _ := Find(t, ix, "demo-x", 0)
	if got := ix.Tree(member).NamespaceOwner; got != owner {
		t.Errorf("namespace of %v, want the declared owner's", got)
	}
}

// A cycle can only come from a file. Every process is drawn once all the same.
func TestTreeBreaksCycles(t *testing.T) {
	w := Demo().Process(301, 302, "x", In("a", 61), NS(7)).Process(302, 303, "y", In("a", 62), NS(7)).Process(303, 301, "z", In("a", 63), NS(7))
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	counts := map[int]int{}
	var count func([]*inspect.Node)
	count = func(nodes []*inspect.Node) {
		for _, n := range nodes {
			if counts[n.Process.PID]++; counts[n.Process.PID] > 1 {
				t.Fatalf("process %d is drawn twice", n.Process.PID)
			}
			count(n.Children)
		}
	}
	count(ix.Tree(c).Roots)
	if want := len(ix.Rows(c)); len(counts) != want {
		t.Errorf("%d processes drawn, want %d", len(counts), want)
	}
}

func TestUnreaped(t *testing.T) {
	ix := Demo().Index()
	c, _ := Find(t, ix, "demo", 0)
	got := ix.Tree(c).Unreaped
	if len(got) != 1 || got[0].Zombies != 1 || got[0].ParentName != "PID 1 (sleep)" {
		t.Errorf("got %+v, want one zombie of PID 1 (sleep)", got)
	}
}

// The order in which /proc lists processes does not matter.
func TestTreeOfAnyOrder(t *testing.T) {
	want := ""
	for seed := range uint64(20) {
		ix := Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).
			Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 50), NS(7)).
			Process(210, 101, "sh", In("b", 51), NS(7), Exited(9)).Shuffled(seed).Index()
		got := ""
		for _, c := range Choose(t, ix) {
			got += drawn(ix.Tree(c)) + "\n"
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("seed %d:\n%s\nwant\n%s", seed, got, want)
		}
	}
}

// Zombies are counted for each parent, in the order of the processes. A parent without zombies
// is not listed, and a parent that is not in the capture is.
func TestUnreapedOfSeveral(t *testing.T) {
	ix := Demo().Process(130, 111, "z", In("a", 30), NS(7), Exited(0)).Process(131, 111, "z", In("a", 31), NS(7), Exited(9)).
		Process(132, 999, "z", In("a", 32), NS(7), Exited(0)).Process(133, 111, "half", In("a", 33), NS(7), StateOf("Z"), func(p *procfs.Process) { p.Threads = 2 }).
		Process(134, 100, "z", In("a", 34), NS(7), Exited(0)).Index()
	got := ""
	for _, u := range ix.Tree(ix.ContainerNamed("demo")).Unreaped {
		got += fmt.Sprintf("%d %s %d; ", hostPIDOf(u.Parent), u.ParentName, u.Zombies)
	}
	if want := "101 PID 1 (sleep) 1; 111 sleep (111, inside 8) 2; 0 process 999 1; 100 the shim (100) 1; "; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// What a shim has started for other containers was not adopted.
func TestAdoptedIsNotTheShims(t *testing.T) {
	ix := Demo().Container("other", "b", 201).Process(201, 100, "sh", In("b", 1), NS(8)).Process(210, 120, "entered", In("b", 2), NS(8)).
		Process(211, 121, "entered", In("b", 3), NS(8)).Process(212, 210, "deeper", In("b", 4), NS(8)).Index()
	got := ix.Tree(ix.ContainerNamed("demo")).Adopted
	if len(got) != 1 || got["other"] != 2 {
		t.Errorf("got %v, want two of other", got)
	}
	if got := ix.Tree(ix.ContainerNamed("other")).Adopted; len(got) != 0 {
		t.Errorf("got %v of the other", got)
	}
}

// The kernel shows that the PID namespace is the container's own if the main process is PID 1 or
// the inode was read. Without either, it is only declared.
func TestTreeSaysWhatIsProven(t *testing.T) {
	for name, test := range map[string]struct {
		world            *World
		proven, hostPIDs bool
	}{
		"number 1":              {Alone("app"), true, false},
		"number 1, no inode":    {blind(Alone("app")), true, false},
		"a joiner, by inode":    {NewWorld().Container("demo", "a", 101).Process(101, 1, "sh", In("a", 50), NS(7)), true, false},
		"a joiner, no inode":    {NewWorld().Container("demo", "a", 101).Process(101, 1, "sh", In("a", 50), NSDenied), false, false},
		"the host's":            {NewWorld().Container("demo", "a", 101).Process(101, 1, "sh", In("a")), true, true},
		"the host's, no inode":  {NewWorld().Container("demo", "a", 101).Process(101, 1, "sh", In("a"), NSDenied), false, true},
		"there is no process":   {NewWorld().Container("demo", "a", 0), false, false},
		"others were not asked": {othersUnread(Alone("app")), true, false},
	} {
		ix := test.world.Index()
		tree := ix.Tree(ix.ContainerNamed("demo"))
		if tree.OwnerProven != test.proven || tree.HostPIDs != test.hostPIDs || tree.OthersUnread != (name == "others were not asked") {
			t.Errorf("%s: got proven %t, the host's %t, others unread %t", name, tree.OwnerProven, tree.HostPIDs, tree.OthersUnread)
		}
		if tree.Binding.Outcome != ix.Binding(tree.Container).Outcome {
			t.Errorf("%s: got %+v", name, tree.Binding)
		}
	}
}
