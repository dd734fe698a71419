package namespace_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestNested(t *testing.T) {
	w := Demo().Process(401, 101, "bwrap", In("a", 61, 1), NS(8)).Process(402, 401, "x", In("a", 62, 2), NS(8)).
		Process(501, 101, "inner", func(p *procfs.Process) {
			In("a", 71, 1)(p)
			NS(9)(p)
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + ID("a") + "/docker/" + ID("e")}})
		})
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	got := namespace.FindNested(ix, c)
	if len(got) != 2 || got[0].Processes != 2 || got[0].InnerEngine || got[1].Processes != 1 || !got[1].InnerEngine {
		t.Errorf("got %+v", got)
	}
}

// A process that an inner engine's exec started in an inner container is in the namespace of its
// init, but below the shim.
func TestNestedCountsWhoEntered(t *testing.T) {
	for name, see := range map[string]func(inode uint64) Change{
		"by the namespace": NS,
		"by the shim, where namespaces are not to be read": func(uint64) Change { return NSDenied },
	} {
		w := Demo().
			Process(170, 101, "containerd-shim", In("a", 60), see(7), ShimOf("d")).
			Process(171, 170, "sleep", In("a", 61, 1), see(9)).
			Process(172, 171, "sh", In("a", 62, 7), see(9), Exited(0)).
			Process(173, 170, "sh", In("a", 63, 9), see(9)).
			Process(174, 173, "unshare", In("a", 64, 10), see(9)).
			Process(175, 174, "sleep", In("a", 65, 11, 1), see(10)).
			Process(180, 101, "containerd-shim", In("a", 70), see(7), ShimOf("e")).
			Process(181, 180, "sleep", In("a", 71, 1), see(11)).
			Process(182, 180, "sh", In("a", 72, 7), see(11))
		ix := w.Index()
		c, _ := Find(t, ix, "demo", 101)
		want := map[int]int{171: 5, 175: 1, 181: 2}
		for _, n := range namespace.FindNested(ix, c) {
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

// --init of the outer container has no effect in the inner one. Whether the inner engine's
// --init would fix it can be asked of that engine.
func TestCureOfAnInnerContainer(t *testing.T) {
	for name, parent := range map[string]int{"on the engine inside": 170, "the nested init must wait": 101} {
		w := Demo().
			Process(170, 101, "containerd-shim", In("a", 60), NS(7), ShimOf("d")).
			Process(171, parent, "sleep", In("a", 61, 1), NS(9)).
			Process(172, 171, "sh", In("a", 62, 7), NS(9), SID(171), Exited(0)).
			Again()
		ix := w.Index()
		c, _ := Find(t, ix, "demo", 0)
		culprits := zombie.Find(ix, []*inspect.Container{c}).Culprits
		at := slices.IndexFunc(culprits, func(c zombie.Culprit) bool { return c.Process.PID == 171 })
		if at < 0 || !strings.HasSuffix(culprits[at].Cure, "--init does not fix this") || !strings.Contains(culprits[at].Cure, name) {
			t.Errorf("%s: got %+v", name, culprits)
		}
	}
}

// Only what is deeper than the container's own main process is nested: not another container's
// namespace, its own, or what an exited one left.
func TestNestedIsDeeper(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"nothing": {Demo(), ""},
		"below":   {Demo().Process(401, 101, "bwrap", In("a", 61, 1), NS(8)), "61>1:1 "},
		"another of the same depth": {
			Demo().Process(401, 101, "unshared", In("a", 1), NS(8)), "",
		},
		"another container's": {
			Demo().Container("other", "b", 201).Process(201, 101, "inner", In("b", 61, 1), NS(8)), "",
		},
		"in a container of the host's": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "agent", In("a")).Process(102, 101, "init", In("a", 1), NS(8)).Process(103, 102, "x", In("a", 2), NS(8)), "102>1:2 ",
		},
		"of one that has ended": {NewWorld().Container("demo", "a", 0).Process(401, 1, "left", In("a", 61, 1), NS(8)), ""},
		"its parents go round": {
			Demo().Process(401, 402, "init", In("a", 61, 1), NSDenied).Process(402, 403, "x", In("a", 62, 2), NSDenied).Process(403, 402, "y", In("a", 63, 3), NSDenied), "61>1:1 ",
		},
		"who has entered from outside is in it": {
			Demo().Process(401, 101, "init", In("a", 61, 1), NS(8)).Process(900, 1, "nsenter", func(p *procfs.Process) { p.NSPIDs = []int{900, 70, 5} }, NS(8)), "61>1:2 ",
		},
		"a zombie is in it, and counts": {
			Demo().Process(401, 101, "init", In("a", 61, 1), NS(8)).Process(402, 401, "z", In("a", 62, 2), NS(8), Exited(0)), "61>1:2 ",
		},
		"two side by side": {
			Demo().Process(401, 101, "init", In("a", 61, 1), NS(8)).Process(501, 101, "init", In("a", 71, 1), NS(9)).Process(502, 501, "x", In("a", 72, 2), NS(9)), "61>1:1 71>1:2 ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(4) {
				ix, got := test.world.Shuffled(seed).Index(), ""
				for _, n := range namespace.FindNested(ix, ix.ContainerNamed("demo")) {
					got += inspect.ChainString(n.Chain) + ":" + strconv.Itoa(n.Processes) + " "
				}
				if got != test.want {
					t.Errorf("seed %d: got %q, want %q", seed, got, test.want)
				}
			}
		})
	}
}
