package signal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// front is a shell as PID 1 with a trap for SIGTERM, which waits for any child.
func front(marks []string, text string, change ...Change) *World {
	list := append([]Change{Caught(Term), Args("sh", "-c", text)}, change...)
	return Alone("sh", list...).Attend(101, Runs(marks...), Asleep(Waiting("wait4", true)))
}

// shellWhy is the evidence for a shell that has a SIGTERM handler, whatever follows.
func shellWhy(sentences ...string) []string {
	return append([]string{"SIGTERM has a handler"}, sentences...)
}

// A shell runs a trap between commands, so the child for which it waits decides, and is named.
func TestShellInFront(t *testing.T) {
	const (
		text    = "trap 'exit' TERM; x; true"
		runs    = "sh runs its trap for SIGTERM only between commands"
		nobody  = "It does not wait for a foreground child"
		held    = "It waits for its foreground child sleep (102), which does not receive the signal"
		inTime  = "Its foreground child sleep (102) exits in time by itself"
		hour, s = time.Hour, time.Second
	)
	sleeps := func(d time.Duration) Attending { return Asleep(SleepingFor("clock_nanosleep", d)) }
	child := func(change ...Change) *World {
		return front(DashMarks, text).Process(102, 101, "sleep", append([]Change{inside(2)}, change...)...)
	}
	loop := func(comm string, change ...Change) *World {
		return front(DashMarks, "trap 'exit' TERM; while :; do x; done").Process(102, 101, comm, append([]Change{inside(2)}, change...)...)
	}
	grace := func(w *World, d time.Duration) *World {
		w.Containers[0].StopTimeout = d
		return w
	}
	ended := func(a *procfs.Attention) { a.Ended, a.Threads = true, nil }
	for name, test := range map[string]struct {
		world *World
		want  string
		why   []string
	}{
		"no child":                      {front(DashMarks, text), "handled likely", shellWhy(runs, nobody)},
		"a child that has ended":        {child(Exited(0)), "handled likely", shellWhy(runs, nobody)},
		"a child":                       {child().Attend(102), "delayed likely by 102", shellWhy(runs, held)},
		"a child that is unread":        {child(), "delayed likely by 102", shellWhy(runs, held)},
		"a child, denied":               {child().Attend(102, Denied), "delayed likely by 102", shellWhy(runs, held)},
		"a sleep that ends in time":     {child().Attend(102, sleeps(9*s)), "handled likely by 102", shellWhy(runs, inTime)},
		"a sleep by the older call":     {child().Attend(102, Asleep(SleepingFor("nanosleep", s))), "handled likely by 102", shellWhy(runs, inTime)},
		"a sleep as long as the grace":  {child().Attend(102, sleeps(10*s)), "delayed likely by 102", shellWhy(runs, held)},
		"a sleep that is too long":      {child().Attend(102, sleeps(hour)), "delayed likely by 102", shellWhy(runs, held)},
		"a sleep, and a longer grace":   {grace(child().Attend(102, sleeps(20*s)), 30*s), "handled likely by 102", shellWhy(runs, inTime)},
		"a sleep, and no grace":         {grace(child().Attend(102, sleeps(s)), 0), "delayed likely by 102", shellWhy(runs, held)},
		"it was gone when it was asked": {child().Attend(102, ended), "handled likely by 102", shellWhy(runs, inTime)},
		"a sleep with two threads":      {child().Attend(102, Asleep(SleepingFor("nanosleep", s), Sleeping("futex"))), "delayed likely by 102", shellWhy(runs, held)},
		"a sleep that has a child":      {child().Attend(102, sleeps(s)).Process(103, 102, "x", inside(3)), "delayed likely by 102", shellWhy(runs, held)},
		"a sleep that polls":            {child().Attend(102, Asleep(SleepingFor("poll", s))), "delayed likely by 102", shellWhy(runs, held)},
		"another program that sleeps a second": {loop("ping", StartedAt(10)).Attend(102, sleeps(s)), "delayed likely by 102",
			shellWhy(runs, "It waits for its foreground child ping (102), which does not receive the signal")},
		"a loop, and who has just started": {loop("ping", StartedAt(991)).Attend(102), "unknown unknown by 102",
			shellWhy(runs, "Its script loops. How long ping (102) runs, which has just started, cannot be determined")},
		"a loop, and who has run as long as the grace": {loop("ping", StartedAt(990)).Attend(102), "delayed likely by 102",
			shellWhy(runs, "It waits for its foreground child ping (102), which does not receive the signal")},
		"a loop, and a long sleep that has just started": {loop("sleep", StartedAt(999)).Attend(102, sleeps(hour)), "delayed likely by 102", shellWhy(runs, held)},
		"no loop, and who has just started":              {child(StartedAt(999)).Attend(102, sleeps(hour)), "delayed likely by 102", shellWhy(runs, held)},
	} {
		t.Run(name, func(t *testing.T) {
			if j := judge(t, test.world, 101, Term); short(j) != test.want || !slices.Equal(j.Evidence, test.why) {
				t.Errorf("got %s (%s), want %s (%s)", short(j), because(j), test.want, strings.Join(test.why, "; "))
			}
		})
	}
}

