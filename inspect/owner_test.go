package inspect

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// v1Zombie is what cgroup v1 without a unified hierarchy leaves of a zombie's
// cgroup lines: nothing.
func v1Zombie(p *procfs.Process) {
	zombie(0)(p)
	p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/"}})
}

func TestOwnerOf(t *testing.T) {
	joint := func() *world {
		return demo().container("demo-x", "b", 201, joined(id("a"))).
			process(200, 1, "containerd-shim", shimOf("b")).
			process(201, 200, "sleep", in("b", 50), ns(7))
	}
	// On cgroup v1 an inner engine sees, and uses, no unified hierarchy.
	outside := func(outer string, chain ...int) change {
		return func(p *procfs.Process) {
			p.NSPIDs = append([]int{p.PID}, chain...)
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/"}, {Path: "/docker/" + id(outer)}})
		}
	}
	below := func(outer string) *world {
		return newWorld().container("demo", "a", 101).
			process(1, 0, "init").
			process(100, 1, "containerd-shim", outside(outer), shimOf("a")).
			process(101, 100, "sleep", outside(outer, 1), ns(7), func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{
					{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/docker/" + id(outer) + "/docker/" + id("a")}, {Path: "/docker/" + id(outer)},
				})
			})
	}
	inner := func() *world {
		return demo().process(170, 101, "containerd-shim", in("a", 60), ns(7), shimOf("d")).
			process(171, 170, "sleep", in("d", 61, 1), ns(9))
	}
	tests := map[string]struct {
		world *world
		pid   int
		want  string
		via   Via
	}{
		"in its cgroup":                       {demo(), 111, "demo", ViaCgroup},
		"orphan of a joiner, below the other": {joint().process(210, 101, "sh", in("b", 51), ns(7)), 210, "demo-x", ViaCgroup},
		"zombie by its session leader": {
			joint().process(210, 101, "sh", in("a", 51), ns(7), sid(201), v1Zombie), 210, "demo-x", ViaSession,
		},
		"zombie by its parent": {joint().process(210, 101, "sh", in("a", 51), ns(7), sid(999), v1Zombie), 210, "demo", ViaAncestry},
		"moved out of the cgroup": {
			joint().process(210, 111, "sh", in("a", 51), ns(7), func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/system.slice/x.service"}})
			}), 210, "demo", ViaAncestry,
		},
		"in the cgroup of a container that was left out: nobody's, not the adopter's": {
			joint().process(210, 101, "sh", in("f", 51), ns(7)), 210, "", "",
		},
		"rootless main by its shim": {
			newWorld().container("demo", "a", 101).process(100, 1, "containerd-shim", shimOf("a")).process(101, 100, "sleep"), 101, "demo", ViaShim,
		},
		"engine inside a container: the outer one is the owner": {
			demo().process(160, 101, "inner", func(p *procfs.Process) {
				in("a", 70, 1)(p)
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + id("a") + "/docker/" + id("d")}})
			}), 160, "demo", ViaCgroup,
		},
		"engine inside a container that has the host's cgroups: the outer one is the owner": {
			inner().process(172, 171, "sh", in("d", 71, 2), ns(9)), 172, "demo", ViaShim,
		},
		"zombie of that one, on cgroup v1 alone": {
			inner().process(172, 171, "sh", in("d", 71, 2), ns(9), v1Zombie), 172, "demo", ViaAncestry,
		},
		"asked of the inner engine: a zombie that keeps the outer container's group alone": {
			below("f").process(110, 101, "sh", outside("f", 7), ns(7), zombie(0)), 110, "demo", ViaAncestry,
		},
		"asked of the inner engine: a zombie in the group of another container than the outer one": {
			below("f").process(110, 101, "sh", outside("e", 7), ns(7), zombie(0)), 110, "", "",
		},
		"asked of the inner engine: the outer container's own": {
			below("f").process(90, 1, "dockerd", outside("f")), 90, "", "",
		},
		"in the cgroup of a container that the shim inside does not serve": {
			inner().process(172, 171, "sh", in("f", 71, 2), ns(9)), 172, "", "",
		},
		"a container below another's cgroup (--cgroup-parent)": {
			joint().process(210, 200, "sh", func(p *procfs.Process) {
				in("b", 51)(p)
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + id("a") + "/" + id("b")}})
			}), 210, "demo-x", ViaCgroup,
		},
		"host process": {demo(), 1, "", ""},
		"shim":         {demo(), 100, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.index()
			got := ix.OwnerOf(ix.ProcessAt(test.pid))
			gotName := ""
			if got.Container != nil {
				gotName = got.Container.Name
			}
			if gotName != test.want || got.Via != test.via {
				t.Errorf("got %q via %q, want %q via %q", gotName, got.Via, test.want, test.via)
			}
		})
	}
}

func TestServes(t *testing.T) {
	w := newWorld().process(10, 1, "containerd-shim", shimOf("a")).process(11, 10, "impostor", shimOf("a"), in("a", 1)).
		process(12, 1, "sh", args("sh", "-id", id("a"))).process(13, 1, "containerd-shim", shimOf("a"), func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Denied) })
	for i, want := range []bool{true, false, false, false} {
		if p := &w.Snapshot.Processes[i]; Serves(p, id("a")) != want || Serves(p, id("b")) {
			t.Errorf("process %d: want %t of a and not of b", p.PID, want)
		}
	}
}
