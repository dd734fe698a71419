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
	// On cgroup v1, an engine inside a container does not see or use the unified hierarchy.
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
			joint().Alter(201, InGroups("/docker/"+ID("a")+"/"+ID("b"))).
				Process(210, 200, "sh", In("b", 51), InGroups("/docker/"+ID("a")+"/"+ID("b")+"/x")), 210, "demo-x", inspect.ViaCgroup,
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

// The owner of a process that was only surveyed is found by the list of a control group. If its
// own facts were read, they decide. An unknown group or process shows nothing.
func TestOwnerByListedGroups(t *testing.T) {
	thin := func(p *procfs.Process) { p.StatOnly, p.NSPIDs, p.Cgroups = true, nil, procfs.Opt[[]procfs.Cgroup]{} }
	w := NewWorld().Process(1, 0, "systemd").Container("demo", "a", 0).Container("other", "b", 0).
		Process(10, 1, "listed", thin).Process(11, 1, "not listed", thin).Process(12, 1, "read", In("b", 1)).Process(13, 1, "moved away")
	w.Groups = []inspect.GroupMembers{{ContainerID: ID("a"), PIDs: []int{10, 12, 13, 999}}, {ContainerID: ID("f"), PIDs: []int{10, 11}}}
	ix := w.Index()
	for pid, want := range map[int]string{10: "demo cgroup", 11: " ", 12: "other cgroup", 13: " "} {
		o, name := ix.OwnerOf(ix.ProcessAt(pid)), ""
		if o.Container != nil {
			name = o.Container.Name
		}
		if got := name + " " + string(o.Via); got != want {
			t.Errorf("process %d: got %q, want %q", pid, got, want)
		}
	}
	if o := ix.OwnerOf(&procfs.Process{Key: procfs.Key{PID: 4000}}); o.Container != nil || o.Via != "" {
		t.Errorf("of a process that is not there: got %+v", o)
	}
}

// A zombie that has lost its group is given to the container of its exec session, as long as no
// other process can have got the session's number. A running process has a group of its own, and
// is not.
func TestOwnerByAnExecSession(t *testing.T) {
	joint := func() *World {
		return Alone("app").Container("joiner", "b", 201, JoinedTo("demo")).
			Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sh", In("b", 50), NS(7))
	}
	zombie := func(w *World) *World { return w.Process(300, 101, "z", In("b", 51), NS(7), SID(250), V1Zombie) }
	lost := func(p *procfs.Process) { p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/"}}) }
	tests := map[string]struct {
		world *World
		want  string
		via   inspect.Via
	}{
		"it has ended":                        {zombie(joint().Exec("e", "b", 250, false)), "joiner", inspect.ViaSession},
		"it runs":                             {zombie(joint().Exec("e", "b", 250, true)), "joiner", inspect.ViaSession},
		"nobody remembers it":                 {zombie(joint()), "demo", inspect.ViaAncestry},
		"of a container that is unknown":      {zombie(joint().Exec("e", "f", 250, false)), "demo", inspect.ViaAncestry},
		"the number has a new leader":         {zombie(joint().Exec("e", "b", 250, false).Process(250, 101, "daemon", In("a", 8), NS(7))), "demo", inspect.ViaSession},
		"its leader has lost its own too":     {zombie(joint().Process(250, 201, "daemon", In("b", 8), NS(7), V1Zombie)), "demo", inspect.ViaAncestry},
		"a living process that was moved":     {joint().Exec("e", "b", 250, false).Process(300, 101, "x", In("b", 51), lost, NS(7), SID(250)), "demo", inspect.ViaAncestry},
		"the leader itself":                   {joint().Exec("e", "b", 300, false).Process(300, 101, "z", In("a", 51), NS(7), V1Zombie), "demo", inspect.ViaAncestry},
		"the leader, before its end is known": {joint().Exec("e", "b", 300, true).Process(300, 101, "z", In("a", 51), NS(7), V1Zombie), "demo", inspect.ViaAncestry},
		"a kernel thread is nobody's":         {joint().Process(300, 101, "kworker", lost, func(p *procfs.Process) { p.KernelThread = true }), "", ""},
		"below a shim, not in a group":        {joint().Process(300, 200, "runc", lost), "", ""},
		"below a shim, in a namespace":        {joint().Process(300, 200, "sh", In("b", 51), lost, NS(7)), "joiner", inspect.ViaShim},
		"below the host's init":               {joint().Process(1, 0, "systemd").Process(300, 1, "sh", In("b", 51), lost, NS(7)), "", ""},
		"below a circle":                      {joint().Process(300, 302, "x", lost).Process(302, 300, "y", lost), "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			o, got := ix.OwnerOf(ix.ProcessAt(300)), ""
			if o.Container != nil {
				got = o.Container.Name
			}
			if got != test.want || o.Via != test.via {
				t.Errorf("got %q by %q, want %q by %q", got, o.Via, test.want, test.via)
			}
			if concluded := test.via == inspect.ViaSession || test.via == inspect.ViaAncestry; o.Inferred() != concluded {
				t.Errorf("concluded: got %t", o.Inferred())
			}
		})
	}
}

