package inspect_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A row has what the other answers say about the same process. The row of a shim has no number
// in the container, and its namespaces are not compared with the container's.
func TestRowOf(t *testing.T) {
	ix := Demo().Process(401, 101, "bwrap", In("a", 61, 1), NS(8), SID(101), StartedAt(990)).Index()
	c := ix.Container(ID("a"))
	for pid, want := range map[int]struct {
		role   inspect.Role
		chain  string
		init   bool
		execID string
	}{
		100: {inspect.RoleShim, "", false, ""},
		101: {inspect.RoleMain, "1", true, ""},
		110: {inspect.RoleOrphan, "7", false, ""},
		111: {inspect.RoleChild, "8", false, ""},
		120: {inspect.RoleExec, "21", false, "e1"},
		121: {inspect.RoleChild, "22", false, ""},
		401: {inspect.RoleChild, "61>1", true, ""},
	} {
		r := ix.RowOf(c, ix.ProcessAt(pid))
		if r.Container != c || r.Process.PID != pid || r.Role != want.role || inspect.ChainString(r.ContainerPIDs) != want.chain || r.NSInit != want.init || r.ExecID != want.execID {
			t.Errorf("process %d: got %s, %v, init %t, exec %q; want %+v", pid, r.Role, r.ContainerPIDs, r.NSInit, r.ExecID, want)
		}
		if r.Inferred || r.ForeignParent != "" {
			t.Errorf("process %d: got inferred %t, parent %q", pid, r.Inferred, r.ForeignParent)
		}
		if notHeld := r.Left.Absence() == procfs.NotHeld; notHeld != (pid == 100) || notHeld && r.LeftThreads != nil {
			t.Errorf("process %d: got left %+v, threads %v", pid, r.Left, r.LeftThreads)
		}
	}
	r := ix.RowOf(c, ix.ProcessAt(401))
	if !r.StartedAt.Equal(Booted.Add(990*time.Second)) || r.Elapsed != 10*time.Second {
		t.Errorf("started at %s, %s ago", r.StartedAt, r.Elapsed)
	}
}

// With the host's PIDs, a shim is visible in its container, but still has no number there,
// because it is not in the container.
func TestShimOfTheHostsNamespaceHasNoNumber(t *testing.T) {
	ix := NewWorld().Container("agent", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "agent", In("a")).Index()
	c := ix.Container(ID("a"))
	if got := ix.RowOf(c, ix.ProcessAt(100)).ContainerPIDs; got != nil {
		t.Errorf("the shim: got %v", got)
	}
	if got := ix.RowOf(c, ix.ProcessAt(101)); inspect.ChainString(got.ContainerPIDs) != "101" || got.NSInit {
		t.Errorf("the main process: got %v, init %t", got.ContainerPIDs, got.NSInit)
	}
}

// The elapsed time of a process that was started while the others were read is not negative.
func TestElapsedIsNeverNegative(t *testing.T) {
	ix := Alone("app").Process(130, 101, "fresh", In("a", 5), NS(7), StartedAt(1001)).Index()
	if r := ix.RowOf(ix.Container(ID("a")), ix.ProcessAt(130)); r.Elapsed != 0 || !r.StartedAt.After(TakenAt) {
		t.Errorf("started at %s, %s ago", r.StartedAt, r.Elapsed)
	}
}

// The user is shown as inside the container. A user that its map does not have is unknown there,
// and not root. If the map may not be read, nothing is known.
func TestUIDInside(t *testing.T) {
	mapped := func(list ...procfs.IDMapping) procfs.Opt[[]procfs.IDMapping] { return procfs.Some(list) }
	tests := map[string]struct {
		uidMap procfs.Opt[[]procfs.IDMapping]
		uid    int
		want   procfs.Opt[int]
	}{
		"no user namespace":          {mapped(procfs.IDMapping{Length: 1<<32 - 1}), 33, procfs.Some(33)},
		"root of a user namespace":   {mapped(procfs.IDMapping{Outside: 100000, Length: 65536}), 100000, procfs.Some(0)},
		"a user of a user namespace": {mapped(procfs.IDMapping{Outside: 100000, Length: 65536}), 100033, procfs.Some(33)},
		"of the second line":         {mapped(procfs.IDMapping{Outside: 1000, Length: 1}, procfs.IDMapping{Inside: 1, Outside: 100000, Length: 65536}), 100000, procfs.Some(1)},
		"one too far":                {mapped(procfs.IDMapping{Outside: 100000, Length: 65536}), 165536, procfs.None[int](procfs.NotHeld)},
		"the host's root":            {mapped(procfs.IDMapping{Outside: 100000, Length: 65536}), 0, procfs.None[int](procfs.NotHeld)},
		"a map without lines":        {mapped(), 0, procfs.None[int](procfs.NotHeld)},
		"not to be read":             {procfs.None[[]procfs.IDMapping](procfs.Denied), 0, procfs.None[int](procfs.Denied)},
		"not read":                   {procfs.None[[]procfs.IDMapping](procfs.Unread), 7, procfs.None[int](procfs.Unread)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			users := func(p *procfs.Process) {
				p.UIDs = procfs.UIDs{Real: 7000, Effective: test.uid, Saved: 7001, FS: 7002}
			}
			ix := Alone("app", func(p *procfs.Process) { p.UIDMap = test.uidMap }).
				Process(130, 101, "worker", In("a", 5), NS(7), users).
				Alter(100, func(p *procfs.Process) { p.UIDs.Effective = 4242 }).Index()
			c := ix.Container(ID("a"))
			if got := ix.RowOf(c, ix.ProcessAt(130)).UID; got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if got := ix.RowOf(c, ix.ProcessAt(100)).UID; got != procfs.Some(4242) {
				t.Errorf("the shim, which is outside: got %+v", got)
			}
		})
	}
	ix := NewWorld().Container("ended", "b", 0).Process(130, 1, "left", In("b", 5), func(p *procfs.Process) { p.UIDs.Effective = 100033 }).Index()
	if got := ix.RowOf(ix.Container(ID("b")), ix.ProcessAt(130)).UID; got != procfs.Some(100033) {
		t.Errorf("without a main process: got %+v, want the host's number", got)
	}
}

