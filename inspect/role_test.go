package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

func TestRoleOf(t *testing.T) {
	tests := map[string]struct {
		world     *World
		container string
		pid       int
		want      inspect.Role
	}{
		"shim":                     {Demo(), "demo", 100, inspect.RoleShim},
		"main":                     {Demo(), "demo", 101, inspect.RoleMain},
		"exec":                     {Demo(), "demo", 120, inspect.RoleExec},
		"child of an exec":         {Demo(), "demo", 121, inspect.RoleChild},
		"child in PID 1's session": {Demo(), "demo", 111, inspect.RoleChild},
		"orphan of an ended exec":  {Demo(), "demo", 110, inspect.RoleOrphan},
		"main of one taken for ended": {
			NewWorld().Container("gone", "a", 0, func(c *inspect.Container) { c.Status = "exited" }).Process(100, 1, "containerd-shim", ShimOf("a")).
				Process(101, 100, "app", In("a", 1), NS(7)), "gone", 101, inspect.RoleMain,
		},
		"exec that the API did not say": {Demo().Process(130, 100, "sh", In("a", 30), NS(7)), "demo", 130, inspect.RoleExec},
		"daemon that leads its own session: started or adopted, no trace": {
			Demo().Process(130, 101, "daemon", In("a", 30), NS(7)), "demo", 130, inspect.RoleChild,
		},
		"orphan in a session whose leader is neither PID 1 nor known": {
			Demo().Process(130, 101, "daemon", In("a", 30), NS(7), SID(129)), "demo", 130, inspect.RoleOrphan,
		},
		"session number that an ended exec had, now led by a child": {
			Demo().Process(109, 101, "d", In("a", 30), NS(7)).Process(131, 109, "d", In("a", 31), NS(7), SID(109)), "demo", 131, inspect.RoleChild,
		},
		"without namespaces (ordinary user) the chain of parents proves the init": {
			Demo().Process(140, 101, "d", In("a", 40), NSDenied, SID(139)), "demo", 140, inspect.RoleOrphan,
		},
		"orphan of a joined container": {
			Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).
				Process(200, 1, "containerd-shim", ShimOf("b")).
				Process(201, 200, "sleep", In("b", 50), NS(7)).
				Process(210, 101, "sh", In("b", 51), NS(7), SID(101)),
			"demo-x", 210, inspect.RoleOrphan,
		},
		"main that joined": {
			Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).
				Process(200, 1, "containerd-shim", ShimOf("b")).
				Process(201, 200, "sleep", In("b", 50), NS(7)),
			"demo-x", 201, inspect.RoleMain,
		},
		"--pid=host: the shim adopts": {
			NewWorld().Container("agent", "c", 301, func(c *inspect.Container) { c.PIDMode = "host" }).
				Process(300, 1, "containerd-shim", ShimOf("c")).
				Process(301, 300, "agent", In("c")).
				Process(302, 300, "sh", In("c"), SID(301)),
			"agent", 302, inspect.RoleOrphan,
		},
		"--pid=host: a session leader below the shim is an exec only if the engine says so": {
			NewWorld().Container("agent", "c", 301, func(c *inspect.Container) { c.PIDMode = "host" }).
				Process(300, 1, "containerd-shim", ShimOf("c")).
				Process(301, 300, "agent", In("c")).
				Process(302, 300, "sh", In("c")),
			"agent", 302, inspect.RoleChild,
		},
		"child that was moved into the cgroup of an unrelated container": {
			Demo().Container("other", "c", 301).Process(300, 1, "containerd-shim", ShimOf("c")).Process(301, 300, "sleep", In("c", 1), NS(9)).
				Process(302, 101, "sh", In("c", 66), NS(7), SID(101)), "other", 302, inspect.RoleChild,
		},
		"zombie that got the number of an ended exec": {
			Demo().Process(160, 101, "sh", In("a", 61), NS(7), SID(101), Exited(0)).Exec("e2", "a", 160, false), "demo", 160, inspect.RoleChild,
		},
		"shim that names nobody, of a main process in its cgroup": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", Args("containerd-shim", "-workdir", "x")).Process(101, 100, "app", In("a", 1)), "demo", 100, inspect.RoleShim,
		},
		"child of a parent that is not there": {
			Demo().Process(130, 999, "stray", In("a", 30), NS(7), SID(998)), "demo", 130, inspect.RoleChild,
		},
		"child below an exec session, in a session of nobody's": {
			Demo().Process(130, 120, "job", In("a", 30), NS(7), SID(998)), "demo", 130, inspect.RoleChild,
		},
		"orphan of an exec that the API did not say": {
			Alone("app").Process(120, 100, "sh", In("a", 21), NS(7)).Process(130, 101, "job", In("a", 30), NS(7), SID(120)), "demo", 130, inspect.RoleOrphan,
		},
		"main process that is no init does not make a session's child an orphan": {
			Alone("app").Process(129, 101, "unshare", In("a", 29, 1), NS(9)).Process(130, 129, "job", In("a", 30, 2), NS(9), SID(998)), "demo", 130, inspect.RoleChild,
		},
		"what entered one taken for ended is no main": {
			NewWorld().Container("gone", "a", 0, func(c *inspect.Container) { c.Status = "exited" }).Process(100, 1, "containerd-shim", ShimOf("a")).
				Process(101, 100, "sh", In("a", 9), NS(7)), "gone", 101, inspect.RoleExec,
		},
		"nested init of one taken for ended is no main": {
			NewWorld().Container("gone", "a", 0, func(c *inspect.Container) { c.Status = "exited" }).Process(100, 1, "containerd-shim", ShimOf("a")).
				Process(101, 100, "sh", In("a", 1), NS(7)).Process(102, 101, "unshare", In("a", 2, 1), NS(8)), "gone", 102, inspect.RoleChild,
		},
		"nested init below the shim of one taken for ended is no main": {
			NewWorld().Container("gone", "a", 0, func(c *inspect.Container) { c.Status = "exited" }).Process(100, 1, "containerd-shim", ShimOf("a")).
				Process(101, 100, "unshare", In("a", 5, 1), NS(8)), "gone", 101, inspect.RoleExec,
		},
		"nested init is a child": {
			Demo().Process(150, 101, "init", In("a", 60, 1), NS(9), SID(101)), "demo", 150, inspect.RoleChild,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			c, p := Find(t, ix, test.container, test.pid)
			if got := ix.RoleOf(c, p); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// A process came from outside if any init in its place would have adopted it: from another
// container by facts that were read, or from an exec session, named or not. An inferred owner,
// or a changed session, does not prove that.
func TestCameFromOutside(t *testing.T) {
	joint := func() *World {
		return Alone("app").Container("joiner", "b", 201, JoinedTo("demo")).
			Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sh", In("b", 50), NS(7))
	}
	tests := map[string]struct {
		world *World
		want  bool
	}{
		"of another container":            {joint().Process(300, 101, "x", In("b", 51), NS(7), SID(101)), true},
		"of another one, concluded":       {joint().Process(300, 101, "z", In("b", 51), NS(7), SID(201), V1Zombie), false},
		"of another one, not with it":     {Alone("app").Container("other", "b", 201).Process(201, 1, "sh", In("b", 1), NS(8)).Process(300, 101, "x", In("b", 51), NS(7), SID(101)), false},
		"of one whose namespace is hid":   {Alone("app").Container("other", "b", 201).Process(201, 1, "sh", In("b", 1), NSDenied).Process(300, 101, "x", In("b", 51), NS(7), SID(101)), true},
		"of an ended exec session":        {Alone("app").Exec("e", "a", 250, false).Process(300, 101, "x", In("a", 9), NS(7), SID(250)), true},
		"of one that nobody named":        {Alone("app").Process(250, 100, "sh", In("a", 8), NS(7)).Process(300, 101, "x", In("a", 9), NS(7), SID(250)), true},
		"of a session that is not known":  {Alone("app").Process(300, 101, "x", In("a", 9), NS(7), SID(250)), false},
		"of its own session":              {Alone("app").Process(300, 101, "x", In("a", 9), NS(7), SID(101)), false},
		"of a session of the init's own":  {Alone("app").Exec("e", "a", 101, true).Process(300, 101, "x", In("a", 9), NS(7), SID(101)), false},
		"a leader that an exec has begun": {Alone("app").Exec("e", "a", 300, false).Process(300, 101, "x", In("a", 9), NS(7)), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			if got := ix.CameFromOutside(ix.ProcessAt(300), ix.ProcessAt(101)); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}
