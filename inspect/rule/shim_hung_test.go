package rule_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// shimIn is a container with its shim in this state, and its threads at a second look.
func shimIn(state procfs.State, threads ...procfs.ThreadAttention) *World {
	return Alone("app").Alter(100, StateOf(state)).Attend(100, Asleep(threads...))
}

// What stops a shim is an error, with how to see or end it. If the engine does not answer only
// about its container, that is a warning and unknown. A state that the shim has only for a
// moment is neither.
func TestShimHung(t *testing.T) {
	const effect = ", so docker exec, top and stop hang"
	held, asleep, frozen := InState("t", "ptrace_stop"), InState("S", "futex_do_wait"), InState("D", "__refrigerator")
	nfs, unnamed := InState("D", "nfs_wait"), InState("D", "")
	unnamed.WaitChannel = procfs.None[string](procfs.Denied)
	quiet := func(w *World) *World { return w.Declared("demo", silentEngine) }
	everSilent := quiet(shimIn("S", asleep))
	everSilent.Capture.Engine.Silent = true
	hosts{
		"traced":                      {now: shimIn("t", held, held).Alter(100, TracedBy(77)).Process(77, 1, "gdb"), want: []string{"error demo 100: gdb (77) traces its shim (100) and does not let it run" + effect + " | docker pidns who 77 | let the tracer detach"}},
		"traced by a thread":          {now: shimIn("t", held, held).Alter(100, TracedBy(78)), want: []string{"error demo 100: 78 traces its shim (100) and does not let it run" + effect + " | docker pidns who 78 | let the tracer detach"}},
		"traced, with one on its way": {now: shimIn("t", held, asleep).Alter(100, TracedBy(77))},
		"traced, and running":         {now: shimIn("S", asleep, asleep).Alter(100, TracedBy(77))},
		"frozen":                      {now: shimIn("D", frozen, frozen), want: []string{"error demo 100: Its shim (100) is in a frozen control group" + effect + " | cat /proc/100/cgroup | thaw that group (cgroup.freeze or freezer.state)"}},
		"in uninterruptible sleep":    {now: shimIn("D", nfs, nfs), want: []string{"error demo 100: Every thread of its shim (100) is in uninterruptible sleep (State D)" + effect + "; It sleeps in nfs_wait | cat /proc/100/stack"}},
		"and where cannot be read":    {now: shimIn("D", unnamed), want: []string{"error demo 100: Every thread of its shim (100) is in uninterruptible sleep (State D)" + effect + " | cat /proc/100/stack"}},
		"D at one look":               {now: shimIn("D", asleep, nfs)},
		"D, and threads not asked":    {now: Alone("app").Alter(100, StateOf("D"))},
		"silence about it alone": {now: quiet(shimIn("S", asleep, InState("R", ""), asleep)), want: []string{
			"warning unknown demo 100: Docker does not answer about it, but answers about other containers; Its shim (100) is in state S, its threads in R, S. What hangs cannot be determined | ps -L -o lwp,stat,wchan:20 -p 100"}},
		"silence, frozen by version 2": {now: quiet(shimIn("S", InState("S", "do_freezer_trap"))), want: []string{"error demo 100: Its shim (100) is in a frozen control group" + effect + " | cat /proc/100/cgroup | thaw that group (cgroup.freeze or freezer.state)"}},
		"silence about all":            {now: everSilent},
		"in ordinary sleep":            {now: shimIn("S", asleep, asleep)},
		"stopped, which another tells": {now: quiet(shimIn("T", InState("T", "do_signal_stop")))},
	}.hold(t, "shim-hung")
}
