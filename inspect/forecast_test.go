package inspect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestForecast(t *testing.T) {
	shell := func(script string) change { return args("sh", "-c", script) }
	tests := map[string]struct {
		world *world
		want  string
	}{
		"no handler, but it did not stand still": {alone("x").attention(101, runs(), func(a *procfs.Attention) { a.Threads[0].Unsettled = true }), "ignored likely"},
		"tini, not at rest when it was looked at": {alone("tini").process(102, 101, "x", in("a", 2), ns(7), caught(term)).
			attention(101, runs(tiniMarks...), func(a *procfs.Attention) { a.Threads[0].Unsettled = true }).attention(102, runs()), "handled likely"},
		"an init without a handler":                {alone("sleep").attention(101), "ignored certain"},
		"an init that ignores it":                  {alone("sh", ignored(term)).attention(101), "ignored certain"},
		"an init with a handler":                   {alone("nginx", caught(term)).attention(101, runs()), "handled likely"},
		"awaited":                                  {alone("x").attention(101, runs(), asleep(awaiting(term))), "handled likely"},
		"its handlers came a moment later":         {alone("x").attention(101, runs(), func(a *procfs.Attention) { a.Handling = &procfs.Handling{Caught: signals(term)} }), "handled likely"},
		"its handlers went a moment later":         {alone("x", caught(term)).attention(101, runs(), func(a *procfs.Attention) { a.Handling = &procfs.Handling{} }), "ignored likely"},
		"awaits another":                           {alone("x").attention(101, runs(), asleep(awaiting(1))), "ignored certain"},
		"awaited by a thread, blocked":             {alone("x", blocked(term)).attention(101, runs(), asleep(sleeping("pause"), awaiting(term))), "handled likely"},
		"awaited by a thread, not blocked":         {alone("x").attention(101, runs(), asleep(sleeping("pause"), awaiting(term))), "ignored certain"},
		"read from a signalfd":                     {alone("x", blocked(term)).attention(101, runs(), withSignalFD(term), asleep(sleeping("epoll_wait"))), "handled likely"},
		"a signalfd that nobody reads":             {alone("x", blocked(term)).attention(101, runs(), withSignalFD(term)), "ignored likely"},
		"a signalfd for another":                   {alone("x", blocked(term)).attention(101, runs(), withSignalFD(1), asleep(sleeping("epoll_wait"))), "ignored likely"},
		"blocked, sleeps on":                       {alone("x", blocked(term), caught(term)).attention(101, runs()), "ignored likely"},
		"blocked, wakes with a handler":            {alone("x", blocked(term), caught(term)).attention(101, runs(), asleep(sleepingFor("epoll_wait", time.Second))), "handled likely"},
		"blocked, wakes without one":               {alone("x", blocked(term)).attention(101, runs(), asleep(sleepingFor("epoll_wait", time.Second))), "unknown unknown"},
		"the rights are lacking":                   {alone("sleep").attention(101, denied), "unknown unknown"},
		"the rights are lacking, a handler":        {alone("sleep", caught(term)).attention(101, denied), "unknown unknown"},
		"the rights are lacking, ignored":          {alone("sleep", ignored(term)).attention(101, denied), "ignored likely"},
		"nobody asked":                             {alone("sleep"), "unknown unknown"},
		"traced":                                   {alone("x", caught(term), func(p *procfs.Process) { p.TracerPID = 9 }).attention(101, runs()), "unknown unknown"},
		"dropped, after a pause of unknown length": {alone("x", blocked(term)).attention(101, runs(), asleep(resumed())), "unknown unknown"},
		"stopped":                  {alone("x", caught(term), stateOf("T")).attention(101, runs()), "ignored likely by 101"},
		"in vfork, a handler":      {alone("x", caught(term), stateOf("D")).process(102, 101, "y", in("a", 2), ns(7)).attention(101, runs(), asleep(sleeping("vfork"))).attention(102), "delayed likely by 102"},
		"in vfork, no init":        {alone("x", in("a", 9), stateOf("D")).process(102, 101, "y", in("a", 10), ns(7)).attention(101, runs(), asleep(sleeping("vfork"))).attention(102), "handled certain"},
		"in uninterruptible sleep": {alone("x", caught(term), stateOf("D")).attention(101, runs()), "unknown unknown"},
		"node":                     {alone("node", caught(term)).attention(101, runs(nodeMarks...)), "unknown unknown"},
		"go":                       {alone("srv", caught(term)).attention(101, runs(".go.buildinfo")), "handled likely"},
		"a Go program that holds a script for bash": {alone("srv", caught(term)).attention(101, runs(append([]string{".go.buildinfo"}, bashMarks...)...)), "handled likely"},
		"squid": {alone("squid", caught(term)).attention(101, runs("shutdown_lifetime")), "delayed likely"},

		"a shell that waits in front": {alone("sh", caught(term), shell("trap 'exit' TERM; sleep 9; true")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(dashMarks...), asleep(waiting("wait4", true))).attention(102, asleep(sleepingFor("clock_nanosleep", time.Hour))), "delayed likely by 102"},
		"a shell whose child ends in time": {alone("sh", caught(term), shell("trap 'exit' TERM; while true; do sleep 1; done")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(dashMarks...), asleep(waiting("wait4", true))).attention(102, asleep(sleepingFor("clock_nanosleep", time.Second))), "handled likely by 102"},
		"a shell that loops over short commands": {alone("sh", caught(term), shell("trap 'exit 0' TERM; while true; do ping x; sleep 1; done")).process(102, 101, "ping", in("a", 2), ns(7), sid(101), startedAt(999)).
			attention(101, runs(dashMarks...), asleep(waiting("wait4", true))).attention(102, asleep(sleeping("epoll_wait"))), "unknown unknown by 102"},
		"a shell that loops over a server": {alone("sh", caught(term), shell("trap 'exit 0' TERM; while true; do server; sleep 1; done")).process(102, 101, "server", in("a", 2), ns(7), sid(101), startedAt(10)).
			attention(101, runs(dashMarks...), asleep(waiting("wait4", true))).attention(102, asleep(sleeping("epoll_wait"))), "delayed likely by 102"},
		"a shell that waits for the background": {alone("sh", caught(term), shell("trap 'exit' TERM; sleep 9 & wait")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101), ignored(procfs.SIGINT, procfs.SIGQUIT)).
			attention(101, runs(bashMarks...), asleep(waiting("wait4", true))).attention(102), "handled likely"},
		"a shell whose trap goes on": {alone("sh", caught(term), shell("trap 'echo heard' TERM; while true; do sleep 1; done")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(dashMarks...), asleep(waiting("wait4", true))).attention(102, asleep(sleepingFor("clock_nanosleep", time.Second))), "ignored likely"},
		"a shell whose trap does nothing": {alone("sh", caught(term), shell("trap : TERM; while :; do sleep 9 & wait; done")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101), ignored(procfs.SIGINT, procfs.SIGQUIT)).
			attention(101, runs(dashMarks...), asleep(sleeping("rt_sigsuspend"))).attention(102), "ignored likely"},
		"a shell that waits for a pipeline": {alone("sh", caught(term), shell("trap 'exit' TERM; sleep 9 | cat")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).process(103, 101, "cat", in("a", 3), ns(7), sid(101)).
			attention(101, runs(dashMarks...), asleep(waiting("wait4", true))).attention(102).attention(103), "delayed likely by 102"},
		"a shell with an orphan": {alone("sh", caught(term), shell("trap 'exit' TERM; read x")).process(102, 101, "sleep", in("a", 2), ns(7), sid(99)).
			attention(101, runs(dashMarks...), asleep(sleeping("read"))).attention(102), "handled likely"},
		"a script whose trap goes on": {alone("sh", caught(term), args("/bin/sh", "/x.sh")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(dashMarks...), script("trap 'echo heard' TERM\nwhile true; do sleep 1; done\n"), asleep(waiting("wait4", true))).attention(102, asleep(sleepingFor("clock_nanosleep", time.Second))), "ignored likely"},
		"a script whose function goes on": {alone("sh", caught(term), args("/bin/sh", "/x.sh")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(dashMarks...), script("f() {\n echo heard\n}\ntrap f TERM\nwhile true; do sleep 1; done\n"), asleep(waiting("wait4", true))).attention(102, asleep(sleepingFor("clock_nanosleep", time.Second))), "ignored likely"},
		"a script whose function ends a loop": {alone("sh", caught(term), args("/bin/sh", "/x.sh")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(dashMarks...), script("f() { goon=; echo; }\ntrap 'f; echo bye' TERM\nwhile $goon; do sleep 1; done\n"), asleep(waiting("wait4", true))).attention(102, asleep(sleepingFor("clock_nanosleep", time.Second))), "handled likely by 102"},
		"a script with a loop before it waits": {alone("sh", caught(term), args("/bin/sh", "/x.sh")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(dashMarks...), script("# while\nfor f in a b; do . $f; done\ntrap 'echo bye; halt now' TERM\nsleep 9 &\nwait\n"), asleep(sleeping("rt_sigsuspend"))).attention(102), "handled likely"},
		"a script that goes on after it waited": {alone("sh", caught(term), args("/bin/sh", "/x.sh")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(dashMarks...), script("trap 'echo heard' TERM\nsleep 9 & wait\nsleep 9\n"), asleep(sleeping("rt_sigsuspend"))).attention(102), "unknown unknown"},
		"a script whose trap waits for a deaf child": {alone("sh", caught(term), args("/bin/sh", "/x.sh")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101), ignored(term)).
			attention(101, runs(dashMarks...), script("trap 'kill $!; wait; exit' TERM\n(trap '' TERM; sleep 9) & wait\n"), asleep(sleeping("rt_sigsuspend"))).attention(102), "delayed likely by 102"},
		"a script whose trap leaves a deaf child": {alone("sh", caught(term), args("/bin/sh", "/x.sh")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101), ignored(term)).
			attention(101, runs(dashMarks...), script("trap 'exit' TERM\nsleep 9 & wait\n"), asleep(sleeping("rt_sigsuspend"))).attention(102), "handled likely"},
		"a script that waits for its jobs": {alone("bash", caught(term), args("bash", "/x.sh")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101), inGroup(102)).
			attention(101, runs(bashMarks...), script("set -m\ntrap 'exit' TERM\nsleep 9 & wait\n"), asleep(waiting("wait4", true))).attention(102), "handled likely"},
		"a script with a job in front": {alone("bash", caught(term), args("bash", "/x.sh")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101), inGroup(102)).
			attention(101, runs(bashMarks...), script("set -m\ntrap 'exit' TERM\nsleep 9 &\nwait 1\nfg\n"), asleep(waiting("wait4", true))).attention(102), "delayed likely by 102"},
		"a number behind a trap is no signal": {alone("bash", caught(1, 2, 4, 11, term), args("bash", "/x.sh")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(bashMarks...), script("trap 'echo bye' EXIT\nsleep 15\n"), asleep(waiting("wait4", true))).attention(102), "handled likely"},
		"a shell that reads what a command writes": {alone("sh", caught(term), shell("trap 'exit' TERM; x=$(sleep 9)")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(dashMarks...), asleep(calling("read", 3))).attention(102), "delayed likely by 102"},
		"bash with a trap for EXIT": {alone("bash", caught(1, 2, 4, 11, term), args("bash", "-c", "trap 'echo bye' EXIT; sleep 9; true")).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(bashMarks...), asleep(waiting("wait4", true))).attention(102), "handled likely"},
		"an interactive shell that catches": {alone("ksh", caught(term), args("ksh", "-i")).attention(101, runs("KSH_VERSION", "OPTIND"), onTerminal), "ignored likely"},
		"perl whose handler goes on":        {alone("perl", caught(term), args("perl", "-e", "$SIG{TERM} = sub { print 1 }; sleep 9 while 1")).attention(101, runs("perl_parse")), "unknown unknown"},
		"perl whose handler ends its loop":  {alone("perl", caught(term), args("perl", "-e", "$SIG{TERM} = sub { $x = 1 }; until ($x) { sleep 1 }")).attention(101, runs("perl_parse")), "handled likely"},
		"python whose loop has no end":      {alone("python3", caught(term), args("python3", "-c", "signal.signal(15, h)\nwhile True: time.sleep(1)")).attention(101, runs("Py_BytesMain")), "unknown unknown"},
		"perl whose handler ends it":        {alone("perl", caught(term), args("perl", "-e", "$SIG{TERM} = sub { exit }; sleep 9")).attention(101, runs("perl_parse")), "handled likely"},
		"a script with an option -c":        {alone("python", caught(term), args("python3", "/bin/d", "-c", "signal.conf")).attention(101, runs("Py_BytesMain")), "handled likely"},

		"an init in front of a program": {alone("tini").process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).
			attention(101, runs(tiniMarks...), asleep(awaiting(term))).attention(102), "handled likely"},
		"an init in front of a deaf one": {alone("tini").process(102, 101, "sh", in("a", 2), ns(7), ignored(term)).
			attention(101, runs(tiniMarks...), asleep(awaiting(term))).attention(102), "ignored likely by 102"},
		"an init in front of a waiting shell": {alone("tini").process(102, 101, "sh", in("a", 2), ns(7), caught(term), inGroup(102)).process(103, 102, "sleep", in("a", 3), ns(7), inGroup(102), sid(102)).
			attention(101, runs(tiniMarks...), asleep(awaiting(term))).attention(102, runs(dashMarks...), asleep(waiting("wait4", true))).attention(103), "delayed likely by 103"},
		"an init that signals the group": {alone("tini", args("tini", "-g", "--", "sh")).process(102, 101, "sh", in("a", 2), ns(7), caught(term), inGroup(102)).process(103, 102, "sleep", in("a", 3), ns(7), inGroup(102), sid(102)).
			attention(101, runs(tiniMarks...), asleep(awaiting(term))).attention(102, runs(dashMarks...), asleep(waiting("wait4", true))).attention(103), "handled likely"},
		"an init in front of an init": {alone("tini").process(102, 101, "tini", in("a", 2), ns(7)).process(103, 102, "sh", in("a", 3), ns(7), ignored(term)).
			attention(101, runs(tiniMarks...), asleep(awaiting(term))).attention(102, runs(tiniMarks...), asleep(awaiting(term))).attention(103), "ignored likely by 103"},
		"an init that drops it": {alone("dumb-init", args("dumb-init", "-r15:0", "sleep", "9")).process(102, 101, "sleep", in("a", 2), ns(7)).
			attention(101, runs("--single-child"), asleep(awaiting(term))).attention(102), "ignored likely"},
		"an init whose program has gone": {alone("tini").process(102, 101, "sh", in("a", 2), ns(7), zombie(0)).attention(101, runs(tiniMarks...), asleep(awaiting(term))), "handled likely"},
		"node behind an init": {alone("tini").process(102, 101, "node", in("a", 2), ns(7), caught(term)).
			attention(101, runs(tiniMarks...), asleep(awaiting(term))).attention(102, runs(nodeMarks...)), "handled likely"},

		"a supervisor with a deaf child": {alone("python", caught(term)).process(102, 101, "sh", in("a", 2), ns(7), ignored(term)).
			attention(101, runs("Py_BytesMain")).attention(102), "unknown unknown by 102"},
		"postgres with a client": {alone("postgres", caught(term)).process(102, 101, "postgres", in("a", 2), ns(7), args("postgres: bob shop 10.0.0.7(4711) idle")).
			attention(101, runs("postmaster.pid")).attention(102, runs("postmaster.pid")), "delayed likely by 102"},
		"postgres without a client": {alone("postgres", caught(term)).process(102, 101, "postgres", in("a", 2), ns(7), args("postgres: walwriter ")).
			attention(101, runs("postmaster.pid")).attention(102, runs("postmaster.pid")), "handled likely"},
		"uwsgi with python inside": {alone("uwsgi", caught(term)).attention(101, runs("die-on-term"), func(a *procfs.Attention) {
			p := a.Program.Or(procfs.Program{})
			p.Libraries = []string{"libpython3.11.so.1.0"}
			a.Program = procfs.Some(p)
		}), "unknown unknown"},
		"a master with a deaf worker": {alone("postgres", caught(term)).process(102, 101, "postgres", in("a", 2), ns(7), ignored(term)).
			attention(101, runs()).attention(102, runs()), "handled likely"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.index()
			c, _ := find(t, ix, "demo", 0)
			f := ix.Forecast(c)
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
		change  change
		want    string
	}{
		"SIGKILL":                     {"SIGKILL", time.Second, caught(), "handled certain"},
		"SIGSTOP":                     {"SIGSTOP", time.Second, caught(procfs.SIGSTOP), "ignored certain"},
		"SIGWINCH without a handler":  {"SIGWINCH", time.Second, caught(), "ignored certain"},
		"SIGWINCH with a handler":     {"SIGWINCH", time.Second, caught(28), "handled likely"},
		"a handler for another":       {"SIGQUIT", time.Second, caught(term), "ignored certain"},
		"a realtime signal":           {"SIGRTMIN+3", time.Second, caught(37), "handled likely"},
		"a number":                    {"2", time.Second, caught(2), "handled likely"},
		"what is none is SIGTERM":     {"SIGNONE", time.Second, caught(term), "handled likely"},
		"no grace":                    {"SIGTERM", 0, caught(), "ignored certain"},
		"no grace, but it ends it":    {"SIGTERM", 0, in("a", 9), "handled certain"},
		"no grace, but a handler":     {"SIGTERM", 0, caught(term), "ignored likely"},
		"no grace, but SIGKILL first": {"KILL", 0, caught(), "handled certain"},
		"no end of grace":             {"SIGTERM", -1, caught(), "ignored certain"},
	} {
		w := alone("x", test.change).attention(101, runs())
		w.Containers[0].StopSignal, w.Containers[0].StopTimeout = test.stop, test.timeout
		ix := w.index()
		f := ix.Forecast(&w.Containers[0])
		if got := fmt.Sprint(f.Outcome, " ", f.Certainty); got != test.want {
			t.Errorf("%s: got %s, want %s: %v", name, got, test.want, f.Evidence)
		}
	}
}

