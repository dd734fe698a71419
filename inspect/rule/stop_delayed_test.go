package rule_test

import (
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// waitingShell is a shell with a trap that waits for the sleep in its foreground, with these
// changes and this long to go.
func waitingShell(left time.Duration, change ...Change) *World {
	return Alone("sh", Caught(Term), Args("sh", "-c", "trap 'exit' TERM; sleep 9; true")).
		Process(102, 101, "sleep", append([]func(*procfs.Process){In("a", 2), NS(7), SID(101)}, change...)...).
		Attend(101, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(102, Asleep(SleepingFor("clock_nanosleep", left)))
}

// A trap that runs too late is a warning that names what it waits for. One that runs in time, or
// whose shell does not wait for a foreground child, is not.
func TestStopDelayed(t *testing.T) {
	background := Ignored(procfs.SIGINT, procfs.SIGQUIT)
	const why = "; SIGTERM has a handler; sh runs its trap for SIGTERM only between commands; It waits for its foreground child sleep (102), which does not receive the signal" +
		" |  | in the script, start sleep with exec. Also recreate the container with --init (compose: init: true)"
	hosts{
		"a child in front":                {now: waitingShell(time.Hour), want: []string{"warning demo 101: docker stop (SIGTERM) will wait for sleep (max 10s), then kill (likely)" + why}},
		"for ever":                        {now: waitingShell(time.Hour).Declared("demo", stoppedIn(-1)), want: []string{"warning demo 101: docker stop (SIGTERM) will wait for sleep, without a limit (likely)" + why}},
		"it ends in time":                 {now: waitingShell(time.Second)},
		"it ends within a longer grace":   {now: waitingShell(time.Minute).Declared("demo", stoppedIn(time.Hour))},
		"in the background":               {now: Alone("sh", Caught(Term), Args("sh", "-c", "trap 'exit' TERM; sleep 9 & wait")).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101), background).Attend(101, Runs(BashMarks...), Asleep(Waiting("wait4", true))).Attend(102)},
		"no handler, which is ignored":    {now: Alone("sleep").Attend(101)},
		"a silent engine":                 {now: waitingShell(time.Hour).Declared("demo", silentEngine)},
		"it has ended, and cannot finish": {now: Alone("app", Caught(Term)).Attend(101, finishing)},
		"half dead":                       {now: Alone("app", Caught(Term), halfDead).Attend(101)},
		"whether it waits is not known":   {now: Alone("sh", Caught(Term)).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).Attend(101, Denied)},
	}.hold(t, "stop-delayed")
}
