package rule_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// backgroundWorkers is a shell with this script that waits for this many workers in the
// background, which have a handler for the stop signal.
func backgroundWorkers(n int, script string, change ...Change) *World {
	w := Alone("sh", Caught(Term), Args("sh", "-c", script)).Attend(101, Runs(DashMarks...), Asleep(Sleeping("rt_sigsuspend")))
	for i := range n {
		more := []func(*procfs.Process){In("a", 2+i), NS(7), SID(101), Caught(Term), Ignored(procfs.SIGINT, procfs.SIGQUIT)}
		w.Process(102+i, 101, "worker", append(more, change...)...).Attend(102+i, Runs())
	}
	return w
}

// Workers that would exit cleanly and are killed without a signal are a warning. They are not if
// the shell forwards the signal, if they would do nothing on it, and if the shell does not exit.
func TestWorkersKilledUnheard(t *testing.T) {
	const exits = "trap 'exit' TERM; worker & wait"
	behind := func(option ...string) *World {
		return Alone("tini", Args(append([]string{"tini"}, option...)...)).
			Process(102, 101, "sh", In("a", 2), NS(7), SID(102), InGroup(102), Args("sh", "-c", "worker; true")).
			Process(103, 102, "worker", In("a", 3), NS(7), SID(102), InGroup(102), Caught(Term)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(103, Runs())
	}
	const lost, cure = " has a handler for SIGTERM and is killed before it receives it", " |  | in the script, start the program in the background, and set a trap that forwards SIGTERM and waits: trap 'kill -TERM $pid; wait $pid' TERM"
	const exec = " |  | in the script, start worker with exec"
	const why = "; SIGTERM has a handler; sh runs its trap for SIGTERM only between commands; It does not wait for a foreground child"
	hosts{
		"a trap that exits":         {now: backgroundWorkers(1, exits), want: []string{"warning demo 102: worker (102)" + lost + why + cure}},
		"three of them":             {now: backgroundWorkers(3, exits), want: []string{"warning demo 102: worker (102)" + lost + ", and 2 more" + why + cure}},
		"a shell behind an init":    {now: behind(), want: []string{"warning demo 103: worker (103)" + lost + "; A thread waits for SIGTERM in sigtimedwait; tini forwards SIGTERM to sh (102) and exits after it; sh is not PID 1 and has no SIGTERM handler, so the signal terminates it" + exec}},
		"which signals the group":   {now: behind("-g"), want: []string{"warning demo 103: worker (103) has a handler for SIGTERM and is killed before its handler returns; A thread waits for SIGTERM in sigtimedwait; tini forwards SIGTERM to sh (102) and exits after it; sh is not PID 1 and has no SIGTERM handler, so the signal terminates it" + exec}},
		"a trap that tells them":    {now: backgroundWorkers(1, "trap 'kill $!; wait' TERM; worker & wait")},
		"workers without handlers":  {now: backgroundWorkers(1, exits, Caught())},
		"no workers":                {now: backgroundWorkers(0, exits)},
		"a silent engine":           {now: backgroundWorkers(1, exits).Declared("demo", silentEngine)},
		"a master that is no shell": {now: Alone("srv", Caught(Term)).Process(102, 101, "worker", In("a", 2), NS(7), Caught(Term)).Attend(101, Runs()).Attend(102, Runs())},
	}.hold(t, "workers-killed-unheard")
}
