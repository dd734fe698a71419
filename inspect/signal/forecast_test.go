package signal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestForecast(t *testing.T) {
	shell := func(script string) Change { return Args("sh", "-c", script) }
	tests := map[string]struct {
		world *World
		want  string
	}{
		"no handler, but it did not stand still": {Alone("x").Attend(101, Runs(), func(a *procfs.Attention) { a.Threads[0].Unsettled = true }), "ignored likely"},
		"tini, not at rest when it was looked at": {Alone("tini").Process(102, 101, "x", In("a", 2), NS(7), Caught(Term)).
			Attend(101, Runs(TiniMarks...), func(a *procfs.Attention) { a.Threads[0].Unsettled = true }).Attend(102, Runs()), "handled likely"},
		"an init without a handler": {Alone("sleep").Attend(101), "ignored certain"},
		"an init that ignores it":   {Alone("sh", Ignored(Term)).Attend(101), "ignored certain"},
		"an init with a handler":    {Alone("nginx", Caught(Term)).Attend(101, Runs()), "handled likely"},
		"awaited":                   {Alone("x").Attend(101, Runs(), Asleep(Awaiting(Term))), "handled likely"},
		"its handlers came a moment later": {Alone("x").Attend(101, Runs(), func(a *procfs.Attention) {
			a.Handling = &procfs.Handling{Caught: Signals(Term)}
		}), "handled likely"},
		"its handlers went a moment later":         {Alone("x", Caught(Term)).Attend(101, Runs(), func(a *procfs.Attention) { a.Handling = &procfs.Handling{} }), "ignored likely"},
		"awaits another":                           {Alone("x").Attend(101, Runs(), Asleep(Awaiting(1))), "ignored certain"},
		"awaited by a thread, blocked":             {Alone("x", Blocked(Term)).Attend(101, Runs(), Asleep(Sleeping("pause"), Awaiting(Term))), "handled likely"},
		"awaited by a thread, not blocked":         {Alone("x").Attend(101, Runs(), Asleep(Sleeping("pause"), Awaiting(Term))), "ignored certain"},
		"read from a signalfd":                     {Alone("x", Blocked(Term)).Attend(101, Runs(), WithSignalFD(Term), Asleep(Sleeping("epoll_wait"))), "handled likely"},
		"a signalfd that nobody reads":             {Alone("x", Blocked(Term)).Attend(101, Runs(), WithSignalFD(Term)), "ignored likely"},
		"a signalfd for another":                   {Alone("x", Blocked(Term)).Attend(101, Runs(), WithSignalFD(1), Asleep(Sleeping("epoll_wait"))), "ignored likely"},
		"blocked, sleeps on":                       {Alone("x", Blocked(Term), Caught(Term)).Attend(101, Runs()), "ignored likely"},
		"blocked, wakes with a handler":            {Alone("x", Blocked(Term), Caught(Term)).Attend(101, Runs(), Asleep(SleepingFor("epoll_wait", time.Second))), "handled likely"},
		"blocked, wakes without one":               {Alone("x", Blocked(Term)).Attend(101, Runs(), Asleep(SleepingFor("epoll_wait", time.Second))), "unknown unknown"},
		"the rights are lacking":                   {Alone("sleep").Attend(101, Denied), "unknown unknown"},
		"the rights are lacking, a handler":        {Alone("sleep", Caught(Term)).Attend(101, Denied), "unknown unknown"},
		"the rights are lacking, ignored":          {Alone("sleep", Ignored(Term)).Attend(101, Denied), "ignored likely"},
		"nobody asked":                             {Alone("sleep"), "unknown unknown"},
		"traced":                                   {Alone("x", Caught(Term), func(p *procfs.Process) { p.TracerPID = 9 }).Attend(101, Runs()), "unknown unknown"},
		"dropped, after a pause of unknown length": {Alone("x", Blocked(Term)).Attend(101, Runs(), Asleep(Resumed())), "unknown unknown"},
		"stopped":                  {Alone("x", Caught(Term), StateOf("T")).Attend(101, Runs()), "ignored likely by 101"},
		"in vfork, a handler":      {Alone("x", Caught(Term), StateOf("D")).Process(102, 101, "y", In("a", 2), NS(7)).Attend(101, Runs(), Asleep(Sleeping("vfork"))).Attend(102), "delayed likely by 102"},
		"in vfork, no init":        {Alone("x", In("a", 9), StateOf("D")).Process(102, 101, "y", In("a", 10), NS(7)).Attend(101, Runs(), Asleep(Sleeping("vfork"))).Attend(102), "handled certain"},
		"in uninterruptible sleep": {Alone("x", Caught(Term), StateOf("D")).Attend(101, Runs()), "unknown unknown"},
		"node":                     {Alone("node", Caught(Term)).Attend(101, Runs(NodeMarks...)), "unknown unknown"},
		"go":                       {Alone("srv", Caught(Term)).Attend(101, Runs(".go.buildinfo")), "handled likely"},
		"a Go program that holds a script for bash": {Alone("srv", Caught(Term)).Attend(101, Runs(append([]string{".go.buildinfo"}, BashMarks...)...)), "handled likely"},
		"squid": {Alone("squid", Caught(Term)).Attend(101, Runs("shutdown_lifetime")), "delayed likely"},

		"a shell that waits in front": {Alone("sh", Caught(Term), shell("trap 'exit' TERM; sleep 9; true")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(102, Asleep(SleepingFor("clock_nanosleep", time.Hour))), "delayed likely by 102"},
		"a shell whose child ends in time": {Alone("sh", Caught(Term), shell("trap 'exit' TERM; while true; do sleep 1; done")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(102, Asleep(SleepingFor("clock_nanosleep", time.Second))), "handled likely by 102"},
		"a shell that loops over short commands": {Alone("sh", Caught(Term), shell("trap 'exit 0' TERM; while true; do ping x; sleep 1; done")).Process(102, 101, "ping", In("a", 2), NS(7), SID(101), StartedAt(999)).
			Attend(101, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(102, Asleep(Sleeping("epoll_wait"))), "unknown unknown by 102"},
		"a shell that loops over a server": {Alone("sh", Caught(Term), shell("trap 'exit 0' TERM; while true; do server; sleep 1; done")).Process(102, 101, "server", In("a", 2), NS(7), SID(101), StartedAt(10)).
			Attend(101, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(102, Asleep(Sleeping("epoll_wait"))), "delayed likely by 102"},
		"a shell that waits for the background": {Alone("sh", Caught(Term), shell("trap 'exit' TERM; sleep 9 & wait")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101), Ignored(procfs.SIGINT, procfs.SIGQUIT)).
			Attend(101, Runs(BashMarks...), Asleep(Waiting("wait4", true))).Attend(102), "handled likely"},
		"a shell whose trap goes on": {Alone("sh", Caught(Term), shell("trap 'echo heard' TERM; while true; do sleep 1; done")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(102, Asleep(SleepingFor("clock_nanosleep", time.Second))), "ignored likely"},
		"a shell whose trap does nothing": {Alone("sh", Caught(Term), shell("trap : TERM; while :; do sleep 9 & wait; done")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101), Ignored(procfs.SIGINT, procfs.SIGQUIT)).
			Attend(101, Runs(DashMarks...), Asleep(Sleeping("rt_sigsuspend"))).Attend(102), "ignored likely"},
		"a shell that waits for a pipeline": {Alone("sh", Caught(Term), shell("trap 'exit' TERM; sleep 9 | cat")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).Process(103, 101, "cat", In("a", 3), NS(7), SID(101)).
			Attend(101, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(102).Attend(103), "delayed likely by 102"},
		"a shell with an orphan": {Alone("sh", Caught(Term), shell("trap 'exit' TERM; read x")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(99)).
			Attend(101, Runs(DashMarks...), Asleep(Sleeping("read"))).Attend(102), "handled likely"},
		"a script whose trap goes on": {Alone("sh", Caught(Term), Args("/bin/sh", "/x.sh")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(DashMarks...), Script("trap 'echo heard' TERM\nwhile true; do sleep 1; done\n"), Asleep(Waiting("wait4", true))).Attend(102, Asleep(SleepingFor("clock_nanosleep", time.Second))), "ignored likely"},
		"a script whose function goes on": {Alone("sh", Caught(Term), Args("/bin/sh", "/x.sh")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(DashMarks...), Script("f() {\n echo heard\n}\ntrap f TERM\nwhile true; do sleep 1; done\n"), Asleep(Waiting("wait4", true))).Attend(102, Asleep(SleepingFor("clock_nanosleep", time.Second))), "ignored likely"},
		"a script whose function ends a loop": {Alone("sh", Caught(Term), Args("/bin/sh", "/x.sh")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(DashMarks...), Script("f() { goon=; echo; }\ntrap 'f; echo bye' TERM\nwhile $goon; do sleep 1; done\n"), Asleep(Waiting("wait4", true))).Attend(102, Asleep(SleepingFor("clock_nanosleep", time.Second))), "handled likely by 102"},
		"a script with a loop before it waits": {Alone("sh", Caught(Term), Args("/bin/sh", "/x.sh")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(DashMarks...), Script("# while\nfor f in a b; do . $f; done\ntrap 'echo bye; halt now' TERM\nsleep 9 &\nwait\n"), Asleep(Sleeping("rt_sigsuspend"))).Attend(102), "handled likely"},
		"a script that goes on after it waited": {Alone("sh", Caught(Term), Args("/bin/sh", "/x.sh")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(DashMarks...), Script("trap 'echo heard' TERM\nsleep 9 & wait\nsleep 9\n"), Asleep(Sleeping("rt_sigsuspend"))).Attend(102), "unknown unknown"},
		"a script whose trap waits for a deaf child": {Alone("sh", Caught(Term), Args("/bin/sh", "/x.sh")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101), Ignored(Term)).
			Attend(101, Runs(DashMarks...), Script("trap 'kill $!; wait; exit' TERM\n(trap '' TERM; sleep 9) & wait\n"), Asleep(Sleeping("rt_sigsuspend"))).Attend(102), "delayed likely by 102"},
		"a script whose trap leaves a deaf child": {Alone("sh", Caught(Term), Args("/bin/sh", "/x.sh")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101), Ignored(Term)).
			Attend(101, Runs(DashMarks...), Script("trap 'exit' TERM\nsleep 9 & wait\n"), Asleep(Sleeping("rt_sigsuspend"))).Attend(102), "handled likely"},
		"a script that waits for its jobs": {Alone("bash", Caught(Term), Args("bash", "/x.sh")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101), InGroup(102)).
			Attend(101, Runs(BashMarks...), Script("set -m\ntrap 'exit' TERM\nsleep 9 & wait\n"), Asleep(Waiting("wait4", true))).Attend(102), "handled likely"},
		"a script with a job in front": {Alone("bash", Caught(Term), Args("bash", "/x.sh")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101), InGroup(102)).
			Attend(101, Runs(BashMarks...), Script("set -m\ntrap 'exit' TERM\nsleep 9 &\nwait 1\nfg\n"), Asleep(Waiting("wait4", true))).Attend(102), "delayed likely by 102"},
		"a number behind a trap is no signal": {Alone("bash", Caught(1, 2, 4, 11, Term), Args("bash", "/x.sh")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(BashMarks...), Script("trap 'echo bye' EXIT\nsleep 15\n"), Asleep(Waiting("wait4", true))).Attend(102), "handled likely"},
		"a shell that reads what a command writes": {Alone("sh", Caught(Term), shell("trap 'exit' TERM; x=$(sleep 9)")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(DashMarks...), Asleep(Calling("read", 3))).Attend(102), "delayed likely by 102"},
		"bash with a trap for EXIT": {Alone("bash", Caught(1, 2, 4, 11, Term), Args("bash", "-c", "trap 'echo bye' EXIT; sleep 9; true")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(BashMarks...), Asleep(Waiting("wait4", true))).Attend(102), "handled likely"},
		"an interactive shell that catches": {Alone("ksh", Caught(Term), Args("ksh", "-i")).Attend(101, Runs("KSH_VERSION", "OPTIND"), OnTerminal), "ignored likely"},
		"perl whose handler goes on":        {Alone("perl", Caught(Term), Args("perl", "-e", "$SIG{TERM} = sub { print 1 }; sleep 9 while 1")).Attend(101, Runs("perl_parse")), "unknown unknown"},
		"perl whose handler ends its loop":  {Alone("perl", Caught(Term), Args("perl", "-e", "$SIG{TERM} = sub { $x = 1 }; until ($x) { sleep 1 }")).Attend(101, Runs("perl_parse")), "handled likely"},
		"python whose loop has no end":      {Alone("python3", Caught(Term), Args("python3", "-c", "signal.signal(15, h)\nwhile True: time.sleep(1)")).Attend(101, Runs("Py_BytesMain")), "unknown unknown"},
		"perl whose handler ends it":        {Alone("perl", Caught(Term), Args("perl", "-e", "$SIG{TERM} = sub { exit }; sleep 9")).Attend(101, Runs("perl_parse")), "handled likely"},
		"a script with an option -c":        {Alone("python", Caught(Term), Args("python3", "/bin/d", "-c", "signal.conf")).Attend(101, Runs("Py_BytesMain")), "handled likely"},

		"an init in front of a program": {Alone("tini").Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102), "handled likely"},
		"an init in front of a deaf one": {Alone("tini").Process(102, 101, "sh", In("a", 2), NS(7), Ignored(Term)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102), "ignored likely by 102"},
		"an init in front of a waiting shell": {Alone("tini").Process(102, 101, "sh", In("a", 2), NS(7), Caught(Term), InGroup(102)).Process(103, 102, "sleep", In("a", 3), NS(7), InGroup(102), SID(102)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(103), "delayed likely by 103"},
		"an init that signals the group": {Alone("tini", Args("tini", "-g", "--", "sh")).Process(102, 101, "sh", In("a", 2), NS(7), Caught(Term), InGroup(102)).Process(103, 102, "sleep", In("a", 3), NS(7), InGroup(102), SID(102)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(103), "handled likely"},
		"an init in front of an init": {Alone("tini").Process(102, 101, "tini", In("a", 2), NS(7)).Process(103, 102, "sh", In("a", 3), NS(7), Ignored(Term)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(103), "ignored likely by 103"},
		"an init that drops it": {Alone("dumb-init", Args("dumb-init", "-r15:0", "sleep", "9")).Process(102, 101, "sleep", In("a", 2), NS(7)).
			Attend(101, Runs("--single-child"), Asleep(Awaiting(Term))).Attend(102), "ignored likely"},
		"an init whose program has gone": {Alone("tini").Process(102, 101, "sh", In("a", 2), NS(7), Exited(0)).Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))), "handled likely"},
		"node behind an init": {Alone("tini").Process(102, 101, "node", In("a", 2), NS(7), Caught(Term)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs(NodeMarks...)), "handled likely"},

		"a supervisor with a deaf child": {Alone("python", Caught(Term)).Process(102, 101, "sh", In("a", 2), NS(7), Ignored(Term)).
			Attend(101, Runs("Py_BytesMain")).Attend(102), "unknown unknown by 102"},
		"postgres with a client": {Alone("postgres", Caught(Term)).Process(102, 101, "postgres", In("a", 2), NS(7), Args("postgres: bob shop 10.0.0.7(4711) idle")).
			Attend(101, Runs("postmaster.pid")).Attend(102, Runs("postmaster.pid")), "delayed likely by 102"},
		"postgres without a client": {Alone("postgres", Caught(Term)).Process(102, 101, "postgres", In("a", 2), NS(7), Args("postgres: walwriter ")).
			Attend(101, Runs("postmaster.pid")).Attend(102, Runs("postmaster.pid")), "handled likely"},
		"uwsgi with python inside": {Alone("uwsgi", Caught(Term)).Attend(101, Runs("die-on-term"), func(a *procfs.Attention) {
			p := a.Program.Or(procfs.Program{})
			p.Libraries = []string{"libpython3.11.so.1.0"}
			a.Program = procfs.Some(p)
		}), "ignored likely"},
		"a master with a deaf worker": {Alone("postgres", Caught(Term)).Process(102, 101, "postgres", In("a", 2), NS(7), Ignored(Term)).
			Attend(101, Runs()).Attend(102, Runs()), "handled likely"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			c, _ := Find(t, ix, "demo", 0)
			f := signal.ForecastOf(ix, c)
			got := fmt.Sprint(f.Outcome, " ", f.Certainty)
			if f.Blocker != nil {
				got += fmt.Sprint(" by ", f.Blocker.PID)
			}
			if got != test.want {
				t.Errorf("got %s, want %s: %s", got, test.want, strings.Join(f.Evidence, "; "))
			}
			if len(f.Evidence) == 0 {
				t.Error("no evidence")
			}
		})
	}
}

