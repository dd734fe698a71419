package signal_test

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// What kill -9 does is told with what holds the process, and with who starts it again.
func TestKillWords(t *testing.T) {
	frozen := func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 6, Controllers: []string{"freezer"}, Path: "/docker/" + ID("a")}})
	}
	paused := func(c *inspect.Container) { c.Status = "paused" }
	policy := func(name string, most, so int) func(*inspect.Container) {
		return func(c *inspect.Container) { c.RestartPolicy, c.RestartMax, c.RestartCount = name, most, so }
	}
	for name, test := range map[string]struct {
		container       func(*inspect.Container)
		process         Change
		outside, inside string
	}{
		"an init":                 {policy("no", 0, 0), StateOf("S"), "ends it, and demo is Exited (137)", "kill -9 1 is ignored"},
		"always":                  {policy("always", 0, 9), StateOf("S"), "its restart policy (always) starts demo again", "kill -9 1 is ignored"},
		"on-failure, tries left":  {policy("on-failure", 3, 2), StateOf("S"), "its restart policy (on-failure) starts demo again", "kill -9 1 is ignored"},
		"on-failure, none left":   {policy("on-failure", 3, 3), StateOf("S"), "ends it, and demo is Exited (137)", "kill -9 1 is ignored"},
		"paused, cgroup v1":       {paused, frozen, "ends it only when it is unpaused", "is refused while it is paused"},
		"paused, cgroup v2":       {paused, StateOf("S"), "ends it, and demo is Exited (137)", "is refused while it is paused"},
		"its main thread is gone": {policy("no", 0, 0), func(p *procfs.Process) { p.State, p.Threads = procfs.StateZombie, 3 }, "ends it", "is refused: its main thread has exited"},
		"no init":                 {policy("no", 0, 0), func(p *procfs.Process) { p.NSPIDs = []int{p.PID, 9} }, "ends it", "docker exec demo kill -9 9 ends it too"},
	} {
		w := NewWorld().Container("demo", "a", 101, test.container).Process(1, 0, "systemd").Process(100, 1, "containerd-shim", ShimOf("a")).
			Process(101, 100, "app", In("a", 1), NS(7), test.process)
		ix := w.Index()
		f := signal.ForecastOf(ix, ix.Container(ID("a")))
		if !strings.Contains(f.KillFromHost, test.outside) || !strings.Contains(f.KillFromInside, test.inside) {
			t.Errorf("%s: got %q and %q", name, f.KillFromHost, f.KillFromInside)
		}
	}
}

// Who was stopped is let go on where it would have to act, and blamed nowhere else.
func TestWhoWasStopped(t *testing.T) {
	stopped := StateOf(procfs.StateStopped)
	demo := func(shim Change, main ...Change) *World {
		return NewWorld().Container("demo", "a", 101).Process(1, 0, "systemd").Process(100, 1, "containerd-shim", ShimOf("a"), shim).
			Process(101, 100, "app", append([]func(*procfs.Process){In("a", 1), NS(7)}, main...)...)
	}
	runs1 := func(w *World) *World { return w.Attend(101, Runs()) }
	none := func(*procfs.Process) {}
	behindInit := demo(none).Process(102, 101, "job", In("a", 2), NS(7), Caught(Term), stopped).
		Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs())
	noGrace := runs1(demo(none, Caught(Term), stopped))
	noGrace.Containers[0].StopTimeout = 0
	deaf := demo(none).Process(102, 101, "job", In("a", 2), NS(7), Ignored(Term), stopped).
		Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs())
	for name, test := range map[string]struct {
		world   *World
		outcome signal.Outcome
		now     string
	}{
		"nobody":                     {runs1(demo(none, Caught(Term))), signal.OutcomeHandled, ""},
		"the shim":                   {runs1(demo(stopped, Caught(Term))), signal.OutcomeHangs, "sudo kill -CONT 100"},
		"PID 1, which would act":     {runs1(demo(none, Caught(Term), stopped)), signal.OutcomeIgnored, "sudo kill -CONT 101"},
		"PID 1, which would not":     {runs1(demo(none, stopped)), signal.OutcomeIgnored, ""},
		"the program behind an init": {behindInit, signal.OutcomeIgnored, "sudo kill -CONT 102"},
		"no grace":                   {noGrace, signal.OutcomeIgnored, "sudo kill -CONT 101"},
		"a deaf one behind an init":  {deaf, signal.OutcomeIgnored, ""},
		"a child that nobody tells":  {runs1(demo(none, Caught(Term)).Process(102, 101, "job", In("a", 2), NS(7), stopped)), signal.OutcomeHandled, ""},
	} {
		ix := test.world.Index()
		f := signal.ForecastOf(ix, ix.Container(ID("a")))
		if f.Outcome != test.outcome || f.Now != test.now || (test.now != "") != (f.Cure.Kind == signal.CureStopped) {
			t.Errorf("%s: %s, now %q, cure %q", name, f.Outcome, f.Now, f.Cure.Text)
		}
		if hangs := test.outcome == signal.OutcomeHangs; hangs != strings.Contains(f.KillFromInside, "hangs") || hangs != (f.Sentence() == "docker stop (SIGTERM) will hang") {
			t.Errorf("%s: %q, %q", name, f.KillFromInside, f.Sentence())
		}
	}
}
