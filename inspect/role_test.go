package inspect

import "testing"

func TestRoleOf(t *testing.T) {
	tests := map[string]struct {
		world     *world
		container string
		pid       int
		want      Role
	}{
		"shim":                     {demo(), "demo", 100, RoleShim},
		"main":                     {demo(), "demo", 101, RoleMain},
		"exec":                     {demo(), "demo", 120, RoleExec},
		"child of an exec":         {demo(), "demo", 121, RoleChild},
		"child in PID 1's session": {demo(), "demo", 111, RoleChild},
		"orphan of an ended exec":  {demo(), "demo", 110, RoleOrphan},
		"main of one taken for ended": {
			newWorld().container("gone", "a", 0, func(c *Container) { c.Status = "exited" }).process(100, 1, "containerd-shim", shimOf("a")).
				process(101, 100, "app", in("a", 1), ns(7)), "gone", 101, RoleMain,
		},
		"exec that the API did not say": {demo().process(130, 100, "sh", in("a", 30), ns(7)), "demo", 130, RoleExec},
		"daemon that leads its own session: started or adopted, no trace": {
			demo().process(130, 101, "daemon", in("a", 30), ns(7)), "demo", 130, RoleChild,
		},
		"orphan in a session whose leader is neither PID 1 nor known": {
			demo().process(130, 101, "daemon", in("a", 30), ns(7), sid(129)), "demo", 130, RoleOrphan,
		},
		"session number that an ended exec had, now led by a child": {
			demo().process(109, 101, "d", in("a", 30), ns(7)).process(131, 109, "d", in("a", 31), ns(7), sid(109)), "demo", 131, RoleChild,
		},
		"without namespaces (ordinary user) the chain of parents proves the init": {
			demo().process(140, 101, "d", in("a", 40), nsDenied, sid(139)), "demo", 140, RoleOrphan,
		},
		"orphan of a joined container": {
			demo().container("demo-x", "b", 201, joined(id("a"))).
				process(200, 1, "containerd-shim", shimOf("b")).
				process(201, 200, "sleep", in("b", 50), ns(7)).
				process(210, 101, "sh", in("b", 51), ns(7), sid(101)),
			"demo-x", 210, RoleOrphan,
		},
		"main that joined": {
			demo().container("demo-x", "b", 201, joined(id("a"))).
				process(200, 1, "containerd-shim", shimOf("b")).
				process(201, 200, "sleep", in("b", 50), ns(7)),
			"demo-x", 201, RoleMain,
		},
		"--pid=host: the shim adopts": {
			newWorld().container("agent", "c", 301, func(c *Container) { c.PIDMode = "host" }).
				process(300, 1, "containerd-shim", shimOf("c")).
				process(301, 300, "agent", in("c")).
				process(302, 300, "sh", in("c"), sid(301)),
			"agent", 302, RoleOrphan,
		},
		"--pid=host: a session leader below the shim is an exec only if the engine says so": {
			newWorld().container("agent", "c", 301, func(c *Container) { c.PIDMode = "host" }).
				process(300, 1, "containerd-shim", shimOf("c")).
				process(301, 300, "agent", in("c")).
				process(302, 300, "sh", in("c")),
			"agent", 302, RoleChild,
		},
		"child that was moved into the cgroup of an unrelated container": {
			demo().container("other", "c", 301).process(300, 1, "containerd-shim", shimOf("c")).process(301, 300, "sleep", in("c", 1), ns(9)).
				process(302, 101, "sh", in("c", 66), ns(7), sid(101)), "other", 302, RoleChild,
		},
		"zombie that got the number of an ended exec": {
			demo().process(160, 101, "sh", in("a", 61), ns(7), sid(101), zombie(0)).exec("e2", "a", 160, false), "demo", 160, RoleChild,
		},
		"nested init is a child": {
			demo().process(150, 101, "init", in("a", 60, 1), ns(9), sid(101)), "demo", 150, RoleChild,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.index()
			c, p := find(t, ix, test.container, test.pid)
			if got := ix.RoleOf(c, p); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
