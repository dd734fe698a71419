package inspect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// What the masks leave open is decided by what the kernel knows beside them.
func TestForecastFromTheKernel(t *testing.T) {
	node := func(changes ...change) *world {
		return alone("node", append(changes, caught(term), args("node", "srv.js"))...).attention(101, runs(nodeMarks...))
	}
	for name, test := range map[string]struct {
		world *world
		want  string
		why   string
		ask   bool
	}{
		"node, the kernel not asked":             {node(), "unknown unknown", "/proc cannot tell", true},
		"node's own handler":                     {node(internal(resetting(term))), "ignored certain", "node's own, which resets itself (SA_RESETHAND, read from the kernel)", false},
		"node with a handler of the program":     {node(internal()), "handled likely", "one of its own", false},
		"node with a handler that goes on":       {alone("node", caught(term), internal(), args("node", "-e", "process.on('SIGTERM', () => console.log(1))")).attention(101, runs(nodeMarks...)), "unknown unknown", "no word of ending", false},
		"node with a handler that ends":          {alone("node", caught(term), internal(), args("node", "-e", "process.on('SIGTERM', () => process.exit(0))")).attention(101, runs(nodeMarks...)), "handled likely", "one of its own", false},
		"node that is no init":                   {node(in("a", 9), internal(resetting(term))), "handled likely", "", false},
		"it resets itself":                       {alone("x", caught(term), internal(resetting(term))).attention(101, runs()), "ignored likely", "SA_RESETHAND", false},
		"it resets itself, as System V's do":     {alone("x", caught(term), internal(resetting(term), undeferred(term))).attention(101, runs()), "unknown unknown", "if it exits", false},
		"it resets itself at another":            {alone("x", caught(term), internal(resetting(1))).attention(101, runs()), "handled likely", "", false},
		"it resets itself, and is no init":       {alone("x", in("a", 9), caught(term), internal(resetting(term))).attention(101, runs()), "handled likely", "", false},
		"awaited, no right to trace":             {alone("x", internal(awaits(term))).attention(101, denied), "unknown unknown", "real_blocked, read from the kernel", false},
		"awaited, not seen awaiting by proc":     {alone("x", internal(awaits(term))).attention(101, runs()), "handled likely", "real_blocked", false},
		"awaited by a thread, not blocked":       {alone("x", internal(awaitsInThread(term))).attention(101, runs()), "ignored certain", "no handler", false},
		"awaited by a thread, blocked":           {alone("x", blocked(term), internal(awaitsInThread(term))).attention(101, runs(), asleep(sleeping("pause"))), "handled likely", "real_blocked", false},
		"no handler, no right to trace":          {alone("sleep", internal()).attention(101, denied), "ignored certain", "no handler", false},
		"no handler, nobody asked what it hears": {alone("sleep", internal()), "ignored certain", "no handler", false},
		"blocked, no right to trace":             {alone("x", blocked(term), internal()).attention(101, denied), "unknown unknown", "", false},
		"ignored, no right to trace":             {alone("x", ignored(term), internal()).attention(101, denied), "ignored certain", "SigIgn", false},
	} {
		ix := test.world.index()
		c, _ := find(t, ix, "demo", 0)
		f := ix.Forecast(c)
		why := strings.Join(f.Evidence, "; ")
		if got := fmt.Sprint(f.Outcome, " ", f.Certainty); got != test.want || !strings.Contains(why, test.why) || f.AskKernel != test.ask {
			t.Errorf("%s: got %s, ask %t (%s), want %s, %t with %q", name, got, f.AskKernel, why, test.want, test.ask, test.why)
		}
	}
}

// The way to end what only raises its signal again is not to be PID 1.
func TestCureOfWhatResetsItself(t *testing.T) {
	ix := alone("x", caught(term), internal(resetting(term))).attention(101, runs()).index()
	c, _ := find(t, ix, "demo", 0)
	if f := ix.Forecast(c); !strings.HasPrefix(f.Cure, "--init (compose: init: true) yes: ") {
		t.Errorf("got %q", f.Cure)
	}
}