// The stop signal and the grace period are the container's.
func TestForecastOfOtherSignals(t *testing.T) {
	for name, test := range map[string]struct {
		stop    string
		timeout time.Duration
		change  Change
		want    string
	}{
		"SIGKILL":                     {"SIGKILL", time.Second, Caught(), "handled certain"},
		"SIGSTOP":                     {"SIGSTOP", time.Second, Caught(procfs.SIGSTOP), "ignored certain"},
		"SIGWINCH without a handler":  {"SIGWINCH", time.Second, Caught(), "ignored certain"},
		"SIGWINCH with a handler":     {"SIGWINCH", time.Second, Caught(28), "handled likely"},
		"a handler for another":       {"SIGQUIT", time.Second, Caught(Term), "ignored certain"},
		"a realtime signal":           {"SIGRTMIN+3", time.Second, Caught(37), "handled likely"},
		"a number":                    {"2", time.Second, Caught(2), "handled likely"},
		"what is none is SIGTERM":     {"SIGNONE", time.Second, Caught(Term), "handled likely"},
		"no grace":                    {"SIGTERM", 0, Caught(), "ignored certain"},
		"no grace, but it ends it":    {"SIGTERM", 0, In("a", 9), "handled certain"},
		"no grace, but a handler":     {"SIGTERM", 0, Caught(Term), "ignored likely"},
		"no grace, but SIGKILL first": {"KILL", 0, Caught(), "handled certain"},
		"no end of grace":             {"SIGTERM", -1, Caught(), "ignored certain"},
	} {
		w := Alone("x", test.change).Attend(101, Runs())
		w.Containers[0].StopSignal, w.Containers[0].StopTimeout = test.stop, test.timeout
		ix := w.Index()
		f := signal.ForecastOf(ix, &w.Containers[0])
		if got := fmt.Sprint(f.Outcome, " ", f.Certainty); got != test.want {
			t.Errorf("%s: got %s, want %s: %v", name, got, test.want, f.Evidence)
		}
	}
}

