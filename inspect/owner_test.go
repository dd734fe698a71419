package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestOwnerOf(t *testing.T) {
	joint := func() *World {
		return Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).
			Process(200, 1, "containerd-shim", ShimOf("b")).
			Process(201, 200, "sleep", In("b", 50), NS(7))
	}
	// On cgroup v1 an inner engine sees, and uses, no unified hierarchy.
	outside := func(outer string, chain ...int) Change {
		return func(p *procfs.Process) {
			p.NSPIDs = append([]int{p.PID}, chain...)
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/"}, {Path: "/docker/" + ID(outer)}})
		}
	}
	below := func(outer string) *World {
		return NewWorld().Container("demo", "a", 101).
			Process(1, 0, "init").
			Process(100, 1, "containerd-shim", outside(outer), ShimOf("a")).
			Process(101, 100, "sleep", outside(outer, 1), NS(7), func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{
					{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/docker/" + ID(outer) + "/docker/" + ID("a")}, {Path: "/docker/" + ID(outer)},
				})
			})
	}
	inner := func() *World {
		return Demo().Process(170, 101, "containerd-shim", In("a", 60), NS(7), ShimOf("d")).
			Process(171, 170, "sleep", In("d", 61, 1), NS(9))
	}
	tests := map[string]struct {
		world *World
		pid   int
		want  string
		via   inspect.Via
	}{
		"in its cgroup":                       {Demo(), 111, "demo", inspect.ViaCgroup},
		"orphan of a joiner, below the other": {joint().Process(210, 101, "sh", In("b", 51), NS(7)), 210, "demo-x", inspect.ViaCgroup},
		"zombie by its session leader": {
			joint().Process(210, 101, "sh", In("a", 51), NS(7), SID(201), V1Zombie), 210, "demo-x", inspect.ViaSession,
		},
		"zombie by its parent": {joint().Process(210, 101, "sh", In("a", 51), NS(7), SID(999), V1Zombie), 210, "demo", inspect.ViaAncestry},
		"moved out of the cgroup": {
			joint().Process(210, 111, "sh", In("a", 51), NS(7), func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/system.slice/x.service"}})
			}), 210, "demo", inspect.ViaAncestry,
		},
		"in the cgroup of a container that was left out: nobody's, not the adopter's": {
			joint().Process(210, 101, "sh", In("f", 51), NS(7)), 210, "", "",
		},
		"rootless main by its shim": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "sleep"), 101, "demo", inspect.ViaShim,
		},
		"engine inside a container: the outer one is the owner": {
			Demo().Process(160, 101, "inner", func(p *procfs.Process) {
				In("a", 70, 1)(p)
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + ID("a") + "/docker/" + ID("d")}})
			}), 160, "demo", inspect.ViaCgroup,
		},
		"engine inside a container that has the host's cgroups: the outer one is the owner": {
			inner().Process(172, 171, "sh", In("d", 71, 2), NS(9)), 172, "demo", inspect.ViaShim,
		},
		"zombie of that one, on cgroup v1 alone": {
			inner().Process(172, 171, "sh", In("d", 71, 2), NS(9), V1Zombie), 172, "demo", inspect.ViaAncestry,
		},
		"asked of the inner engine: a zombie that keeps the outer container's group alone": {
			below("f").Process(110, 101, "sh", outside("f", 7), NS(7), Exited(0)), 110, "demo", inspect.ViaAncestry,
		},
		"asked of the inner engine: a zombie in the group of another container than the outer one": {
			below("f").Process(110, 101, "sh", outside("e", 7), NS(7), Exited(0)), 110, "", "",
		},
		"asked of the inner engine: the outer container's own": {
			below("f").Process(90, 1, "dockerd", outside("f")), 90, "", "",
		},
		"in the cgroup of a container that the shim inside does not serve": {
			inner().Process(172, 171, "sh", In("f", 71, 2), NS(9)), 172, "", "",
		},
		"a container below another's cgroup (--cgroup-parent)": {
			joint().Process(210, 200, "sh", func(p *procfs.Process) {
				In("b", 51)(p)
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + ID("a") + "/" + ID("b")}})
			}), 210, "demo-x", inspect.ViaCgroup,
		},
		"host process": {Demo(), 1, "", ""},
		"shim":         {Demo(), 100, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
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
	w := NewWorld().Process(10, 1, "containerd-shim", ShimOf("a")).Process(11, 10, "impostor", ShimOf("a"), In("a", 1)).
		Process(12, 1, "sh", Args("sh", "-id", ID("a"))).Process(13, 1, "containerd-shim", ShimOf("a"), func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Denied) })
	for i, want := range []bool{true, false, false, false} {
		if p := &w.Snapshot.Processes[i]; inspect.Serves(p, ID("a")) != want || inspect.Serves(p, ID("b")) {
			t.Errorf("process %d: want %t of a and not of b", p.PID, want)
		}
	}
}