// A zombie's masks are history: nothing reaches it, not even SIGKILL.
func TestHearOfAZombie(t *testing.T) {
	ix := alone("x").process(102, 101, "dead", in("a", 2), ns(7), zombie(0), caught(term)).index()
	_, p := find(t, ix, "demo", 102)
	for _, n := range []int{term, procfs.SIGKILL, procfs.SIGSTOP} {
		if heard := ix.Hear(p, n); heard.How != HearingDropped || heard.Certainty != Certain {
			t.Errorf("%s: got %+v", procfs.SignalName(n), heard)
		}
	}
}

// Who is no init dies of what has no handler: a container that joined another's
// PID namespace, or uses the host's.
func TestForecastOfWhoIsNoInit(t *testing.T) {
	w := alone("sleep").container("joiner", "b", 201, joined("demo")).process(200, 1, "s", shimOf("b")).
		process(201, 200, "sleep", in("b", 9), ns(7)).attention(101).attention(201)
	w.container("host", "c", 301, func(c *Container) { c.PIDMode = "host" }).process(300, 1, "s", shimOf("c")).
		process(301, 300, "sleep", in("c"), ns(1)).attention(301)
	ix := w.index()
	for name, want := range map[string]string{"demo": "ignored", "joiner": "handled", "host": "handled"} {
		c, _ := find(t, ix, name, 0)
		f := ix.Forecast(c)
		if string(f.Outcome) != want || f.Certainty != Certain {
			t.Errorf("%s: got %s %s, want %s", name, f.Outcome, f.Certainty, want)
		}
	}
	c, _ := find(t, ix, "host", 0)
	if f := ix.Forecast(c); f.Reaps != Yes || len(f.Unheard) != 0 {
		t.Errorf("--pid=host: reaps %s, unheard %v", f.Reaps, f.Unheard)
	}
}