// A process that is not an init is killed by a signal without a handler: the container joined
// another one's PID namespace, or uses the host's.
func TestForecastOfWhoIsNoInit(t *testing.T) {
	w := Alone("sleep").Container("joiner", "b", 201, JoinedTo("demo")).Process(200, 1, "s", ShimOf("b")).
		Process(201, 200, "sleep", In("b", 9), NS(7)).Attend(101).Attend(201)
	w.Container("host", "c", 301, func(c *inspect.Container) { c.PIDMode = "host" }).Process(300, 1, "s", ShimOf("c")).
		Process(301, 300, "sleep", In("c"), NS(1)).Attend(301)
	ix := w.Index()
	for name, want := range map[string]string{"demo": "ignored", "joiner": "handled", "host": "handled"} {
		c, _ := Find(t, ix, name, 0)
		f := signal.ForecastOf(ix, c)
		if string(f.Outcome) != want || f.Certainty != inspect.Certain {
			t.Errorf("%s: got %s %s, want %s", name, f.Outcome, f.Certainty, want)
		}
	}
	c, _ := Find(t, ix, "host", 0)
	if f := signal.ForecastOf(ix, c); f.Reaps != inspect.Yes || len(f.Unheard) != 0 {
		t.Errorf("--pid=host: reaps %s, unheard %v", f.Reaps, f.Unheard)
	}
}

