package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// If a program does nothing on the stop signal and handles another one that asks programs to
// exit, that one is named. SIGHUP is not such a signal, and a shell's SIGINT is for its
// terminal.
func TestStopSignalMismatch(t *testing.T) {
	listens := func(n ...int) *World { return Alone("srv", Caught(n...)).Attend(101, Runs()) }
	asks := func(signal string) func(*inspect.Container) {
		return func(c *inspect.Container) { c.StopSignal = signal }
	}
	const unheard = "warning demo 101: docker stop (SIGTERM) will wait 10s, then kill (137); srv is PID 1 and has no SIGTERM handler, so the kernel discards the signal |  | recreate the container with --init (compose: init: true). Or recreate the container with --stop-signal "
	hosts{
		"SIGINT":                     {now: listens(procfs.SIGINT), want: []string{unheard + "SIGINT, because srv handles SIGINT"}},
		"SIGQUIT":                    {now: listens(procfs.SIGQUIT), want: []string{unheard + "SIGQUIT, because srv handles SIGQUIT"}},
		"SIGTERM, asked by SIGWINCH": {now: listens(Term).Declared("demo", asks("SIGWINCH")), want: []string{"warning demo 101: docker stop (SIGWINCH) will wait 10s, then kill (137); SIGWINCH has no handler and has no effect by default |  | recreate the container with --stop-signal SIGTERM, because srv handles SIGTERM"}},
		"read from a signalfd":       {now: Alone("srv", Blocked(procfs.SIGINT)).Attend(101, Runs(), WithSignalFD(procfs.SIGINT), Asleep(Sleeping("epoll_wait"))), want: []string{unheard + "SIGINT, because srv handles SIGINT"}},
		"SIGINT, asked by it":        {now: listens(procfs.SIGINT).Declared("demo", asks("SIGINT"))},
		"both":                       {now: listens(procfs.SIGINT, Term)},
		"none":                       {now: listens()},
		"SIGHUP alone":               {now: listens(1)},
		"no grace at all":            {now: listens(procfs.SIGINT).Declared("demo", stoppedIn(0))},
		"a shell":                    {now: Alone("sh", Ignored(Term), Caught(procfs.SIGINT)).Attend(101, Runs(DashMarks...))},
		"a silent engine":            {now: listens(procfs.SIGINT).Declared("demo", silentEngine)},
	}.hold(t, "stop-signal-mismatch")
}
