package signal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// What the masks of /proc leave open is decided by the kernel's iterator.
func TestForecastFromTheKernel(t *testing.T) {
	node := func(changes ...Change) *World {
		return Alone("node", append(changes, Caught(Term), Args("node", "srv.js"))...).Attend(101, Runs(NodeMarks...))
	}
	for name, test := range map[string]struct {
		world *World
		want  string
		why   string
		ask   bool
	}{
		"node, the kernel not asked":             {node(), "unknown unknown", "/proc does not show", true},
		"node's own handler":                     {node(Internal(Resetting(Term))), "ignored certain", "node's default handler, which resets itself (SA_RESETHAND, read from the kernel)", false},
		"node with a handler of the program":     {node(Internal()), "handled likely", "so the program installed it", false},
		"node with a handler that goes on":       {Alone("node", Caught(Term), Internal(), Args("node", "-e", "process.on('SIGTERM', () => console.log(1))")).Attend(101, Runs(NodeMarks...)), "unknown unknown", "no call to exit", false},
		"node with a handler that ends":          {Alone("node", Caught(Term), Internal(), Args("node", "-e", "process.on('SIGTERM', () => process.exit(0))")).Attend(101, Runs(NodeMarks...)), "handled likely", "so the program installed it", false},
		"node that is no init":                   {node(In("a", 9), Internal(Resetting(Term))), "handled likely", "", false},
		"it resets itself":                       {Alone("x", Caught(Term), Internal(Resetting(Term))).Attend(101, Runs()), "ignored likely", "SA_RESETHAND", false},
		"it resets itself, as System V's do":     {Alone("x", Caught(Term), Internal(Resetting(Term), Undeferred(Term))).Attend(101, Runs()), "unknown unknown", "If the handler exits", false},
		"it resets itself at another":            {Alone("x", Caught(Term), Internal(Resetting(1))).Attend(101, Runs()), "handled likely", "", false},
		"it resets itself, and is no init":       {Alone("x", In("a", 9), Caught(Term), Internal(Resetting(Term))).Attend(101, Runs()), "handled likely", "", false},
		"awaited, no right to trace":             {Alone("x", Internal(Awaits(Term))).Attend(101, Denied), "unknown unknown", "real_blocked, read from the kernel", false},
		"awaited, not seen awaiting by proc":     {Alone("x", Internal(Awaits(Term))).Attend(101, Runs()), "handled likely", "real_blocked", false},
		"awaited by a thread, not blocked":       {Alone("x", Internal(AwaitsInThread(Term))).Attend(101, Runs()), "ignored certain", "has no SIGTERM handler", false},
		"awaited by a thread, blocked":           {Alone("x", Blocked(Term), Internal(AwaitsInThread(Term))).Attend(101, Runs(), Asleep(Sleeping("pause"))), "handled likely", "real_blocked", false},
		"no handler, no right to trace":          {Alone("sleep", Internal()).Attend(101, Denied), "ignored certain", "has no SIGTERM handler", false},
		"no handler, nobody asked what it hears": {Alone("sleep", Internal()), "ignored certain", "has no SIGTERM handler", false},
		"blocked, no right to trace":             {Alone("x", Blocked(Term), Internal()).Attend(101, Denied), "unknown unknown", "", false},
		"ignored, no right to trace":             {Alone("x", Ignored(Term), Internal()).Attend(101, Denied), "ignored certain", "is ignored", false},
	} {
		ix := test.world.Index()
		c, _ := Find(t, ix, "demo", 0)
		f := signal.ForecastOf(ix, c)
		why := strings.Join(f.Evidence, "; ")
		if got := fmt.Sprint(f.Outcome, " ", f.Certainty); got != test.want || !strings.Contains(why, test.why) || f.AskKernel != test.ask {
			t.Errorf("%s: got %s, ask %t (%s), want %s, %t with %q", name, got, f.AskKernel, why, test.want, test.ask, test.why)
		}
	}
}

// For a program that raises its signal again, the fix is that it is not PID 1.
func TestCureOfWhatResetsItself(t *testing.T) {
	ix := Alone("x", Caught(Term), Internal(Resetting(Term))).Attend(101, Runs()).Index()
	c, _ := Find(t, ix, "demo", 0)
	if f := signal.ForecastOf(ix, c); !strings.HasPrefix(f.Cure.Text, "recreate the container with --init (compose: init: true). ") {
		t.Errorf("got %q", f.Cure.Text)
	}
}