// A program that has just started may still install a handler. So nothing is certain, except for
// signals that cannot have a handler.
func TestJustStarted(t *testing.T) {
	const open = "It has just started and may still install a handler"
	at := func(ticks uint64, change ...Change) *World {
		return Alone("x", append([]Change{func(p *procfs.Process) { p.StartTicks = ticks }}, change...)...).Attend(101, Runs())
	}
	now := uint64(1000 * procfs.TicksPerSecond)
	for name, test := range map[string]struct {
		world *World
		want  string
		said  bool
	}{
		"half a second":              {at(now - procfs.TicksPerSecond/2), "ignored likely", true},
		"a second":                   {at(now - procfs.TicksPerSecond), "ignored certain", false},
		"half a second, and ignores": {at(now-procfs.TicksPerSecond/2, Ignored(Term)), "ignored likely", true},
		"half a second, a handler":   {at(now-procfs.TicksPerSecond/2, Caught(Term)), "handled likely", false},
		"half a second, and SIGSTOP": {stopBy(at(now-procfs.TicksPerSecond/2), "SIGSTOP"), "ignored certain", false},
		"half a second, blocked":     {at(now-procfs.TicksPerSecond/2, Blocked(Term)), "ignored likely", false},
	} {
		f := forecast(t, test.world)
		if said := f.Evidence[len(f.Evidence)-1] == open; short(f.Judgement) != test.want || said != test.said {
			t.Errorf("%s: got %s (%s), want %s", name, short(f.Judgement), because(f.Judgement), test.want)
		}
	}
}