// Those whom nobody tells are named: all but PID 1 and the program behind an
// init.
func TestUnheard(t *testing.T) {
	w := alone("tini").process(102, 101, "app", in("a", 2), ns(7)).process(103, 102, "worker", in("a", 3), ns(7)).
		process(104, 101, "orphan", in("a", 4), ns(7)).process(105, 101, "dead", in("a", 5), ns(7), zombie(0)).
		attention(101, runs(tiniMarks...), asleep(awaiting(term)))
	ix := w.index()
	c, _ := find(t, ix, "demo", 0)
	var got []int
	for _, p := range ix.Forecast(c).Unheard {
		got = append(got, p.PID)
	}
	if fmt.Sprint(got) != "[103 104]" {
		t.Errorf("got %v, want [103 104]", got)
	}
}

// Whoever is in the namespace is asked what it listens to, those first whom the signal
// comes to; in the host's that would be everybody.
func TestListeners(t *testing.T) {
	w := twoContainers().container("agent", "d", 60).process(60, 1, "agent", in("d"), ns(1)).process(61, 60, "helper", in("d"), ns(1)).
		process(24, 21, "dead", in("a", 11), ns(7), zombie(0)).
		process(52, 10, "entered", ns(7), func(p *procfs.Process) { p.NSPIDs = []int{52, 12} })
	ix := w.index()
	for name, want := range map[string]struct{ first, others []int }{
		"demo":   {[]int{21, 22, 32, 23}, []int{31, 33, 52}},
		"joiner": {[]int{31, 21}, []int{22, 32, 33, 52}},
		"agent":  {[]int{60, 61}, []int{}},
	} {
		c, _ := find(t, ix, name, 0)
		var got []int
		for _, p := range ix.Listeners(c) {
			got = append(got, p.PID)
		}
		first, others := got[:min(len(want.first), len(got))], got[min(len(want.first), len(got)):]
		slices.Sort(others)
		if !slices.Equal(first, want.first) || !slices.Equal(others, want.others) {
			t.Errorf("%s: got %v, want %v and then %v", name, got, want.first, want.others)
		}
	}
}