func TestReapsFromTheKernel(t *testing.T) {
	sleepsOn := Asleep(Sleeping("pause"))
	for name, test := range map[string]struct {
		world *World
		want  inspect.Verdict
		ask   bool
	}{
		"not asked":                             {Alone("x").Attend(101, Runs(), sleepsOn), inspect.Unknown, true},
		"SA_NOCLDWAIT":                          {Alone("x", Internal(NoChildWait)).Attend(101, Runs(), sleepsOn), inspect.Yes, false},
		"SA_NOCLDWAIT, no right to trace":       {Alone("x", Internal(NoChildWait)).Attend(101, Denied), inspect.Yes, false},
		"not set, not told, sleeps on":          {Alone("x", Internal()).Attend(101, Runs(), sleepsOn), inspect.No, false},
		"not set, not told, wakes":              {Alone("x", Internal()).Attend(101, Runs(), Asleep(SleepingFor("poll", time.Second))), inspect.Unknown, false},
		"not set, but told":                     {Alone("x", Caught(procfs.SIGCHLD), Internal()).Attend(101, Runs(), sleepsOn), inspect.Unknown, false},
		"adopted zombies seen twice count more": {demoWith(Internal(NoChildWait)), inspect.No, false},
	} {
		ix := test.world.Index()
		c, _ := Find(t, ix, "demo", 0)
		f := signal.ForecastOf(ix, c)
		if f.Reaps != test.want || f.ReapsWhy == "" || f.AskKernel != test.ask {
			t.Errorf("%s: got %s, ask %t (%s), want %s", name, f.Reaps, f.AskKernel, f.ReapsWhy, test.want)
		}
	}
}

// demoWith is demo with a change of its PID 1.
func demoWith(f Change) *World {
	w := Demo()
	for i := range w.Snapshot.Processes {
		if p := &w.Snapshot.Processes[i]; p.PID == 101 {
			f(p)
		}
	}
	return w
}

// Whether PID 1 is a child subreaper decides what --init does for processes that were started
// below it.
func TestInitCuresBySubreaper(t *testing.T) {
	world := func(pid1 Change) *World {
		return NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "srv", In("a", 1), NS(7), pid1).
			Process(110, 101, "sh", In("a", 7), NS(7), SID(109), Exited(0)).Again()
	}
	for name, test := range map[string]struct {
		pid1 Change
		want inspect.Verdict
		cure string
	}{
		"not asked":    {func(*procfs.Process) {}, inspect.Unknown, "recreate the container with --init (compose: init: true). --init probably fixes this, unless srv is a child subreaper, which /proc does not show"},
		"a subreaper":  {Internal(IsSubreaper), inspect.No, "--init does not fix this. srv is a child subreaper (read from the kernel) and would adopt them again"},
		"no subreaper": {Internal(), inspect.Yes, "recreate the container with --init (compose: init: true). srv is not a child subreaper (read from the kernel), so docker-init adopts and reaps them"},
	} {
		ix := world(test.pid1).Index()
		report := zombie.Find(ix, Choose(t, ix))
		if report.Zombies[0].InitCures != test.want || !strings.Contains(report.Culprits[0].Cure, test.cure) {
			t.Errorf("%s: got %s, %q, want %s, %q", name, report.Zombies[0].InitCures, report.Culprits[0].Cure, test.want, test.cure)
		}
	}
	// A process of an exec session would be docker-init's child in any case.
	ix := demoWith(Internal(IsSubreaper)).Index()
	if z := zombie.Find(ix, Choose(t, ix)).Zombies[0]; z.InitCures != inspect.Yes {
		t.Errorf("from an exec session: got %s", z.InitCures)
	}
}

func TestSubreaper(t *testing.T) {
	for name, test := range map[string]struct {
		collector inspect.Collector
		change    Change
		want      procfs.Opt[bool]
	}{
		"an old capture": {inspect.Collector{}, func(*procfs.Process) {}, procfs.None[bool](procfs.Unread)},
		"/proc":          {inspect.Collector{Name: inspect.CollectorProc}, func(*procfs.Process) {}, procfs.None[bool](procfs.Unread)},
		"not possible":   {inspect.Collector{Name: inspect.CollectorProc, Reason: "x"}, func(*procfs.Process) {}, procfs.None[bool](procfs.Unsupported)},
		"the kernel":     {inspect.Collector{Name: inspect.CollectorBPF}, Internal(IsSubreaper), procfs.Some(true)},
		"it is none":     {inspect.Collector{Name: inspect.CollectorBPF}, Internal(), procfs.Some(false)},
	} {
		w := Alone("x", test.change)
		w.Collector = test.collector
		ix := w.Index()
		c, p := Find(t, ix, "demo", 101)
		if got := ix.RowOf(c, p).Subreaper; got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

// With the kernel's iterator it is known, not inferred, that the shim is a subreaper.
func TestExplainSaysWhatTheKernelSaid(t *testing.T) {
	for name, test := range map[string]struct {
		change Change
		want   string
	}{
		"not asked":    {func(*procfs.Process) {}, "became the parent (child subreaper, prctl(2))."},
		"a subreaper":  {Internal(IsSubreaper), "became the parent (child subreaper, prctl(2), read from the kernel)."},
		"no subreaper": {Internal(), "became the parent and is not a child subreaper now (read from the kernel)."},
	} {
		w := NewWorld().Container("demo", "a", 101).Process(1, 0, "systemd").Process(100, 1, "containerd-shim", ShimOf("a"), test.change).
			Process(101, 100, "sleep", In("a", 1), NS(7))
		ix := w.Index()
		c, _ := Find(t, ix, "demo", 0)
		f := signal.ForecastOf(ix, c)
		var text []string
		for _, s := range explain.Running(ix, &f) {
			if s.Topic == explain.TopicParent && s.Certainty == inspect.Certain {
				text = append(text, s.Text)
			}
		}
		if len(text) != 2 || !strings.Contains(text[1], test.want) {
			t.Errorf("%s: got %q", name, text)
		}
	}
}
