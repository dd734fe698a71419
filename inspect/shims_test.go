package inspect

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestContainersFromShims(t *testing.T) {
	forged := func(p *procfs.Process) { shimOf("b")(p); in("a", 33)(p) }
	w := demo().
		process(130, 100, "sh", in("a", 30), ns(7)). // an exec, younger than main
		process(140, 101, "evil", forged).           // a container's process that calls itself a shim
		process(150, 140, "sh", in("b", 34)).
		process(160, 1, "containerd-shim", args("containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", id("c"))).
		process(161, 160, "pause", in("c", 1)).
		process(170, 1, "containerd-shim", shimOf("d")) // its container is just ending
	got := ContainersFromShims(&w.Snapshot, "moby")
	if len(got) != 1 || got[0].ID != id("a") || got[0].HostPID != 101 || got[0].Name != id("a")[:12] || !got[0].Silent {
		t.Errorf("got %+v, want the container of demo alone, by its ID", got)
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