func TestStopCure(t *testing.T) {
	for name, test := range map[string]struct {
		world *world
		want  string
	}{
		"no handler":                  {alone("sleep").attention(101), "--init (compose: init: true) yes"},
		"no handler, but another":     {alone("python", caught(procfs.SIGINT)).attention(101, runs("Py_BytesMain")), "or --stop-signal SIGINT, which it listens to"},
		"ignored":                     {alone("sh", ignored(term)).attention(101), "--init no"},
		"a shell in front of a child": {alone("sh", caught(term)).process(102, 101, "sleep", in("a", 2), ns(7), sid(101)).attention(101, runs(dashMarks...), asleep(waiting("wait4", true))).attention(102), "exec"},
		"a shell on a terminal":       {alone("bash", ignored(term)).attention(101, runs(bashMarks...), onTerminal), "--stop-signal SIGHUP"},
		"such a shell below an init": {alone("tini").process(102, 101, "bash", in("a", 2), ns(7), ignored(term)).
			attention(101, runs(tiniMarks...), asleep(awaiting(term))).attention(102, runs(bashMarks...), onTerminal), "--stop-signal SIGHUP"},
		"a C shell on a terminal": {alone("tcsh", ignored(term), caught(procfs.SIGINT)).attention(101, runs("onintr", "rehash", "unlimit")), "--stop-signal SIGHUP"},
		"a C shell with a script": {alone("tcsh", ignored(term), caught(procfs.SIGINT), args("tcsh", "-c", "sleep 9")).attention(101, runs("onintr", "rehash", "unlimit")), "--init no"},
		"stopped":                 {alone("x", caught(term), stateOf("T")).attention(101, runs()), "find out who stopped it"},
		"well":                    {alone("x", caught(term)).attention(101, runs()), ""},
	} {
		ix := test.world.index()
		c, _ := find(t, ix, "demo", 0)
		if got := ix.Forecast(c).Cure; !strings.Contains(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