func TestReapsFromTheKernel(t *testing.T) {
	sleepsOn := asleep(sleeping("pause"))
	for name, test := range map[string]struct {
		world *world
		want  Verdict
		ask   bool
	}{
		"not asked":                             {alone("x").attention(101, runs(), sleepsOn), Unknown, true},
		"SA_NOCLDWAIT":                          {alone("x", internal(noChildWait)).attention(101, runs(), sleepsOn), Yes, false},
		"SA_NOCLDWAIT, no right to trace":       {alone("x", internal(noChildWait)).attention(101, denied), Yes, false},
		"not set, not told, sleeps on":          {alone("x", internal()).attention(101, runs(), sleepsOn), No, false},
		"not set, not told, wakes":              {alone("x", internal()).attention(101, runs(), asleep(sleepingFor("poll", time.Second))), Unknown, false},
		"not set, but told":                     {alone("x", caught(procfs.SIGCHLD), internal()).attention(101, runs(), sleepsOn), Unknown, false},
		"adopted zombies seen twice count more": {demoWith(internal(noChildWait)), No, false},
	} {
		ix := test.world.index()
		c, _ := find(t, ix, "demo", 0)
		f := ix.Forecast(c)
		if f.Reaps != test.want || f.ReapsWhy == "" || f.AskKernel != test.ask {
			t.Errorf("%s: got %s, ask %t (%s), want %s", name, f.Reaps, f.AskKernel, f.ReapsWhy, test.want)
		}
	}
}

// demoWith is demo with a change of its PID 1.
func demoWith(f change) *world {
	w := demo()
	for i := range w.Snapshot.Processes {
		if p := &w.Snapshot.Processes[i]; p.PID == 101 {
			f(p)
		}
	}
	return w
}

// Whether PID 1 is a child subreaper decides what --init does for what was born
// below it.
func TestInitCuresBySubreaper(t *testing.T) {
	world := func(pid1 change) *world {
		return newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "srv", in("a", 1), ns(7), pid1).
			process(110, 101, "sh", in("a", 7), ns(7), sid(109), zombie(0)).again()
	}
	for name, test := range map[string]struct {
		pid1 change
		want Verdict
		cure string
	}{
		"not asked":    {func(*procfs.Process) {}, Unknown, "unless srv is a child subreaper, which /proc does not tell"},
		"a subreaper":  {internal(isSubreaper), No, "--init no: srv is a child subreaper (read from the kernel)"},
		"no subreaper": {internal(), Yes, "--init (compose: init: true) yes: docker-init adopts and reaps, as srv is no child subreaper (read from the kernel)"},
	} {
		ix := world(test.pid1).index()
		report := ix.Zombies(choose(t, ix))
		if report.Zombies[0].InitCures != test.want || !strings.Contains(report.Culprits[0].Cure, test.cure) {
			t.Errorf("%s: got %s, %q, want %s, %q", name, report.Zombies[0].InitCures, report.Culprits[0].Cure, test.want, test.cure)
		}
	}
	// What came from an exec session would be docker-init's in any case.
	ix := demoWith(internal(isSubreaper)).index()
	if z := ix.Zombies(choose(t, ix)).Zombies[0]; z.InitCures != Yes {
		t.Errorf("from an exec session: got %s", z.InitCures)
	}
}

func TestSubreaper(t *testing.T) {
	for name, test := range map[string]struct {
		collector Collector
		change    change
		want      procfs.Opt[bool]
	}{
		"an old capture": {Collector{}, func(*procfs.Process) {}, procfs.None[bool](procfs.Unread)},
		"/proc":          {Collector{Name: CollectorProc}, func(*procfs.Process) {}, procfs.None[bool](procfs.Unread)},
		"not possible":   {Collector{Name: CollectorProc, Reason: "x"}, func(*procfs.Process) {}, procfs.None[bool](procfs.Unsupported)},
		"the kernel":     {Collector{Name: CollectorBPF}, internal(isSubreaper), procfs.Some(true)},
		"it is none":     {Collector{Name: CollectorBPF}, internal(), procfs.Some(false)},
	} {
		w := alone("x", test.change)
		w.Collector = test.collector
		ix := w.index()
		c, p := find(t, ix, "demo", 101)
		if got := ix.RowOf(c, p).Subreaper; got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

// That the shim is a subreaper is known, not concluded, where the kernel was asked.
func TestExplainSaysWhatTheKernelSaid(t *testing.T) {
	for name, test := range map[string]struct {
		change change
		want   string
	}{
		"not asked":    {func(*procfs.Process) {}, "the shim, a child subreaper (prctl(2)"},
		"a subreaper":  {internal(isSubreaper), "the shim, a child subreaper (read from the kernel; "},
		"no subreaper": {internal(), "the shim, no child subreaper now (read from the kernel)"},
	} {
		w := newWorld().container("demo", "a", 101).process(1, 0, "systemd").process(100, 1, "containerd-shim", shimOf("a"), test.change).
			process(101, 100, "sleep", in("a", 1), ns(7))
		ix := w.index()
		c, _ := find(t, ix, "demo", 0)
		var text []string
		for _, s := range ix.Explain(c) {
			if s.Topic == TopicParent && s.Certainty == Certain {
				text = append(text, s.Text)
			}
		}
		if len(text) != 1 || !strings.Contains(text[0], test.want) {
			t.Errorf("%s: got %q", name, text)
		}
	}
}
