package shim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestContainersFromShims(t *testing.T) {
	forged := func(p *procfs.Process) { ShimOf("b")(p); In("a", 33)(p) }
	w := Demo().
		Process(130, 100, "sh", In("a", 30), NS(7)). // an exec, younger than main
		Process(99, 100, "runc").                    // older, and not in the container
		Process(140, 101, "evil", forged).           // a container's process that calls itself a shim
		Process(150, 140, "sh", In("b", 34)).
		Process(160, 1, "containerd-shim", Args("containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", ID("c"))).
		Process(161, 160, "pause", In("c", 1)).
		Process(170, 1, "containerd-shim", ShimOf("d")) // its container is just exiting
	got, ok := shim.Containers(&w.Snapshot, 0)
	if !ok || len(got) != 1 || got[0].ID != ID("a") || got[0].HostPID != 101 || got[0].Name != ID("a")[:12] || !got[0].Silent {
		t.Errorf("got %+v, want the container of demo alone, by its ID", got)
	}
}

// For a container that was found without the engine, the facts of its main process are set. What
// only the engine knows is unknown or docker's default.
func TestContainerOfAShimTellsWhatItRuns(t *testing.T) {
	w := NewWorld().Process(100, 1, "containerd-shim", ShimOf("a")).
		Process(101, 100, "nginx", In("a", 1), NS(7), StartedAt(40), Args("nginx", "-g", "daemon off;"))
	got, ok := shim.Containers(&w.Snapshot, 0)
	if !ok || len(got) != 1 {
		t.Fatalf("got %+v, %t", got, ok)
	}
	c := got[0]
	if c.Path != "nginx" || !slices.Equal(c.Args, []string{"-g", "daemon off;"}) || !c.StartedAt.Equal(Booted.Add(40*time.Second)) {
		t.Errorf("it runs %s %q since %s", c.Path, c.Args, c.StartedAt)
	}
	if c.Status != "running" || c.StopTimeout != 10*time.Second || c.Image != "" || c.PIDsLimit.Held() || !c.AnsweredAt.IsZero() {
		t.Errorf("got %+v", c)
	}
	w.Alter(101, func(p *procfs.Process) { p.Args = procfs.None[[]string](procfs.Denied) })
	if got, _ = shim.Containers(&w.Snapshot, 0); len(got) != 1 || got[0].Path != "" || got[0].HostPID != 101 {
		t.Errorf("without its arguments: got %+v", got)
	}
}

