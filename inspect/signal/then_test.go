package signal_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The result of a fix is forecast by the same code that judges everything. A fix that only moves
// the problem is found here.
func TestThen(t *testing.T) {
	front := func(change ...Change) *World {
		return Alone("sh", Caught(Term), Args("sh", "-c", "trap 'exit' TERM; app; true")).
			Process(102, 101, "app", append([]Change{In("a", 2), NS(7), SID(101)}, change...)...).
			Attend(101, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(102, Runs())
	}
	for name, test := range map[string]struct {
		world *World
		kind  signal.CureKind
		want  string // "" if that cannot be determined
	}{
		"no handler: behind docker-init the default action ends it": {Alone("sleep").Attend(101), signal.CureInit, "handled likely"},
		"node's own handler: it ends either way":                    {Alone("node", Caught(Term), Internal(Resetting(Term))).Attend(101, Runs(NodeMarks...)), signal.CureInit, "handled likely"},
		"another handler: that one is sent": {
			Alone("x", Caught(procfs.SIGQUIT), Ignored(Term)).Attend(101, Runs()), signal.CureStopSignal, "handled likely",
		},
		"ignored: another, by which it dies behind an init": {Alone("x", Ignored(Term)).Attend(101, Runs()), signal.CureInit, "handled likely"},
		"exec of a program with a handler":                  {front(Caught(Term)), signal.CureScript, "handled likely"},
		"exec of a program without one: behind an init":     {front(), signal.CureScript, "handled likely"},
		"a client of postgres: SIGINT ends it": {
			Alone("postgres", Caught(Term, procfs.SIGINT)).Process(102, 101, "postgres", In("a", 2), NS(7), Args("postgres: bob shop [local] idle")).
				Attend(101, Runs("postmaster.pid")).Attend(102, Runs("postmaster.pid")), signal.CureStopSignal, "handled likely",
		},
		"a stopped process is to be looked at": {Alone("x", Caught(Term), StateOf("T")).Attend(101, Runs()), signal.CureStopped, ""},
		"nothing is wrong":                     {Alone("x", Caught(Term)).Attend(101, Runs()), signal.CureNone, ""},
	} {
		t.Run(name, func(t *testing.T) {
			test.world.Containers[0].StopTimeout = 10 * time.Second
			ix := test.world.Index()
			c, _ := Find(t, ix, "demo", 0)
			f := signal.ForecastOf(ix, c)
			if f.Cure.Kind != test.kind {
				t.Fatalf("cure %+v, want one of kind %q", f.Cure, test.kind)
			}
			got := ""
			if promise := f.Cure.Promise; promise != nil {
				got = fmt.Sprint(promise.Outcome, " ", promise.Certainty)
			}
			if got != test.want {
				t.Errorf("then %q, want %q", got, test.want)
			}
		})
	}
}

// No fix of the program helps if SIGKILL follows at once. The answer is the same if it is asked
// twice.
func TestThenWithoutGrace(t *testing.T) {
	w := Alone("x", Caught(procfs.SIGQUIT), Ignored(Term)).Attend(101, Runs())
	w.Containers[0].StopTimeout = 0
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	f := signal.ForecastOf(ix, c)
	change := signal.Change{Signal: procfs.SIGQUIT}
	first, second := f.Then(change), f.Then(change)
	if first.Outcome != signal.OutcomeIgnored || fmt.Sprint(first) != fmt.Sprint(second) {
		t.Errorf("cure %+v, then %+v and %+v", f.Cure, first, second)
	}
}
