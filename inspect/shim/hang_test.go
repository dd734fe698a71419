package shim_test

import (
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// shimIn is a container with its shim in this state, and its threads at a second look.
func shimIn(state procfs.State, threads ...procfs.ThreadAttention) *World {
	return Alone("app").Alter(100, StateOf(state)).Attend(100, Asleep(threads...))
}

// quiet makes the engine not answer about the container.
func quiet(w *World) *World {
	return w.Declared("demo", func(c *inspect.Container) { c.Silent = true })
}

// A shim hangs if the same reason stops every thread of it at two looks. What was not read, or
// does not stop every thread, does not count. The engine's silence counts only if it answers
// about others.
func TestHangOf(t *testing.T) {
	held, asleep, running := InState("t", "ptrace_stop"), InState("S", "futex_do_wait"), InState("R", "")
	nfs, frozen, frozen2 := InState("D", "nfs_wait"), InState("D", "__refrigerator"), InState("S", "do_freezer_trap")
	unread := InState("D", "")
	unread.WaitChannel = procfs.None[string](procfs.Denied)
	traced := func(w *World) *World { return w.Alter(100, TracedBy(77)).Process(77, 1, "gdb") }
	allSilent := quiet(shimIn("S", asleep))
	allSilent.Capture.Engine.Silent = true
	allFrozen := quiet(shimIn("D", frozen))
	allFrozen.Capture.Engine.Silent = true
	for name, test := range map[string]struct {
		world *World
		want  string // how, the states of its threads, where it sleeps; "" if it does not hang
	}{
		"well":                           {shimIn("S", asleep, running), ""},
		"traced":                         {traced(shimIn("t", held, held)), "traced [t] ptrace_stop"},
		"held, and by nobody":            {shimIn("t", held), ""},
		"traced, and running":            {traced(shimIn("S", asleep)), ""},
		"held at the second look alone":  {traced(shimIn("S", held)), ""},
		"held at the first look alone":   {traced(shimIn("t", asleep)), ""},
		"one thread is let run":          {traced(shimIn("t", held, running)), ""},
		"asleep with all":                {shimIn("D", nfs, nfs), "uninterruptible [D] nfs_wait"},
		"with the main thread":           {shimIn("D", nfs, asleep), ""},
		"where, cannot be read":          {shimIn("D", unread), "uninterruptible [D] "},
		"where, one tells":               {shimIn("D", unread, nfs), "uninterruptible [D] nfs_wait"},
		"frozen":                         {shimIn("D", frozen), "frozen [D] __refrigerator"},
		"frozen, by another thread's":    {shimIn("D", nfs, frozen), "frozen [D] __refrigerator"},
		"by the short name":              {shimIn("D", InState("D", "refrigerator")), "frozen [D] refrigerator"},
		"frozen by version 2, and quiet": {quiet(shimIn("S", asleep, frozen2)), "frozen [S] do_freezer_trap"},
		"so it sleeps, and is not quiet": {shimIn("S", frozen2), ""},
		"quiet":                          {quiet(shimIn("S", running, asleep, running)), "silent [R S] futex_do_wait"},
		"quiet, and threads not asked":   {quiet(Alone("app")), "silent [] "},
		"quiet, as about all":            {allSilent, ""},
		"quiet about all, and frozen":    {allFrozen, "frozen [D] __refrigerator"},
		"stopped":                        {quiet(shimIn("T", InState("T", "do_signal_stop"))), ""},
		"D, and threads not asked":       {Alone("app").Alter(100, StateOf("D")), ""},
		"no shim":                        {quiet(Alone("app").Without(100)), ""},
	} {
		ix := test.world.Index()
		got := ""
		if h, hangs := shim.HangOf(ix, ix.Container(ID("a"))); hangs {
			got = fmt.Sprintf("%s %v %s", h.How, h.States, h.Channel)
			if h.Shim != ix.ProcessAt(100) {
				t.Errorf("%s: the shim is %v", name, h.Shim)
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The tracer is a process if its number is that of one, and else only the number of a thread.
func TestHangNamesItsTracer(t *testing.T) {
	for name, test := range map[string]struct {
		world  *World
		tracer int
	}{
		"a process": {shimIn("t", InState("t", "")).Alter(100, TracedBy(77)).Process(77, 1, "gdb"), 77},
		"a thread":  {shimIn("t", InState("t", "")).Alter(100, TracedBy(78)).Process(77, 1, "gdb"), 0},
	} {
		ix := test.world.Index()
		h, hangs := shim.HangOf(ix, ix.Container(ID("a")))
		if !hangs || h.TracerPID != ix.ProcessAt(100).TracerPID || (h.Tracer == nil) != (test.tracer == 0) || h.Tracer != nil && h.Tracer.PID != test.tracer {
			t.Errorf("%s: got %+v", name, h)
		}
	}
}

// A second look is only taken at the threads of a shim that may hang.
func TestDoubtful(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		want  bool
	}{
		"well":    {Alone("app"), false},
		"traced":  {Alone("app").Alter(100, StateOf(procfs.StateTraced)), true},
		"asleep":  {Alone("app").Alter(100, StateOf(procfs.StateUninterruptible)), true},
		"stopped": {Alone("app").Alter(100, StateOf(procfs.StateStopped)), false},
		"quiet":   {quiet(Alone("app")), true},
		"no shim": {quiet(Alone("app").Without(100)), false},
	} {
		ix := test.world.Index()
		if got := shim.Doubtful(ix, ix.Container(ID("a"))); (got != nil) != test.want || got != nil && got.PID != 100 {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