// A user of ctr chooses the container's ID, so no control group is known by it. Its exec sessions
// are below its shim.
func TestExecSessionOfCtr(t *testing.T) {
	group := func(p *procfs.Process) { p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/default/redis"}}) }
	ix := NewWorld().Container("redis", "a", 101, func(c *inspect.Container) { c.ID = "redis" }).
		Process(100, 1, "containerd-shim", Args("/usr/bin/containerd-shim-runc-v2", "-namespace", "default", "-id", "redis", "-address", "/run/containerd/containerd.sock")).
		Process(101, 100, "redis", group, func(p *procfs.Process) { p.NSPIDs = []int{101, 1} }, NS(7)).
		Process(102, 100, "sh", group, func(p *procfs.Process) { p.NSPIDs = []int{102, 9} }, NS(7)).
		Process(103, 100, "runc", group).Index()
	redis := ix.ContainerNamed("redis")
	for pid, want := range map[int]*inspect.Container{101: redis, 102: redis, 103: nil} {
		if got := ix.OwnerOf(ix.ProcessAt(pid)); got.Container != want {
			t.Errorf("%d belongs to %+v", pid, got.Container)
		}
	}
	if row := ix.RowOf(redis, ix.ProcessAt(102)); row.Role != inspect.RoleExec {
		t.Errorf("the session is %s", row.Role)
	}
}

// A process below an engine inside a container is recognised by a second ID in its path or by
// the shim inside. The container's own subgroups are its own.
func TestIsInnerContainer(t *testing.T) {
	group := func(path string) Change {
		return func(p *procfs.Process) { p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: path}}) }
	}
	ix := Demo().
		Process(130, 101, "by its path", In("a", 30, 1), group("/docker/"+ID("a")+"/docker/"+ID("e"))).
		Process(131, 101, "its own, twice", In("a", 31), group("/docker/"+ID("a")+"/docker/"+ID("a"))).
		Process(132, 101, "subgroup", In("a", 32), group("/docker/"+ID("a")+"/system.slice")).
		Process(140, 101, "containerd-shim", In("a", 40), NS(7), ShimOf("e")).Process(141, 140, "by its shim", In("a", 41, 1), NS(9)).
		Process(142, 141, "further below", In("a", 42, 2), NS(9)).
		Process(150, 1, "containerd-shim", ShimOf("e")).Process(151, 150, "another engine's", In("e", 1), NS(10)).Index()
	for pid, want := range map[int]bool{101: false, 111: false, 120: false, 130: true, 131: false, 132: false, 140: false, 141: true, 142: false, 151: false, 1: false} {
		if got := ix.IsInnerContainer(ix.ContainerNamed("demo"), ix.ProcessAt(pid)); got != want {
			t.Errorf("process %d: got %t, want %t", pid, got, want)
		}
	}
}

