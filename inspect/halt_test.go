package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// A halted process cannot act. That its own container is paused takes precedence over its state.
// Other containers do not matter.
func TestHaltOf(t *testing.T) {
	paused := func(c *inspect.Container) { c.Status = "paused" }
	tests := map[string]struct {
		world *World
		pid   int
		want  inspect.Halt
	}{
		"it runs":                          {Alone("app"), 101, inspect.HaltNone},
		"on a processor":                   {Alone("app", StateOf("R")), 101, inspect.HaltNone},
		"stopped by a signal":              {Alone("app", StateOf("T")), 101, inspect.HaltStopped},
		"held by a tracer":                 {Alone("app", StateOf("t")), 101, inspect.HaltTraced},
		"in the kernel":                    {Alone("app", StateOf("D")), 101, inspect.HaltAsleep},
		"a zombie has nothing to do":       {Alone("app").Process(102, 101, "z", In("a", 2), NS(7), Exited(0)), 102, inspect.HaltNone},
		"a host's process that is stopped": {Alone("app").Process(50, 1, "job", StateOf("T")), 50, inspect.HaltStopped},
		"in a paused container": {
			NewWorld().Container("demo", "a", 101, paused).Process(101, 1, "app", In("a", 1)), 101, inspect.HaltPaused,
		},
		"paused, as cgroup v1 shows it": {
			NewWorld().Container("demo", "a", 101, paused).Process(101, 1, "app", In("a", 1), StateOf("D")), 101, inspect.HaltPaused,
		},
		"paused, and stopped before": {
			NewWorld().Container("demo", "a", 101, paused).Process(101, 1, "app", In("a", 1), StateOf("T")), 101, inspect.HaltPaused,
		},
		"the shim of a paused container": {
			NewWorld().Container("demo", "a", 101, paused).Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "app", In("a", 1)), 100, inspect.HaltNone,
		},
		"below the PID 1 of a paused container, and of another one": {
			NewWorld().Container("demo", "a", 101, paused).Container("joiner", "b", 201, JoinedTo("demo")).
				Process(101, 1, "app", In("a", 1), NS(7)).Process(201, 1, "sh", In("b", 2), NS(7)).
				Process(202, 101, "orphan", In("b", 3), NS(7), StateOf("T")), 202, inspect.HaltStopped,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			p := ix.ProcessAt(test.pid)
			if got := ix.HaltOf(p); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := ix.IsPaused(p); got != (test.want == inspect.HaltPaused) {
				t.Errorf("paused: got %t", got)
			}
		})
	}
}
