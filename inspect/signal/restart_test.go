package signal_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

// A unit's client forwards SIGTERM. If that does not stop the container, docker stops it while
// systemd waits for the client. Its own stop signal does not matter.
func TestRestart(t *testing.T) {
	const plain, whole = "systemctl restart web.service", "systemctl restart --no-block web.service && docker stop web"
	unit := func(c *inspect.Container) { c.Unit = &inspect.Unit{Name: "web.service", Command: "run"} }
	for name, test := range map[string]struct {
		main   Change
		change func(*inspect.Container)
		want   string
	}{
		"SIGTERM has a handler": {Caught(Term), unit, plain},
		"PID 1 has no handler":  {Caught(), unit, whole},
		"another stop signal":   {Caught(3), func(c *inspect.Container) { unit(c); c.StopSignal = "SIGQUIT" }, whole},
		"no unit":               {Caught(), func(*inspect.Container) {}, "docker restart web"},
	} {
		ix := NewWorld().Container("web", "a", 101).Process(1, 0, "systemd").Process(100, 1, "containerd-shim", ShimOf("a")).
			Process(101, 100, "web", In("a", 1), NS(7), test.main).Attend(101, Runs()).Declared("web", test.change).Index()
		c, _ := Find(t, ix, "web", 101)
		if got := signal.Restart(ix, c); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