// A zombie counts in the group where it has exited, if the hierarchy in use shows it. If it
// cannot be determined, it counts.
func TestIsCharged(t *testing.T) {
	group := func(list ...procfs.Cgroup) Change {
		return func(p *procfs.Process) { p.Cgroups = procfs.Some(list) }
	}
	unified := func(path string) procfs.Cgroup { return procfs.Cgroup{Path: path} }
	v1 := func(path string) procfs.Cgroup {
		return procfs.Cgroup{Hierarchy: 3, Controllers: []string{"pids"}, Path: path}
	}
	inside := "/docker/" + ID("a")
	tests := map[string]struct {
		main, zombie Change
		want         bool
	}{
		"its path is the container's":      {group(unified(inside)), group(unified(inside)), true},
		"it came from outside":             {group(unified(inside)), group(unified("/user.slice")), false},
		"from a group further in":          {group(unified(inside)), group(unified(inside + "/init")), true},
		"cgroup v1 alone":                  {group(v1(inside)), group(v1("/")), true},
		"both, and v2 is not in use":       {group(v1(inside), unified("/")), group(v1("/"), unified("/")), true},
		"both, and v2 is in use":           {group(v1(inside), unified(inside)), group(v1("/"), unified("/user.slice")), false},
		"nothing is known of the zombie":   {group(unified(inside)), func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Gone) }, true},
		"another container's (a joiner's)": {group(unified(inside)), group(unified("/docker/" + ID("b"))), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a")).
				Process(101, 100, "app", In("a", 1), NS(7), test.main).Process(130, 101, "z", In("a", 5), NS(7), Exited(0), test.zombie).Index()
			if got := ix.IsCharged(ix.ProcessAt(130), ix.Container(ID("a"))); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
	ix := NewWorld().Container("ended", "a", 0).Process(130, 1, "z", Exited(0)).Index()
	if !ix.IsCharged(ix.ProcessAt(130), ix.Container(ID("a"))) {
		t.Error("without a main process nothing says that it does not count")
	}
}

// The IDs that a process names are those in its groups and, only for a shim, in its arguments,
// sorted, and each once.
func TestNamedIDs(t *testing.T) {
	for name, test := range map[string]struct {
		change []Change
		want   string
	}{
		"none":                          {nil, ""},
		"of several hierarchies":        {[]Change{In("b", 1)}, "b"},
		"a shim's":                      {[]Change{ShimOf("c")}, "c"},
		"a shim's inside of another":    {[]Change{In("d", 1), ShimOf("c")}, "cd"},
		"an ID among others' arguments": {[]Change{Args("grep", "-c", ID("c"))}, ""},
		"nested": {[]Change{func(p *procfs.Process) {
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + ID("f") + "/docker/" + ID("b")}})
		}}, "bf"},
	} {
		w := NewWorld().Process(100, 1, "x", test.change...)
		got := ""
		for _, id := range inspect.NamedIDs(&w.Snapshot.Processes[0]) {
			got += id[:1]
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A /proc that hides processes of others hides none from root. An option that is not set hides
// none.
func TestHidesProcesses(t *testing.T) {
	for _, test := range []struct {
		host procfs.Host
		want bool
	}{
		{procfs.Host{}, false}, {procfs.Host{EUID: 1000}, false}, {procfs.Host{HidePID: "2"}, false}, {procfs.Host{HidePID: "invisible", EUID: 1000}, true},
	} {
		w := NewWorld()
		w.Host = test.host
		if got := w.Index().HidesProcesses(); got != test.want {
			t.Errorf("%+v: got %t, want %t", test.host, got, test.want)
		}
	}
}

// A process that may write to the file system of control groups can have any container's ID in
// its path. The ID counts in the group that the runtime made, and below it.
func TestOwnerByAChosenGroup(t *testing.T) {
	world := func() *World {
		return Demo().Container("victim", "b", 201).Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 1), NS(8))
	}
	moved := func(groups ...string) *World {
		return world().Process(300, 101, "sh", In("a", 30), NS(7), SID(101), InGroups(groups...)).Process(301, 300, "sleep", In("a", 31), NS(7), SID(101), InGroups(groups...))
	}
	a, b, stopped := ID("a"), ID("b"), ID("f")
	everywhere := func(w *World) *World {
		return w.Alter(101, InGroups("/docker/"+a, "/docker/"+a, "/docker/"+a)).Alter(201, InGroups("/docker/"+b, "/docker/"+b, "/docker/"+b))
	}
	for name, test := range map[string]struct {
		world       *World
		want, named string
		via         inspect.Via
	}{
		"beside the group that it names":              {moved("/docker/x/" + b), "demo", "victim", inspect.ViaAncestry},
		"in its own group, below which it names":      {moved("/docker/" + a + "/x/" + b), "demo", "victim", inspect.ViaCgroup},
		"as systemd names groups":                     {moved("/system.slice/docker-" + b + ".scope"), "demo", "victim", inspect.ViaAncestry},
		"at the root":                                 {moved("/" + b), "demo", "victim", inspect.ViaAncestry},
		"the ID is a part of a name":                  {moved("/docker/" + b + "x"), "demo", "victim", inspect.ViaAncestry},
		"of one that does not run":                    {moved("/docker/x/" + stopped), "demo", "", inspect.ViaAncestry},
		"really in the other's group":                 {moved("/docker/" + b + "/x"), "victim", "", inspect.ViaCgroup},
		"in the other's in one hierarchy":             {everywhere(moved("/docker/"+b, "/docker/"+a, "/docker/"+a)), "demo", "victim", inspect.ViaCgroup},
		"in a chosen one in one hierarchy":            {moved("/docker/x/"+b, "/docker/"+a, "/docker/"+a), "demo", "victim", inspect.ViaCgroup},
		"the other's main process has left its group": {moved("/docker/"+b+"/x").Alter(201, InGroups("/x")), "victim", "", inspect.ViaCgroup},
		"the same, beside the place of groups":        {moved("/docker/x/"+b).Alter(201, InGroups("/x")), "demo", "victim", inspect.ViaAncestry},
		"all have left theirs":                        {moved("/docker/"+b).Alter(201, InGroups("/")).Alter(101, InGroups("/")), "victim", "", inspect.ViaCgroup},
	} {
		ix := test.world.Index()
		for _, pid := range []int{300, 301} {
			o, got := ix.OwnerOf(ix.ProcessAt(pid)), ""
			if o.Container == nil {
				t.Errorf("%s: process %d is nobody's", name, pid)
				continue
			}
			got = inspect.ContainerNames(ix.CgroupNames(o.Container, ix.ProcessAt(pid)))
			if o.Container.Name != test.want || o.Via != test.via || got != test.named {
				t.Errorf("%s: process %d: got %s by %s, which names %q, want %s by %s, %q", name, pid, o.Container.Name, o.Via, got, test.want, test.via, test.named)
			}
			if w := ix.Who(pid); w.Owner != o {
				t.Errorf("%s: who says %+v", name, w.Owner)
			}
		}
		victim, _ := Find(t, ix, "victim", 0)
		if got := len(ix.ProcessesOf(victim)); (got > 1) != (test.want == "victim") {
			t.Errorf("%s: the victim has %d processes", name, got)
		}
	}
}

