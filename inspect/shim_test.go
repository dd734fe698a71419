package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A shim is recognised by the program that was started, in any folder, and not by a similar
// name.
func TestShimName(t *testing.T) {
	for name, test := range map[string]struct {
		args Change
		want string
	}{
		"containerd's":                {Args("/usr/bin/containerd-shim-runc-v2", "-id", ID("a")), "containerd-shim-runc-v2"},
		"without a folder":            {Args("containerd-shim"), "containerd-shim"},
		"podman's":                    {Args("/usr/libexec/podman/conmon", "-c", ID("a")), "conmon"},
		"another program":             {Args("/usr/bin/containerd", "-id", ID("a")), ""},
		"a folder of that name":       {Args("/opt/containerd-shim/bin/app"), ""},
		"the end of another's name":   {Args("/usr/bin/my-containerd-shim"), ""},
		"an argument of that name":    {Args("sh", "containerd-shim"), ""},
		"no argument":                 {Args(), ""},
		"an empty one":                {Args(""), ""},
		"arguments that are not read": {func(p *procfs.Process) { p.Args = procfs.None[[]string](procfs.Denied) }, ""},
		"a zombie":                    {Exited(0), ""},
	} {
		w := NewWorld().Process(100, 1, "containerd-shim", test.args)
		if got := inspect.ShimName(&w.Snapshot.Processes[0]); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The container that a shim serves is the argument of one of its options, if it is an ID.
func TestServedID(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"containerd's":                      {[]string{"containerd-shim", "-namespace", "moby", "-id", ID("a"), "-address", "x"}, ID("a")},
		"conmon's":                          {[]string{"conmon", "-c", ID("b"), "-u", ID("c")}, ID("b")},
		"conmon's, written out":             {[]string{"conmon", "--cid", ID("b")}, ID("b")},
		"a name is no ID":                   {[]string{"containerd-shim", "-id", "web"}, ""},
		"nothing behind it":                 {[]string{"containerd-shim", "-id"}, ""},
		"an ID behind something else":       {[]string{"conmon", "-u", ID("a")}, ""},
		"the second says it":                {[]string{"conmon", "-c", "config", "--cid", ID("a")}, ID("a")},
		"an option that is no option's":     {[]string{"containerd-shim", "-id", "-id", ID("a")}, ID("a")},
		"no argument":                       {nil, ""},
		"its own name":                      {[]string{ID("a")}, ""},
		"one short of an ID, and an ID":     {[]string{"conmon", "-c", ID("a")[1:], "-c", ID("b")}, ID("b")},
		"an ID in capitals is not docker's": {[]string{"conmon", "-c", "A" + ID("a")[1:]}, ""},
	} {
		w := NewWorld().Process(100, 1, "x", Args(test.args...))
		if got := inspect.ServedID(&w.Snapshot.Processes[0]); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	if got := inspect.ServedID(nil); got != "" {
		t.Errorf("of nobody: got %q", got)
	}
}

// A survey has only the name that a process has given itself. It shows which processes may be
// shims. The kernel cuts it at 15 bytes.
func TestMayBeShim(t *testing.T) {
	for comm, want := range map[string]bool{
		"containerd-shim": true, "conmon": true, "conmon-exec": true, "containerd": false, "containerd-shi": false, "": false, "xconmon": false, "dockerd": false,
	} {
		if got := inspect.MayBeShim(&procfs.Process{Comm: comm}); got != want {
			t.Errorf("%q: got %t, want %t", comm, got, want)
		}
	}
}

// The processes in a container's control group, and its shim, name it. An ID in the arguments of
// other processes does not.
func TestNames(t *testing.T) {
	for name, test := range map[string]struct {
		change Change
		want   bool
	}{
		"in its group":           {In("a", 1), true},
		"in another's":           {In("b", 1), false},
		"its shim":               {ShimOf("a"), true},
		"another's shim":         {ShimOf("b"), false},
		"a tail of its log":      {Args("tail", "-c", ID("a")), false},
		"nothing is known of it": {func(p *procfs.Process) { p.Args, p.Cgroups = procfs.Opt[[]string]{}, procfs.Opt[[]procfs.Cgroup]{} }, false},
		"conmon's own group": {func(p *procfs.Process) {
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/libpod-conmon-" + ID("a") + ".scope"}})
		}, false},
		"a group further in": {func(p *procfs.Process) {
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + ID("a") + "/init"}})
		}, true},
		"in another hierarchy": {func(p *procfs.Process) {
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 2, Path: "/"}, {Path: "/docker/" + ID("a")}})
		}, true},
		"an ID that begins the same": {func(p *procfs.Process) {
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + ID("a")[:63] + "b"}})
		}, false},
	} {
		w := NewWorld().Process(100, 1, "x", test.change)
		if got := inspect.Names(&w.Snapshot.Processes[0], ID("a")); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}