// Without a grace period SIGKILL follows at once. This is reported after what would have
// happened, except for a process that exits at once.
func TestWithoutGrace(t *testing.T) {
	const atOnce = "The grace period is 0, so SIGKILL follows at once"
	for name, test := range map[string]struct {
		world *World
		want  string
		why   string
	}{
		"a handler":       {Alone("x", Caught(Term)).Attend(101, Runs()), "ignored likely", "SIGTERM has a handler; " + listens + "; " + atOnce},
		"it is ignored":   {Alone("x", Ignored(Term)).Attend(101, Runs()), "ignored certain", "SIGTERM is ignored; " + atOnce},
		"nobody can tell": {Alone("x", Caught(Term)).Attend(101, Denied), "ignored likely", "SIGTERM has a handler; Its program cannot be determined without the right to read its executable; " + atOnce},
		"a shell in front": {front(DashMarks, "trap exit TERM; x").Process(102, 101, "x", inside(2)), "ignored likely",
			"SIGTERM has a handler; sh runs its trap for SIGTERM only between commands; It waits for its foreground child x (102), which does not receive the signal; " + atOnce},
		"it dies at once": {Alone("x", noInit).Attend(101, Runs()), "handled certain", "x is not PID 1 and has no SIGTERM handler, so the signal terminates it"},
		"SIGKILL":         {stopBy(Alone("x").Attend(101, Runs()), "SIGKILL"), "handled certain", "SIGKILL from outside the PID namespace kills every process"},
	} {
		test.world.Containers[0].StopTimeout = 0
		if f := forecast(t, test.world); short(f.Judgement) != test.want || because(f.Judgement) != test.why {
			t.Errorf("%s: got %s (%s), want %s (%s)", name, short(f.Judgement), because(f.Judgement), test.want, test.why)
		}
	}
}

