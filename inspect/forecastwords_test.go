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

// Who was stopped is let go on where it would have to act, and blamed nowhere else.
func TestWhoWasStopped(t *testing.T) {
	stopped := stateOf(procfs.StateStopped)
	demo := func(shim change, main ...change) *world {
		return newWorld().container("demo", "a", 101).process(1, 0, "systemd").process(100, 1, "containerd-shim", shimOf("a"), shim).
			process(101, 100, "app", append([]func(*procfs.Process){in("a", 1), ns(7)}, main...)...)
	}
	runs1 := func(w *world) *world { return w.attention(101, runs()) }
	none := func(*procfs.Process) {}
	behindInit := demo(none).process(102, 101, "job", in("a", 2), ns(7), caught(term), stopped).
		attention(101, runs(tiniMarks...), asleep(awaiting(term))).attention(102, runs())
	noGrace := runs1(demo(none, caught(term), stopped))
	noGrace.Containers[0].StopTimeout = 0
	deaf := demo(none).process(102, 101, "job", in("a", 2), ns(7), ignored(term), stopped).
		attention(101, runs(tiniMarks...), asleep(awaiting(term))).attention(102, runs())
	for name, test := range map[string]struct {
		world   *world
		outcome StopOutcome
		now     string
	}{
		"nobody":                     {runs1(demo(none, caught(term))), OutcomeHandled, ""},
		"the shim":                   {runs1(demo(stopped, caught(term))), OutcomeHangs, "sudo kill -CONT 100"},
		"PID 1, which would act":     {runs1(demo(none, caught(term), stopped)), OutcomeIgnored, "sudo kill -CONT 101"},
		"PID 1, which would not":     {runs1(demo(none, stopped)), OutcomeIgnored, ""},
		"the program behind an init": {behindInit, OutcomeIgnored, "sudo kill -CONT 102"},
		"no grace":                   {noGrace, OutcomeIgnored, "sudo kill -CONT 101"},
		"a deaf one behind an init":  {deaf, OutcomeIgnored, ""},
		"a child that nobody tells":  {runs1(demo(none, caught(term)).process(102, 101, "job", in("a", 2), ns(7), stopped)), OutcomeHandled, ""},
	} {
		ix := test.world.index()
		f := ix.Forecast(ix.Container(id("a")))
		if f.Outcome != test.outcome || f.Now != test.now || (test.now != "") != (f.Cure == "find out who stopped it") {
			t.Errorf("%s: %s, now %q, cure %q", name, f.Outcome, f.Now, f.Cure)
		}
		if hangs := test.outcome == OutcomeHangs; hangs != strings.Contains(f.KillFromInside, "hangs") || hangs != (f.Sentence() == "docker stop (SIGTERM) will hang") {
			t.Errorf("%s: %q, %q", name, f.KillFromInside, f.Sentence())
		}
	}
}