// A process of a container can call itself a shim of any container. It is not a shim, and proves
// nothing about the container that it names.
func TestIsShim(t *testing.T) {
	ix := Demo().
		Process(130, 101, "containerd-shim", In("a", 30), NS(7), ShimOf("b")).
		Process(131, 130, "sh", In("a", 31), NS(7)).
		Process(140, 1, "containerd-shim", ShimOf("f")).
		Container("victim", "b", 131).Index()
	for pid, want := range map[int]bool{100: true, 101: false, 130: false, 140: true, 1: false} {
		if got := ix.IsShim(ix.ProcessAt(pid)); got != want {
			t.Errorf("process %d: got %t, want %t", pid, got, want)
		}
	}
	if p := ix.ProcessAt(131); ix.RoleOf(ix.Container(ID("a")), p) == inspect.RoleExec {
		t.Error("what it has started is taken for an exec session")
	}
	if got := ix.Who(130); got.Role != inspect.WhoRole(inspect.RoleChild) || got.Owner.Container.Name != "demo" {
		t.Errorf("got %s of %+v", got.Role, got.Owner)
	}
}

// A stopped shim does not reap and does not react to docker stop. Whether conmon is stopped does
// not matter. Nothing is said about a container without a proven shim.
func TestStoppedShim(t *testing.T) {
	stopped := StateOf("T")
	conmon := Args("/usr/bin/conmon", "-c", ID("a"))
	tests := map[string]struct {
		world *World
		want  int
	}{
		"it runs":                        {Alone("app"), 0},
		"it is stopped":                  {NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a"), stopped).Process(101, 100, "app", In("a", 1)), 100},
		"it is traced":                   {NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a"), StateOf("t")).Process(101, 100, "app", In("a", 1)), 0},
		"podman's":                       {NewWorld().Container("demo", "a", 101).Process(100, 1, "conmon", conmon, stopped).Process(101, 100, "app", In("a", 1)), 0},
		"its parent is no shim":          {NewWorld().Container("demo", "a", 101).Process(100, 1, "sh", stopped).Process(101, 100, "app", In("a", 1)), 0},
		"it is gone":                     {NewWorld().Container("demo", "a", 101).Process(101, 1, "app", In("a", 1)), 0},
		"the container has no process":   {NewWorld().Container("demo", "a", 0).Process(100, 1, "containerd-shim", ShimOf("a"), stopped), 0},
		"the container is not proved":    {NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("b"), stopped).Process(101, 100, "app"), 0},
		"its main process is stopped":    {Alone("app", stopped), 0},
		"one that is in the same group":  {NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a"), In("a"), stopped).Process(101, 100, "app"), 0},
		"another shim of the same is it": {Alone("app").Process(90, 1, "containerd-shim", ShimOf("a"), stopped), 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			if got := hostPIDOf(ix.StoppedShim(ix.Container(ID("a")))); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// A process of another user that calls itself the shim of a container serves nothing of it, and
// what is below it is not the container's.
func TestShimOfAnotherUser(t *testing.T) {
	as := func(uid int) Change { return func(p *procfs.Process) { p.UIDs.Effective = uid } }
	below := func(p *procfs.Process) { p.NSPIDs = []int{p.PID, 1} }
	for name, test := range map[string]struct {
		proved, other int
		want          bool
	}{
		"root's, beside root's":   {0, 0, true},
		"a user's, beside root's": {0, 1000, false},
		"root's, beside a user's": {1000, 0, false},
		"both of the same user":   {1000, 1000, true},
		"of two users":            {1000, 1001, false},
	} {
		w := Alone("app").Alter(100, as(test.proved)).
			Process(200, 1, "containerd-shim", ShimOf("a"), as(test.other)).Process(201, 200, "sleep", below, NS(9))
		ix := w.Index()
		c := ix.Container(ID("a"))
		if got := ix.OwnerOf(ix.ProcessAt(201)).Container == c; got != test.want {
			t.Errorf("%s: the process below is the container's: %t", name, got)
		}
		if got := ix.RowOf(c, ix.ProcessAt(200)).Role == inspect.RoleShim; got != test.want {
			t.Errorf("%s: it is a shim of the container: %t", name, got)
		}
	}
}