// Of several children the shell waits for the youngest in the foreground, or for the first of a
// pipeline, and not for those in the background or adopted ones.
func TestForegroundChild(t *testing.T) {
	background := Ignored(procfs.SIGINT, procfs.SIGQUIT)
	const text, jobs = "trap 'exit' TERM; x; true", "set -m; trap 'exit' TERM; x & wait"
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"the youngest": {front(DashMarks, text).Process(102, 101, "a", inside(2), StartedAt(100)).Process(103, 101, "b", inside(3), StartedAt(200)), "delayed likely by 103"},
		"the first of a pipeline": {front(DashMarks, text).Process(102, 101, "a", inside(2), StartedAt(200)).Process(103, 101, "b", inside(3), StartedAt(200)).
			Process(104, 101, "c", inside(4), StartedAt(200)), "delayed likely by 102"},
		"a pipeline and somebody long before": {front(DashMarks, text).Process(102, 101, "a", inside(2), StartedAt(199)).Process(103, 101, "b", inside(3), StartedAt(200)).
			Process(104, 101, "c", inside(4), StartedAt(200)), "delayed likely by 103"},
		"in the background":                            {front(DashMarks, text).Process(102, 101, "a", inside(2), background), "handled likely"},
		"only SIGINT is ignored":                       {front(DashMarks, text).Process(102, 101, "a", inside(2), Ignored(procfs.SIGINT)), "delayed likely by 102"},
		"the shell ignores both as well":               {front(DashMarks, text, background).Process(102, 101, "a", inside(2), background), "delayed likely by 102"},
		"the background behind the front":              {front(DashMarks, text).Process(102, 101, "a", inside(2)).Process(103, 101, "b", inside(3), background), "delayed likely by 102"},
		"of another session":                           {front(DashMarks, text).Process(102, 101, "a", inside(2), SID(99)), "handled likely"},
		"a job that is waited for":                     {front(BashMarks, jobs).Process(102, 101, "a", inside(2), InGroup(102)), "handled likely"},
		"a job, and no command waits":                  {front(BashMarks, text).Process(102, 101, "a", inside(2), InGroup(102)), "delayed likely by 102"},
		"a job that is brought to the front":           {front(BashMarks, jobs+"; fg").Process(102, 101, "a", inside(2), InGroup(102)), "delayed likely by 102"},
		"of the shell's group, and a wait":             {front(BashMarks, jobs).Process(102, 101, "a", inside(2)), "delayed likely by 102"},
		"a job whose script is not to be read":         {Alone("bash", Caught(Term)).Process(102, 101, "a", inside(2), InGroup(102)).Attend(101, Runs(BashMarks...), Asleep(Waiting("wait4", true))), "delayed likely by 102"},
		"a child in front, and one of another session": {front(DashMarks, text).Process(102, 101, "a", inside(2)).Process(103, 101, "b", inside(3), background, SID(99)), "delayed likely by 102"},
	} {
		t.Run(name, func(t *testing.T) {
			if j := judge(t, test.world, 101, Term); short(j) != test.want {
				t.Errorf("got %s (%s), want %s", short(j), because(j), test.want)
			}
		})
	}
}

