package shim_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A shim without a main process prevents the engine from noticing the exit. The engine waits for
// the processes that the shim has adopted in the host's PID namespace.
func TestHeldOf(t *testing.T) {
	served := func() *World { return NewWorld().Dockerd(50).Process(100, 1, "containerd-shim", ShimOf("a")) }
	onHost := func(p *procfs.Process) { p.NSPIDs = []int{p.PID} }
	for name, test := range map[string]struct {
		world *World
		want  *inspect.Held
	}{
		"one left":       {served().Process(101, 100, "sleep", onHost), &inspect.Held{Shim: 100, Comm: "sleep", PID: 101, Processes: 1}},
		"a family":       {served().Process(102, 101, "sleep", onHost).Process(101, 100, "sh", onHost, StartedAt(9)).Process(103, 1, "other", onHost), &inspect.Held{Shim: 100, Comm: "sleep", PID: 102, Processes: 2}},
		"a zombie alone": {served().Process(101, 100, "sleep", onHost, Exited(0)), &inspect.Held{Shim: 100}},
		"nothing":        {served(), &inspect.Held{Shim: 100}},
		"it runs":        {served().Process(101, 100, "app", In("a", 1)).Process(102, 100, "sleep", onHost), nil},
		"a second shim":  {served().Process(200, 1, "containerd-shim", ShimOf("a")).Process(201, 200, "app", In("a", 1)), nil},
		"no shim":        {NewWorld().Dockerd(50).Process(101, 1, "sleep", onHost), nil},
		"of another":     {NewWorld().Dockerd(50).Process(100, 1, "containerd-shim", ShimOf("b")).Process(101, 100, "sleep", onHost), nil},
	} {
		got := shim.HeldOf(&test.world.Snapshot, 50, ID("a"))
		if (got == nil) != (test.want == nil) || got != nil && *got != *test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}
