package inspect_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// A session outlives its leader, and only its number connects an orphan with its exec session.
// Numbers are reused. If another session can have had the number before or after, nothing is
// said.
func TestSessionExec(t *testing.T) {
	begun := func(after time.Duration) func(*inspect.Exec) {
		return func(e *inspect.Exec) { e.StartedAt = Booted.Add(500*time.Second + after) }
	}
	orphan := func(w *World) *World {
		return w.Process(130, 101, "job", In("a", 30), NS(7), SID(109), StartedAt(500))
	}
	tests := map[string]struct {
		world *World
		pid   int
		want  string
	}{
		"of an ended one":                   {Demo(), 110, "e0"},
		"of a running one":                  {Demo(), 121, "e1"},
		"its leader is told by its role":    {Demo(), 120, ""},
		"of PID 1's own session":            {Demo(), 111, ""},
		"of a session that nobody knows":    {Demo().Process(130, 101, "job", In("a", 30), NS(7), SID(98)), 130, ""},
		"the number has a new leader":       {orphan(Demo().Process(109, 101, "daemon", In("a", 29), NS(7))), 130, ""},
		"another container's":               {Demo().Container("other", "b", 201).Process(201, 1, "sh", In("b", 1), NS(8)).Process(202, 201, "job", In("b", 2), NS(8), SID(109)), 202, ""},
		"no container's":                    {Demo().Process(50, 1, "job", SID(109)), 50, ""},
		"when it began is not known":        {orphan(endedExec()), 130, "old"},
		"the exec began after the process":  {orphan(endedExec(begun(inspect.StartSlack + 1))), 130, ""},
		"the exec began before the process": {orphan(endedExec(begun(-time.Second))), 130, "old"},
		"at one moment, by two clocks":      {orphan(endedExec(begun(inspect.StartSlack))), 130, "old"},
		"a PID of none, and a session of 0": {Demo().Exec("zero", "a", 0, false).Process(130, 101, "job", In("a", 30), NS(7), SID(0)), 130, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			got := ""
			if e := ix.SessionExec(ix.ProcessAt(test.pid)); e != nil {
				got = e.ID
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// endedExec is a container with an exec session that has ended and had the PID 109.
func endedExec(change ...func(*inspect.Exec)) *World {
	return Alone("sleep").Exec("old", "a", 109, false, change...)
}

// If the engine does not report an exec session, its first process shows it: it exists, leads
// the session and belongs to the same container.
func TestSessionExecRoot(t *testing.T) {
	unnamed := func() *World { return Alone("sleep").Process(120, 100, "sh", In("a", 21), NS(7)) }
	tests := map[string]struct {
		world *World
		pid   int
		want  int
	}{
		"below it":                        {Demo(), 121, 120},
		"itself":                          {Demo(), 120, 0},
		"its leader has gone":             {Demo(), 110, 0},
		"in PID 1's session":              {Demo(), 111, 0},
		"of one that the API did not say": {unnamed().Process(130, 101, "job", In("a", 30), NS(7), SID(120)), 130, 120},
		"its leader leads no session":     {unnamed().Process(140, 100, "sh", In("a", 40), NS(7), SID(139)).Process(130, 101, "job", In("a", 30), NS(7), SID(140)), 130, 0},
		"of another container":            {unnamed().Container("other", "b", 201).Process(201, 1, "sh", In("b", 1), NS(8)).Process(202, 201, "job", In("b", 2), NS(8), SID(120)), 202, 0},
		"of no container":                 {unnamed().Process(50, 1, "job", SID(120)), 50, 0},
		"of a daemon":                     {unnamed().Process(140, 101, "daemon", In("a", 40), NS(7)).Process(130, 101, "job", In("a", 30), NS(7), SID(140)), 130, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			if got := hostPIDOf(ix.SessionExecRoot(ix.ProcessAt(test.pid))); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// If two sessions have one PID, the running one has it, in whatever order the engine reported
// them.
func TestExecThatGotTheNumberOfAnEndedOne(t *testing.T) {
	for name, w := range map[string]*World{
		"the ended first":  Alone("sleep").Exec("ended", "a", 120, false).Exec("runs", "a", 120, true),
		"the ended second": Alone("sleep").Exec("runs", "a", 120, true).Exec("ended", "a", 120, false),
	} {
		ix := w.Process(120, 100, "sh", In("a", 21), NS(7)).Index()
		if e := ix.ExecOf(ix.Container(ID("a")), ix.ProcessAt(120)); e == nil || e.ID != "runs" {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

// The engine's report about a PID counts only for a child of a shim that is in that container.
// Other processes get the number when the session has ended.
func TestExecOf(t *testing.T) {
	tests := map[string]struct {
		world *World
		pid   int
		want  bool
	}{
		"it runs":                        {Demo(), 120, true},
		"it has ended and is not reaped": {Alone("sleep").Process(120, 100, "sh", In("a", 21), NS(7), Exited(0)).Exec("e", "a", 120, false), 120, true},
		"it has ended, and this lives":   {Alone("sleep").Process(120, 100, "sh", In("a", 21), NS(7)).Exec("e", "a", 120, false), 120, false},
		"its parent is no shim":          {Alone("sleep").Process(120, 101, "sh", In("a", 21), NS(7)).Exec("e", "a", 120, true), 120, false},
		"its parent calls itself a shim": {
			Alone("sleep").Process(110, 101, "containerd-shim", In("a", 2), NS(7), ShimOf("a")).Process(120, 110, "sh", In("a", 21), NS(7)).Exec("e", "a", 120, true), 120, false,
		},
		"its parent is gone":      {Alone("sleep").Process(120, 999, "sh", In("a", 21), NS(7)).Exec("e", "a", 120, true), 120, false},
		"it is of another's":      {Alone("sleep").Process(120, 100, "sh", In("a", 21), NS(7)).Exec("e", "b", 120, true), 120, false},
		"the engine named no PID": {Alone("sleep").Process(120, 100, "sh", In("a", 21), NS(7)).Exec("e", "a", 0, true), 120, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			c, p := ix.Container(ID("a")), ix.ProcessAt(test.pid)
			if got := ix.ExecOf(c, p) != nil; got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
			if row := ix.RowOf(c, p); (row.ExecID != "") != test.want {
				t.Errorf("in its row: got %q", row.ExecID)
			}
		})
	}
}