// A stopped shim sends no signal, whatever the main process would do. podman's conmon does not
// send any.
func TestStoppedShim(t *testing.T) {
	world := func(name string, shim ...Change) *World {
		return NewWorld().Container("demo", "a", 101).Process(100, 1, name, append([]Change{StateOf("T")}, shim...)...).
			Process(101, 100, "x", In("a", 1), NS(7), Caught(Term)).Attend(101, Runs())
	}
	f := forecast(t, world("containerd-shim", ShimOf("a")))
	if short(f.Judgement) != "hangs certain by 100" || because(f.Judgement) != "Its shim (100) is stopped (State T), and the shim must send the signal" {
		t.Errorf("got %s (%s)", short(f.Judgement), because(f.Judgement))
	}
	conmon := Args("/usr/bin/conmon", "-c", ID("a"))
	if f := forecast(t, world("conmon", conmon)); short(f.Judgement) != "handled likely" {
		t.Errorf("conmon: got %s (%s)", short(f.Judgement), because(f.Judgement))
	}
}

// The main process, also after inits, shows whether the container is an interactive shell.
func TestInteractive(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		want  bool
	}{
		"a shell on a terminal": {Alone("bash").Attend(101, Runs(BashMarks...), OnTerminal), true},
		"behind an init": {Alone("tini").Process(102, 101, "bash", inside(2)).Attend(101, Runs(TiniMarks...)).
			Attend(102, Runs(BashMarks...), OnTerminal), true},
		"with a script":           {Alone("bash", Args("bash", "-c", "x")).Attend(101, Runs(BashMarks...), OnTerminal), false},
		"with a file":             {Alone("bash", Args("bash", "/x.sh")).Attend(101, Runs(BashMarks...), OnTerminal), false},
		"no terminal":             {Alone("bash").Attend(101, Runs(BashMarks...)), false},
		"a program on a terminal": {Alone("top").Attend(101, Runs(), OnTerminal), false},
		"nobody asked":            {Alone("bash"), false},
	} {
		if f := forecast(t, test.world); f.Interactive != test.want {
			t.Errorf("%s: got %t", name, f.Interactive)
		}
	}
}
