package inspect

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestNested(t *testing.T) {
	w := demo().process(401, 101, "bwrap", in("a", 61, 1), ns(8)).process(402, 401, "x", in("a", 62, 2), ns(8)).
		process(501, 101, "inner", func(p *procfs.Process) {
			in("a", 71, 1)(p)
			ns(9)(p)
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + id("a") + "/docker/" + id("e")}})
		})
	ix := w.index()
	c, _ := find(t, ix, "demo", 0)
	got := ix.Nested(c)
	if len(got) != 2 || got[0].Processes != 2 || got[0].InnerEngine || got[1].Processes != 1 || !got[1].InnerEngine {
		t.Errorf("got %+v", got)
	}
}

// What was started in an inner container by its engine's exec is in the
// namespace of its init, but below the shim.
func TestNestedCountsWhoEntered(t *testing.T) {
	for name, see := range map[string]func(inode uint64) change{
		"by the namespace": ns,
		"by the shim, where namespaces are not to be read": func(uint64) change { return nsDenied },
	} {
		w := demo().
			process(170, 101, "containerd-shim", in("a", 60), see(7), shimOf("d")).
			process(171, 170, "sleep", in("a", 61, 1), see(9)).
			process(172, 171, "sh", in("a", 62, 7), see(9), zombie(0)).
			process(173, 170, "sh", in("a", 63, 9), see(9)).
			process(174, 173, "unshare", in("a", 64, 10), see(9)).
			process(175, 174, "sleep", in("a", 65, 11, 1), see(10)).
			process(180, 101, "containerd-shim", in("a", 70), see(7), shimOf("e")).
			process(181, 180, "sleep", in("a", 71, 1), see(11)).
			process(182, 180, "sh", in("a", 72, 7), see(11))
		ix := w.index()
		c, _ := find(t, ix, "demo", 101)
		want := map[int]int{171: 5, 175: 1, 181: 2}
		for _, n := range ix.Nested(c) {
			if n.Processes != want[n.Init.PID] || n.InnerEngine != (n.Init.PID != 175) {
				t.Errorf("%s: got %+v of %d, want %d processes", name, n, n.Init.PID, want[n.Init.PID])
			}
			delete(want, n.Init.PID)
		}
		if len(want) > 0 {
			t.Errorf("%s: no namespaces of %v", name, want)
		}
	}
}

// No --init of the outer container's reaches into the inner one. Whether one of
// the inner engine's would cure it, that engine can be asked for.
func TestCureOfAnInnerContainer(t *testing.T) {
	for name, parent := range map[string]int{"ask that engine for its zombies": 170, "that init must wait": 101} {
		w := demo().
			process(170, 101, "containerd-shim", in("a", 60), ns(7), shimOf("d")).
			process(171, parent, "sleep", in("a", 61, 1), ns(9)).
			process(172, 171, "sh", in("a", 62, 7), ns(9), sid(171), zombie(0)).
			again()
		ix := w.index()
		c, _ := find(t, ix, "demo", 0)
		culprits := ix.Zombies([]*Container{c}).Culprits
		at := slices.IndexFunc(culprits, func(c Culprit) bool { return c.Process.PID == 171 })
		if at < 0 || !strings.HasPrefix(culprits[at].Cure, "--init no") || !strings.Contains(culprits[at].Cure, name) {
			t.Errorf("%s: got %+v", name, culprits)
		}
	}
}