// A shell is held up by a child in the calls in which it waits for a child, or reads a child's
// output. dash waits for the background in rt_sigsuspend, and others do not.
func TestShellIsHeldUp(t *testing.T) {
	for name, test := range map[string]struct {
		marks []string
		call  procfs.ThreadAttention
		held  bool
	}{
		"dash, wait4":             {DashMarks, Calling("wait4"), true},
		"bash, waitid":            {BashMarks, Calling("waitid"), true},
		"dash, rt_sigsuspend":     {DashMarks, Sleeping("rt_sigsuspend"), false},
		"bash, rt_sigsuspend":     {BashMarks, Sleeping("rt_sigsuspend"), true},
		"zsh, rt_sigsuspend":      {zshMarks, Sleeping("rt_sigsuspend"), true},
		"another, rt_sigsuspend":  {anyShell, Sleeping("rt_sigsuspend"), true},
		"dash reads its input":    {DashMarks, Calling("read", 0), false},
		"dash reads a command":    {DashMarks, Calling("read", 3), true},
		"bash polls":              {BashMarks, Calling("poll", 3), false},
		"dash opens a FIFO":       {DashMarks, Calling("openat", 3), false},
		"bash in nothing known":   {BashMarks, Sleeping(""), false},
		"bash, its call unread":   {BashMarks, procfs.ThreadAttention{Syscall: procfs.None[procfs.Syscall](procfs.Denied)}, false},
		"BusyBox reads a command": {busyboxMarks, Calling("read", 3), true},
		"BusyBox, rt_sigsuspend":  {busyboxMarks, Sleeping("rt_sigsuspend"), false},
	} {
		w := Alone("sh", Caught(Term), Args("sh", "-c", "trap 'exit' TERM; x; true")).Process(102, 101, "x", inside(2)).
			Attend(101, Runs(test.marks...), Asleep(test.call))
		if j := judge(t, w, 101, Term); (j.Outcome == signal.OutcomeDelayed) != test.held || (j.Outcome == signal.OutcomeHandled) == test.held {
			t.Errorf("%s: got %s (%s)", name, short(j), because(j))
		}
	}
}

// An interactive shell survives signals that it handles, but not SIGHUP of its terminal. With a
// script, or without a terminal, it is not interactive.
func TestInteractiveShell(t *testing.T) {
	const goesOn = "bash is interactive and continues after SIGTERM"
	stdin := func(d procfs.Opt[procfs.Descriptor]) Attending { return func(a *procfs.Attention) { a.Stdin = d } }
	bash := func(n int, attending Attending, args ...string) *World {
		return Alone("bash", Caught(n), Args(args...)).Attend(101, Runs(BashMarks...), attending)
	}
	csh := func(change ...Change) *World {
		return Alone("tcsh", append([]Change{Caught(procfs.SIGINT)}, change...)...).Attend(101, Runs(cshMarks...))
	}
	for name, test := range map[string]struct {
		world *World
		n     int
		want  string
		why   string
	}{
		"bash":                        {bash(Term, OnTerminal, "bash"), Term, "ignored likely", goesOn},
		"bash with options":           {bash(Term, OnTerminal, "-bash", "-i", "--login"), Term, "ignored likely", goesOn},
		"bash and SIGHUP":             {bash(hup, OnTerminal, "bash"), hup, "handled likely", "An interactive shell exits when its terminal hangs up"},
		"bash and SIGINT":             {bash(procfs.SIGINT, OnTerminal, "bash"), procfs.SIGINT, "ignored likely", "bash is interactive and continues after SIGINT"},
		"with a file":                 {bash(Term, OnTerminal, "bash", "/x.sh"), Term, "handled likely", "It does not wait for a foreground child"},
		"with -c":                     {bash(Term, OnTerminal, "bash", "-c", "trap exit TERM; x"), Term, "handled likely", "It does not wait for a foreground child"},
		"no terminal":                 {bash(Term, func(*procfs.Attention) {}, "bash"), Term, "handled likely", "It does not wait for a foreground child"},
		"its input could not be read": {bash(Term, stdin(procfs.None[procfs.Descriptor](procfs.Denied)), "bash"), Term, "handled likely", "It does not wait for a foreground child"},
		"BusyBox":                     {Alone("busybox", Caught(Term), Args("busybox", "sh")).Attend(101, Runs(busyboxMarks...), OnTerminal), Term, "ignored likely", "sh is interactive and continues after SIGTERM"},
		"csh, which ignores SIGTERM":  {csh(Ignored(Term)), procfs.SIGINT, "ignored likely", "csh is interactive and continues after SIGINT"},
		"csh that does not":           {csh(), procfs.SIGINT, "handled likely", "It does not wait for a foreground child"},
	} {
		t.Run(name, func(t *testing.T) {
			if j := judge(t, test.world, 101, test.n); short(j) != test.want || j.Evidence[len(j.Evidence)-1] != test.why {
				t.Errorf("got %s (%s), want %s (%s)", short(j), because(j), test.want, test.why)
			}
		})
	}
}