// A process that is not a shim of the host's engine does not have a container of it.
func TestContainersOfNoShim(t *testing.T) {
	for name, change := range map[string]Change{
		"in a PID namespace":     func(p *procfs.Process) { p.NSPIDs = []int{100, 9} },
		"in a container":         In("e"),
		"without an ID":          Args("containerd-shim-runc-v2", "-namespace", "moby"),
		"in another namespace":   Args("containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", ID("a")),
		"of no namespace":        Args("containerd-shim-runc-v2", "-id", ID("a")),
		"by its comm alone":      func(p *procfs.Process) { p.Args = procfs.None[[]string](procfs.Denied) },
		"an option without more": Args("containerd-shim-runc-v2", "-id", ID("a"), "-namespace"),
	} {
		w := NewWorld().Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "app", In("a", 1), NS(7))
		if got, _ := shim.Containers(&w.Snapshot, 0); len(got) != 1 {
			t.Fatalf("the twin: got %+v", got)
		}
		if got, _ := shim.Containers(&w.Alter(100, change).Snapshot, 0); len(got) != 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// Two engines on one host: their shims have different addresses of containerd.
func TestContainersOfTwoEngines(t *testing.T) {
	second := Args("containerd-shim-runc-v2", "-namespace", "moby", "-id", ID("e"), "-address", "/tmp/x/containerd/containerd.sock")
	w := Demo().Process(500, 1, "containerd-shim", second).Process(501, 500, "sleep", In("e", 1), NS(30)).
		Process(400, 1, "dockerd", Args("dockerd", "--exec-root", "/tmp/x")).
		Process(401, 400, "containerd", Args("containerd", "--config", "/tmp/x/containerd/containerd.toml")).
		Process(410, 1, "dockerd", Args("dockerd", "--containerd=/var/run/containerd.sock")).
		Process(420, 1, "dockerd", Args("dockerd"))
	if got, ok := shim.Containers(&w.Snapshot, 0); ok {
		t.Errorf("two engines were taken for one: %+v", got)
	}
	for _, pid := range []int{1, 999} {
		if got, ok := shim.Containers(&w.Snapshot, pid); ok {
			t.Errorf("process %d, no dockerd, got containers: %+v", pid, got)
		}
	}
	w.Process(600, 1, "containerd-shim", Args("containerd-shim-runc-v2", "-namespace", "moby", "-id", ID("f"), "-address", "/run/containerd/containerd.sock")).
		Process(601, 600, "sleep", In("f", 1), NS(31))
	// Two engines with a containerd of their own.
	within := func(letter, root string) func(*procfs.Process) {
		return Args("containerd-shim-runc-v2", "-namespace", "moby", "-id", ID(letter), "-address", root+"/containerd/containerd.sock")
	}
	w.Process(430, 1, "dockerd", Args("dockerd", "--exec-root=/var/run/two")).
		Process(700, 1, "containerd-shim", within("b", "/var/run/two")).Process(701, 700, "sleep", In("b", 1), NS(32))
	for dockerd, want := range map[int]string{400: ID("e"), 410: ID("a"), 420: ID("f"), 430: ID("b")} {
		got, ok := shim.Containers(&w.Snapshot, dockerd)
		if !ok || len(got) != 1 || got[0].ID != want {
			t.Errorf("%d: got %+v", dockerd, got)
		}
	}
}

// dockerd can be configured with another namespace in containerd.
func TestContainersOfANamespace(t *testing.T) {
	of := func(namespace string, more ...string) *World {
		return Demo().Alter(100, Args("containerd-shim-runc-v2", "-namespace", namespace, "-id", ID("a"), "-address", "/run/containerd.sock")).
			Process(400, 1, "dockerd", Args(append([]string{"dockerd", "--containerd=/run/containerd.sock"}, more...)...))
	}
	for name, test := range map[string]struct {
		world *World
		want  int
	}{
		"its default":                  {of("moby"), 1},
		"another's":                    {of("k8s.io"), 0},
		"as it was told":               {of("mine", "--containerd-namespace", "mine"), 1},
		"not as it was told":           {of("moby", "--containerd-namespace=mine"), 0},
		"with remapped users":          {of("moby-100000.100000"), 1},
		"begins alike":                 {of("moby-mine"), 0},
		"as it was told, and remapped": {of("mine-1000.1000", "--containerd-namespace", "mine"), 1},
	} {
		if got, ok := shim.Containers(&test.world.Snapshot, 400); !ok || len(got) != test.want {
			t.Errorf("%s: got %d, want %d", name, len(got), test.want)
		}
	}
}

// An engine in a container with --pid=host has its shims in the host's PID namespace, and may
// have the same path for its containerd's socket as the host's engine.
func TestContainersOfAnEngineInAContainer(t *testing.T) {
	w := Demo().Process(400, 1, "dockerd", Args("dockerd", "--containerd=/run/containerd.sock")).
		Process(500, 1, "dockerd", In("e"), Args("dockerd", "--containerd=/run/containerd.sock")).
		Process(510, 1, "containerd-shim", In("e"), ShimOf("d")).
		Process(511, 510, "sleep", In("d", 1), NS(30))
	for dockerd, want := range map[int]string{400: ID("a"), 500: ID("d")} {
		got, ok := shim.Containers(&w.Snapshot, dockerd)
		if !ok || len(got) != 1 || got[0].ID != want {
			t.Errorf("%d: got %+v, want %s alone", dockerd, got, want[:12])
		}
	}
}

// A rootless engine on cgroup v1 leaves no ID in its containers' cgroups.
func TestRootlessContainersFromShims(t *testing.T) {
	inside := func(chain ...int) Change {
		return func(p *procfs.Process) { p.NSPIDs = append([]int{p.PID}, chain...) }
	}
	w := NewWorld().
		Process(100, 1, "containerd-shim", ShimOf("a")).
		Process(99, 100, "runc"). // older, and on the host
		Process(103, 100, "sh", inside(7), NS(7)).
		Process(102, 100, "sleep", inside(1), NS(7)).
		Process(200, 1, "containerd-shim", ShimOf("b")).
		Process(201, 200, "sleep", In("c", 1)) // of another container
	got, ok := shim.Containers(&w.Snapshot, 0)
	if !ok || len(got) != 1 || got[0].ID != ID("a") || got[0].HostPID != 102 {
		t.Errorf("got %+v, want the container of 102 alone", got)
	}
}

func TestShimName(t *testing.T) {
	for arg, want := range map[string]string{
		"/usr/bin/containerd-shim-runc-v2": "containerd-shim-runc-v2", "/usr/bin/conmon": "conmon", "containerd-shim": "containerd-shim",
		"containerd": "", "/sbin/init": "", "": "",
	} {
		if got := inspect.ShimName(&procfs.Process{Args: procfs.Some([]string{arg})}); got != want {
			t.Errorf("%q: got %q, want %q", arg, got, want)
		}
	}
	if got := inspect.ShimName(&procfs.Process{Comm: "containerd-shim"}); got != "" {
		t.Errorf("without arguments: got %q; a comm alone names no shim", got)
	}
}
