package inspect

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// What kill -9 does is told with what holds the process, and with who starts it again.
func TestKillWords(t *testing.T) {
	frozen := func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 6, Controllers: []string{"freezer"}, Path: "/docker/" + id("a")}})
	}
	paused := func(c *Container) { c.Status = "paused" }
	policy := func(name string, most, so int) func(*Container) {
		return func(c *Container) { c.RestartPolicy, c.RestartMax, c.RestartCount = name, most, so }
	}
	for name, test := range map[string]struct {
		container       func(*Container)
		process         change
		outside, inside string
	}{
		"an init":                 {policy("no", 0, 0), stateOf("S"), "ends it, and demo is Exited (137)", "kill -9 1 is ignored"},
		"always":                  {policy("always", 0, 9), stateOf("S"), "its restart policy (always) starts demo again", "kill -9 1 is ignored"},
		"on-failure, tries left":  {policy("on-failure", 3, 2), stateOf("S"), "its restart policy (on-failure) starts demo again", "kill -9 1 is ignored"},
		"on-failure, none left":   {policy("on-failure", 3, 3), stateOf("S"), "ends it, and demo is Exited (137)", "kill -9 1 is ignored"},
		"paused, cgroup v1":       {paused, frozen, "ends it only when it is unpaused", "is refused while it is paused"},
		"paused, cgroup v2":       {paused, stateOf("S"), "ends it, and demo is Exited (137)", "is refused while it is paused"},
		"its main thread is gone": {policy("no", 0, 0), func(p *procfs.Process) { p.State, p.Threads = procfs.StateZombie, 3 }, "ends it", "is refused: its main thread has exited"},
		"no init":                 {policy("no", 0, 0), func(p *procfs.Process) { p.NSPIDs = []int{p.PID, 9} }, "ends it", "docker exec demo kill -9 9 ends it too"},
	} {
		w := newWorld().container("demo", "a", 101, test.container).process(1, 0, "systemd").process(100, 1, "containerd-shim", shimOf("a")).
			process(101, 100, "app", in("a", 1), ns(7), test.process)
		ix := w.index()
		f := ix.Forecast(ix.Container(id("a")))
		if !strings.Contains(f.KillFromHost, test.outside) || !strings.Contains(f.KillFromInside, test.inside) {
			t.Errorf("%s: got %q and %q", name, f.KillFromHost, f.KillFromInside)
		}
	}
}
