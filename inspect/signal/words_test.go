package signal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The effect of kill -9 is reported with what halts the process, and with what restarts it.
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
		"an init":                 {policy("no", 0, 0), StateOf("S"), "kills it, and demo is Exited (137)", "kill -9 1 has no effect"},
		"always":                  {policy("always", 0, 9), StateOf("S"), "Its restart policy (always) then starts demo again", "kill -9 1 has no effect"},
		"on-failure, tries left":  {policy("on-failure", 3, 2), StateOf("S"), "Its restart policy (on-failure:3) then starts demo again", "kill -9 1 has no effect"},
		"on-failure, none left":   {policy("on-failure", 3, 3), StateOf("S"), "kills it, and demo is Exited (137)", "kill -9 1 has no effect"},
		"paused, cgroup v1":       {paused, frozen, "kills it only after docker unpause", "is refused while it is paused"},
		"paused, cgroup v2":       {paused, StateOf("S"), "kills it, and demo is Exited (137)", "is refused while it is paused"},
		"its main thread is gone": {policy("no", 0, 0), func(p *procfs.Process) { p.State, p.Threads = procfs.StateZombie, 3 }, "kills it", "is refused: its main thread has exited"},
		"no init":                 {policy("no", 0, 0), func(p *procfs.Process) { p.NSPIDs = []int{p.PID, 9} }, "kills it", "docker exec demo kill -9 9 kills it too"},
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

// SIGCONT is recommended for a stopped process only if that process would have to act.
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

// What docker stop will do is in a few words and in a sentence, with the grace period as people
// write it.
func TestWill(t *testing.T) {
	sleep := &procfs.Process{Comm: "sleep"}
	for name, test := range map[string]struct {
		judgement      signal.Judgement
		grace          time.Duration
		will, sentence string
	}{
		"handled":            {signal.Judgement{Outcome: signal.OutcomeHandled}, 10 * time.Second, "stop it", "docker stop (SIGTERM) will stop it"},
		"handled, in time":   {signal.Judgement{Outcome: signal.OutcomeHandled, Blocker: sleep}, -1, "stop it", "docker stop (SIGTERM) will stop it"},
		"hangs":              {signal.Judgement{Outcome: signal.OutcomeHangs}, -1, "hang", "docker stop (SIGTERM) will hang"},
		"ignored":            {signal.Judgement{Outcome: signal.OutcomeIgnored}, 10 * time.Second, "wait 10s, then kill (137)", "docker stop (SIGTERM) will wait 10s, then kill (137)"},
		"ignored, minutes":   {signal.Judgement{Outcome: signal.OutcomeIgnored}, 90 * time.Second, "wait 1m30s, then kill (137)", "docker stop (SIGTERM) will wait 1m30s, then kill (137)"},
		"ignored, no grace":  {signal.Judgement{Outcome: signal.OutcomeIgnored}, 0, "wait 0s, then kill (137)", "docker stop (SIGTERM) will wait 0s, then kill (137)"},
		"ignored, no end":    {signal.Judgement{Outcome: signal.OutcomeIgnored}, -time.Second, "wait forever", "docker stop (SIGTERM) will wait forever"},
		"delayed":            {signal.Judgement{Outcome: signal.OutcomeDelayed, Blocker: sleep}, 10 * time.Second, "wait for sleep (max 10s), then kill", "docker stop (SIGTERM) will wait for sleep (max 10s), then kill"},
		"delayed, no end":    {signal.Judgement{Outcome: signal.OutcomeDelayed, Blocker: sleep}, -1, "wait for sleep, without a limit", "docker stop (SIGTERM) will wait for sleep, without a limit"},
		"delayed, by nobody": {signal.Judgement{Outcome: signal.OutcomeDelayed}, 10 * time.Second, "fail for a while", "docker stop (SIGTERM) will fail for a while"},
		"unknown":            {signal.Judgement{Outcome: signal.OutcomeUnknown}, 10 * time.Second, "unknown", "What docker stop (SIGTERM) will do cannot be determined"},
		"unknown, by a name": {signal.Judgement{Outcome: signal.OutcomeUnknown, Blocker: sleep}, -1, "unknown", "What docker stop (SIGTERM) will do cannot be determined"},
	} {
		f := signal.Forecast{Signal: Term, Timeout: test.grace, Judgement: test.judgement}
		if f.Will() != test.will || f.Sentence() != test.sentence {
			t.Errorf("%s: got %q and %q, want %q and %q", name, f.Will(), f.Sentence(), test.will, test.sentence)
		}
	}
	for grace, want := range map[time.Duration]string{
		-1: "forever", -time.Second: "forever", 0: "0s", 10 * time.Second: "10s", time.Hour: "1h0m0s", 1500*time.Millisecond + 300*time.Microsecond: "1.5s",
	} {
		f := signal.Forecast{Timeout: grace}
		if got := f.Grace(); got != want {
			t.Errorf("%d: got %q, want %q", grace, got, want)
		}
	}
	if f := (signal.Forecast{Signal: 37, Judgement: signal.Judgement{Outcome: signal.OutcomeHandled}}); f.Sentence() != "docker stop (SIGRTMIN+3) will stop it" {
		t.Errorf("another signal: got %q", f.Sentence())
	}
}

