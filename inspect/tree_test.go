package inspect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func writeNodes(b *strings.Builder, nodes []*Node) {
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

func drawn(tree Tree) string {
	var b strings.Builder
	writeNodes(&b, tree.Roots)
	return strings.TrimSuffix(b.String(), "; ")
}

func TestTree(t *testing.T) {
	w := demo().container("demo-x", "b", 201, joined(id("a"))).
		process(200, 1, "containerd-shim", shimOf("b")).
		process(201, 200, "sleep", in("b", 50), ns(7)).
		process(210, 101, "sh", in("b", 51), ns(7))
	ix := w.index()
	for name, want := range map[string]string{
		"demo":   "100 shim (101 main (110 orphan; 111 child; ); 120 exec (121 child; ); )",
		"demo-x": "200 shim (201 main; ); 210 orphan <- PID 1 of demo",
	} {
		c, _ := find(t, ix, name, 0)
		if got := drawn(ix.Tree(c)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}

// Podman: conmon stands beside the container in a cgroup of its own that bears
// the container's ID, and each exec session has a conmon of its own.
func TestTreeOfPodman(t *testing.T) {
	conmon := func(p *procfs.Process) {
		args("/usr/bin/conmon", "--api-version", "1", "-c", id("a"), "-u", id("a"))(p)
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/machine.slice/libpod-conmon-" + id("a") + ".scope"}})
	}
	inside := func(n int) change {
		return func(p *procfs.Process) {
			in("a", n)(p)
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/machine.slice/libpod-" + id("a") + ".scope/container"}})
		}
	}
	w := newWorld().container("pm", "a", 101).
		process(100, 1, "conmon", conmon).process(101, 100, "sleep", inside(1), ns(7)).
		process(120, 1, "conmon", conmon).process(121, 120, "sh", inside(6), ns(7)).process(122, 121, "sleep", inside(7), ns(7), sid(121))
	ix := w.index()
	c, _ := find(t, ix, "pm", 0)
	if got, want := drawn(ix.Tree(c)), "100 shim (101 main; ); 120 shim (121 exec (122 child; ); )"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestTreeSaysWhoShares(t *testing.T) {
	w := demo().container("demo-x", "b", 201, joined(id("a"))).
		process(200, 1, "containerd-shim", shimOf("b")).process(201, 200, "sleep", in("b", 50), ns(7)).
		process(210, 101, "sh", in("b", 51), ns(7))
	ix := w.index()
	owner, _ := find(t, ix, "demo", 0)
	member, _ := find(t, ix, "demo-x", 0)
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

// Sharers that could not be asked for are not none.
func TestUnreadSharersAreNotNone(t *testing.T) {
	w := demo()
	w.OthersUnread = true
	ix := w.index()
	c, _ := find(t, ix, "demo", 0)
	if tree := ix.Tree(c); tree.SharersProven {
		t.Error("nobody was asked, and yet it is proved that nobody joined")
	}
}

func TestTreeWithoutNamespacesIsAsDeclared(t *testing.T) {
	w := demo().container("demo-x", "b", 201, joined(id("a"))).
		process(200, 1, "containerd-shim", shimOf("b")).process(201, 200, "sleep", in("b", 50))
	for i := range w.Snapshot.Processes {
		nsDenied(&w.Snapshot.Processes[i])
	}
	ix := w.index()
	owner, _ := find(t, ix, "demo", 0)
	tree := ix.Tree(owner)
	if tree.SharersProven || len(tree.Sharers) != 1 {
		t.Errorf("sharers %v, proven %v; want the declared one, not proven", tree.Sharers, tree.SharersProven)
	}
	member, _ := find(t, ix, "demo-x", 0)
	if got := ix.Tree(member).NamespaceOwner; got != owner {
		t.Errorf("namespace of %v, want the declared owner's", got)
	}
}

// A cycle can only come from a file; every process is drawn once all the same.
func TestTreeBreaksCycles(t *testing.T) {
	w := demo().process(301, 302, "x", in("a", 61), ns(7)).process(302, 303, "y", in("a", 62), ns(7)).process(303, 301, "z", in("a", 63), ns(7))
	ix := w.index()
	c, _ := find(t, ix, "demo", 0)
	counts := map[int]int{}
	var count func([]*Node)
	count = func(nodes []*Node) {
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
	ix := demo().index()
	c, _ := find(t, ix, "demo", 0)
	got := ix.Tree(c).Unreaped
	if len(got) != 1 || got[0].Zombies != 1 || got[0].ParentName != "PID 1 (sleep)" {
		t.Errorf("got %+v, want one zombie of PID 1 (sleep)", got)
	}
}
