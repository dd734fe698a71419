package inspect

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestContainersFromShims(t *testing.T) {
	forged := func(p *procfs.Process) { shimOf("b")(p); in("a", 33)(p) }
	w := demo().
		process(130, 100, "sh", in("a", 30), ns(7)). // an exec, younger than main
		process(99, 100, "runc").                    // older, and not in the container
		process(140, 101, "evil", forged).           // a container's process that calls itself a shim
		process(150, 140, "sh", in("b", 34)).
		process(160, 1, "containerd-shim", args("containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", id("c"))).
		process(161, 160, "pause", in("c", 1)).
		process(170, 1, "containerd-shim", shimOf("d")) // its container is just ending
	got, ok := ContainersFromShims(&w.Snapshot, 0)
	if !ok || len(got) != 1 || got[0].ID != id("a") || got[0].HostPID != 101 || got[0].Name != id("a")[:12] || !got[0].Silent {
		t.Errorf("got %+v, want the container of demo alone, by its ID", got)
	}
}

// Two engines on one host: their shims differ in the address of containerd.
func TestContainersOfTwoEngines(t *testing.T) {
	second := args("containerd-shim-runc-v2", "-namespace", "moby", "-id", id("e"), "-address", "/tmp/x/containerd/containerd.sock")
	w := demo().process(500, 1, "containerd-shim", second).process(501, 500, "sleep", in("e", 1), ns(30)).
		process(400, 1, "dockerd", args("dockerd", "--exec-root", "/tmp/x")).
		process(401, 400, "containerd", args("containerd", "--config", "/tmp/x/containerd/containerd.toml")).
		process(410, 1, "dockerd", args("dockerd", "--containerd=/var/run/containerd.sock")).
		process(420, 1, "dockerd", args("dockerd"))
	if got, ok := ContainersFromShims(&w.Snapshot, 0); ok {
		t.Errorf("two engines were taken for one: %+v", got)
	}
	for _, pid := range []int{1, 999} {
		if got, ok := ContainersFromShims(&w.Snapshot, pid); ok {
			t.Errorf("process %d, no dockerd, got containers: %+v", pid, got)
		}
	}
	w.process(600, 1, "containerd-shim", args("containerd-shim-runc-v2", "-namespace", "moby", "-id", id("f"), "-address", "/run/containerd/containerd.sock")).
		process(601, 600, "sleep", in("f", 1), ns(31))
	for dockerd, want := range map[int]string{400: id("e"), 410: id("a"), 420: id("f")} {
		got, ok := ContainersFromShims(&w.Snapshot, dockerd)
		if !ok || len(got) != 1 || got[0].ID != want {
			t.Errorf("%d: got %+v", dockerd, got)
		}
	}
}

// An engine in a container with --pid=host has its shims in the host's PID
// namespace, and may call its containerd's socket as the host's engine does.
func TestContainersOfAnEngineInAContainer(t *testing.T) {
	w := demo().process(400, 1, "dockerd", args("dockerd", "--containerd=/run/containerd.sock")).
		process(500, 1, "dockerd", in("e"), args("dockerd", "--containerd=/run/containerd.sock")).
		process(510, 1, "containerd-shim", in("e"), shimOf("d")).
		process(511, 510, "sleep", in("d", 1), ns(30))
	for dockerd, want := range map[int]string{400: id("a"), 500: id("d")} {
		got, ok := ContainersFromShims(&w.Snapshot, dockerd)
		if !ok || len(got) != 1 || got[0].ID != want {
			t.Errorf("%d: got %+v, want %s alone", dockerd, got, want[:12])
		}
	}
}

// A rootless engine on cgroup v1 leaves no ID in its containers' cgroups.
func TestRootlessContainersFromShims(t *testing.T) {
	inside := func(chain ...int) change {
		return func(p *procfs.Process) { p.NSPIDs = append([]int{p.PID}, chain...) }
	}
	w := newWorld().
		process(100, 1, "containerd-shim", shimOf("a")).
		process(99, 100, "runc"). // older, and on the host
		process(103, 100, "sh", inside(7), ns(7)).
		process(102, 100, "sleep", inside(1), ns(7)).
		process(200, 1, "containerd-shim", shimOf("b")).
		process(201, 200, "sleep", in("c", 1)) // another one's
	got, ok := ContainersFromShims(&w.Snapshot, 0)
	if !ok || len(got) != 1 || got[0].ID != id("a") || got[0].HostPID != 102 {
		t.Errorf("got %+v, want the container of 102 alone", got)
	}
}

func TestShimName(t *testing.T) {
	for arg, want := range map[string]string{
		"/usr/bin/containerd-shim-runc-v2": "containerd-shim-runc-v2", "/usr/bin/conmon": "conmon", "containerd-shim": "containerd-shim",
		"containerd": "", "/sbin/init": "", "": "",
	} {
		if got := ShimName(&procfs.Process{Args: procfs.Some([]string{arg})}); got != want {
			t.Errorf("%q: got %q, want %q", arg, got, want)
		}
	}
	if got := ShimName(&procfs.Process{Comm: "containerd-shim"}); got != "" {
		t.Errorf("without arguments: got %q; a comm alone names no shim", got)
	}
}