// A process that is killed although it has a handler is named. Others are counted.
func TestLostWords(t *testing.T) {
	srv := &procfs.Process{Key: procfs.Key{PID: 102}, Comm: "srv"}
	const first = "srv (102) has a handler for SIGINT and is killed before it receives it"
	for want, lost := range map[string][]*procfs.Process{
		"":                     nil,
		first:                  {srv},
		first + ", and 1 more": {srv, {Comm: "b"}},
		first + ", and 3 more": {srv, {Comm: "b"}, {Comm: "c"}, {Comm: "d"}},
	} {
		if got := (signal.Lost{Processes: lost, Signal: procfs.SIGINT}).Words(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The sentences about kill -9 are whole sentences, with a command that can be typed.
func TestKillWordsInFull(t *testing.T) {
	mainGone := func(p *procfs.Process) { p.State, p.Threads = procfs.StateZombie, 3 }
	nested := func(p *procfs.Process) { p.NSPIDs = []int{p.PID, 9, 4} }
	root := Alone("x").Attend(101, Runs())
	root.Host.CanPtrace = true
	with := func(f func(*inspect.Container), w *World) *World {
		f(&w.Containers[0])
		return w
	}
	hangs := NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a"), StateOf("T")).Process(101, 100, "x", In("a", 1), NS(7)).Attend(101, Runs())
	const (
		ends   = "sudo kill -9 101 on the host kills it, and demo is Exited (137)"
		pid1   = "docker exec demo kill -9 1 has no effect: the kernel protects PID 1 from its own PID namespace"
		paused = "docker exec demo is refused while it is paused"
	)
	for name, test := range map[string]struct {
		world           *World
		outside, inside string
	}{
		"PID 1":                {Alone("x").Attend(101, Runs()), ends, pid1},
		"by root":              {root, "kill -9 101 on the host kills it, and demo is Exited (137)", pid1},
		"no init":              {Alone("x", noInit), ends, "docker exec demo kill -9 9 kills it too, because it is not PID 1 of its PID namespace"},
		"no init, nested":      {Alone("x", nested), ends, "docker exec demo kill -9 4 kills it too, because it is not PID 1 of its PID namespace"},
		"finishing":            {Alone("x").Attend(101, Finishing), "sudo kill -9 101 on the host has no effect: the process has exited and waits until its PID namespace is empty", "No process can be started in it any more"},
		"its main thread gone": {Alone("x", mainGone), ends, "docker exec demo is refused: its main thread has exited, and Docker considers it exited"},
		"its shim was stopped": {hangs, "sudo kill -9 101 on the host kills it. The engine notices when its shim continues", "docker exec demo hangs too"},
		"paused":               {with(func(c *inspect.Container) { c.Status = "paused" }, Alone("x")), ends, paused},
		"unless-stopped": {with(func(c *inspect.Container) { c.RestartPolicy = "unless-stopped" }, Alone("x")),
			"sudo kill -9 101 on the host kills it. Its restart policy (unless-stopped) then starts demo again unless docker kill has cancelled the policy", pid1},
		"paused, and restarted": {with(func(c *inspect.Container) { c.Status, c.RestartPolicy = "paused", "always" }, Alone("x")),
			"sudo kill -9 101 on the host kills it. Its restart policy (always) then starts demo again unless docker kill has cancelled the policy", paused},
	} {
		if f := forecast(t, test.world); f.KillFromHost != test.outside || f.KillFromInside != test.inside {
			t.Errorf("%s: got %q and %q, want %q and %q", name, f.KillFromHost, f.KillFromInside, test.outside, test.inside)
		}
	}
}