// A process inside a container that calls itself a shim of another container gets nothing
// assigned to that container, wherever it has moved.
func TestOwnerBelowAChosenShim(t *testing.T) {
	ix := Demo().Container("victim", "b", 201).Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 1), NS(8)).
		Process(300, 101, "containerd-shim", In("a", 30), NS(7), ShimOf("b"), InGroups("/x")).
		Process(301, 300, "sh", In("a", 31, 1), NS(12), InGroups("/x")).Index()
	for _, pid := range []int{300, 301} {
		if o := ix.OwnerOf(ix.ProcessAt(pid)); o.Container == nil || o.Container.Name != "demo" {
			t.Errorf("process %d: got %+v", pid, o)
		}
	}
}

// If a rootless engine's control groups name no container, the shim of a zombie's session leader
// shows the zombie's owner.
func TestOwnerByALeaderOfARootlessEngine(t *testing.T) {
	none := InGroups("/")
	ix := NewWorld().Process(1, 0, "systemd").Container("demo", "a", 101).Container("joiner", "b", 201, JoinedTo("demo")).
		Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7), none).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sh", In("b", 50), NS(7), none).
		Process(210, 200, "sh", In("b", 60), NS(7), none).
		Process(300, 101, "z", In("b", 70), NS(7), SID(201), none, Exited(0)).Process(301, 101, "z", In("b", 71), NS(7), SID(210), none, Exited(0)).Index()
	for _, pid := range []int{300, 301} {
		if o := ix.OwnerOf(ix.ProcessAt(pid)); o.Container == nil || o.Container.Name != "joiner" || o.Via != inspect.ViaSession {
			t.Errorf("process %d: got %+v", pid, o)
		}
	}
}

// Each process of a chain of parents is looked at once. With a number of steps that grows with
// the square, this test would not end.
func TestOwnersOfALongChain(t *testing.T) {
	const length = 100_000
	w := Huge["a chain of parents"](length)
	for i := range w.Snapshot.Processes {
		if p := &w.Snapshot.Processes[i]; p.PID >= 1000 {
			InGroups("/")(p)
		}
	}
	ix := w.Index()
	for _, pid := range []int{1000, 1000 + length - 1} {
		if o := ix.OwnerOf(ix.ProcessAt(pid)); o.Container == nil || o.Via != inspect.ViaAncestry {
			t.Errorf("process %d: got %+v", pid, o)
		}
	}
}