// The container of a process is uncertain only if it was inferred and another container shares
// the PID namespace.
func TestInferredRow(t *testing.T) {
	zombie := func(w *World) *World { return w.Process(130, 101, "z", In("a", 9), NS(7), SID(999), V1Zombie) }
	joined := func() *World {
		return Alone("app").Container("joiner", "b", 201, JoinedTo("demo")).Process(201, 1, "sh", In("b", 50), NS(7))
	}
	for name, test := range map[string]struct {
		world *World
		pid   int
		want  bool
	}{
		"concluded, and shared":     {zombie(joined()), 130, true},
		"concluded, nobody shares":  {zombie(Alone("app")), 130, false},
		"read, and shared":          {zombie(joined()), 101, false},
		"by its shim, which proves": {joined().Process(100, 1, "containerd-shim", ShimOf("a")), 101, false},
	} {
		ix := test.world.Index()
		if got := ix.RowOf(ix.Container(ID("a")), ix.ProcessAt(test.pid)).Inferred; got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}

// A parent in another container is named as in that container, and by its comm if it has no
// number there. A parent of no container is not foreign.
func TestForeignParent(t *testing.T) {
	ix := nested().
		Process(210, 101, "orphan", In("b", 52), NS(7)).
		Process(211, 111, "entered", In("b", 53), NS(7)).
		Process(212, 403, "deeper", In("b", 64, 4), NS(8)).
		Process(213, 1, "hosts", In("b", 54), NS(7)).
		Process(300, 1, "outside", In("a"), NS(1)).Process(301, 300, "child", In("b", 55), NS(7)).Index()
	for pid, want := range map[int]string{
		201: "", 202: "", 210: "PID 1 of demo", 211: "PID 8 of demo", 212: "PID 63>3 of demo", 213: "", 301: "outside (300) of demo",
	} {
		if got := ix.RowOf(ix.ContainerNamed("joiner"), ix.ProcessAt(pid)).ForeignParent; got != want {
			t.Errorf("process %d: got %q, want %q", pid, got, want)
		}
	}
}

// Every process of a container has one row, and each of its shims one before them, in whatever
// order the processes were read.
func TestRows(t *testing.T) {
	conmon := Args("/usr/bin/conmon", "-c", ID("a"))
	podman := func() *World {
		return NewWorld().Container("pm", "a", 101).
			Process(100, 1, "conmon", conmon).Process(101, 100, "app", In("a", 1), NS(7)).Process(102, 101, "worker", In("a", 2), NS(7)).
			Process(110, 1, "conmon", conmon).Process(111, 110, "sh", In("a", 3), NS(7)).Process(112, 110, "sh", In("a", 4), NS(7))
	}
	for name, test := range map[string]struct {
		world func() *World
		want  string
	}{
		"one shim":        {Demo, "100 101 110 111 120 121 "},
		"a shim for each": {podman, "100 110 101 102 111 112 "},
		"no shim":         {func() *World { return NewWorld().Container("demo", "a", 101).Process(101, 1, "app", In("a", 1)) }, "101 "},
		"no process":      {func() *World { return NewWorld().Container("demo", "a", 0) }, ""},
		"a shim inside is it": {func() *World {
			return Alone("app").Process(130, 101, "conmon", In("a", 5), NS(7), conmon).Process(131, 130, "sh", In("a", 6), NS(7))
		}, "100 101 130 131 "},
		"what calls itself one, outside of all groups": {func() *World {
			return NewWorld().Container("demo", "a", 101).Process(1, 0, "init").Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "app", In("a")).
				Process(130, 101, "conmon", conmon).Process(131, 130, "sh", In("a"))
		}, "100 130 101 131 "},
	} {
		for seed := range uint64(5) {
			ix, got := test.world().Shuffled(seed).Index(), []*procfs.Process(nil)
			for _, r := range ix.Rows(ix.Container(ID("a"))) {
				got = append(got, r.Process)
			}
			if pidsOf(got) != test.want {
				t.Errorf("%s, seed %d: got %q, want %q", name, seed, pidsOf(got), test.want)
			}
		}
	}
}