// Bash installs handlers for a trap on EXIT. With the script it is known that this is not a trap
// for the signal. Without the script it cannot be determined.
func TestShellWithATrapForExit(t *testing.T) {
	const sigILL, sigSEGV = 4, 11
	world := func(change Change, args ...string) *World {
		return Alone("bash", change, Args(args...)).Process(102, 101, "sleep", inside(2)).
			Attend(101, Runs(BashMarks...), Asleep(Waiting("wait4", true)))
	}
	all := Caught(sigILL, sigSEGV, Term)
	for name, test := range map[string]struct {
		world *World
		want  string
		why   string
	}{
		"a trap for EXIT": {world(all, "bash", "-c", "trap 'echo bye' EXIT; sleep 9; x"), "handled likely", "bash catches every signal to run its EXIT trap, and then exits"},
		"one for both":    {world(all, "bash", "-c", "trap 'exit' EXIT TERM; sleep 9; x"), "delayed likely by 102", "It waits for its foreground child sleep (102), which does not receive the signal"},
		"script unread":   {world(all, "bash", "/x.sh"), "unknown unknown", "bash has an EXIT trap. Whether it also has a trap for SIGTERM cannot be determined"},
		"not everything":  {world(Caught(sigSEGV, Term), "bash", "/x.sh"), "delayed likely by 102", "It waits for its foreground child sleep (102), which does not receive the signal"},
		"not SIGSEGV":     {world(Caught(sigILL, Term), "bash", "/x.sh"), "delayed likely by 102", "It waits for its foreground child sleep (102), which does not receive the signal"},
	} {
		if j := judge(t, test.world, 101, Term); short(j) != test.want || j.Evidence[len(j.Evidence)-1] != test.why {
			t.Errorf("%s: got %s (%s), want %s (%s)", name, short(j), because(j), test.want, test.why)
		}
	}
}

// mksh has a SIGTERM handler of its own. This is reported if the script has no trap for it.
func TestMKSH(t *testing.T) {
	const own = "mksh has no trap for it"
	for name, test := range map[string]struct {
		marks []string
		args  []string
		want  bool
	}{
		"no trap":       {mkshMarks, []string{"mksh", "-c", "sleep 9; x"}, true},
		"another trap":  {mkshMarks, []string{"mksh", "-c", "trap exit INT; sleep 9"}, true},
		"a trap":        {mkshMarks, []string{"mksh", "-c", "trap exit TERM; sleep 9"}, false},
		"script unread": {mkshMarks, []string{"mksh", "/x.sh"}, false},
		"another shell": {kshMarks, []string{"ksh", "-c", "sleep 9; x"}, false},
	} {
		j := judge(t, Alone("mksh", Caught(Term), Args(test.args...)).Attend(101, Runs(test.marks...)), 101, Term)
		if short(j) != "handled likely" || slices.Contains(j.Evidence, own) != test.want {
			t.Errorf("%s: got %s (%s)", name, short(j), because(j))
		}
	}
}
