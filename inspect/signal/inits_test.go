package signal_test

import (
	"fmt"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

// Two inits in a row are recognised by their executables, if the first is PID 1 and has started
// the second.
func TestInits(t *testing.T) {
	pair := func(outer, inner []string, change ...Change) *World {
		return Alone("docker-init", change...).Process(102, 101, "tini", inside(2)).Attend(101, Runs(outer...)).Attend(102, Runs(inner...))
	}
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"two inits":                    {pair(TiniMarks, dumbMarks), "101 102"},
		"tini twice":                   {pair(TiniMarks, TiniMarks), "101 102"},
		"a program behind it":          {pair(TiniMarks, nil), "none"},
		"a supervisor behind it":       {pair(TiniMarks, []string{"s6-svscan"}), "none"},
		"an init behind a program":     {pair(nil, TiniMarks), "none"},
		"no PID 1":                     {pair(TiniMarks, TiniMarks, noInit), "none"},
		"nothing behind it":            {Alone("tini").Attend(101, Runs(TiniMarks...)), "none"},
		"one that has ended behind it": {Alone("tini").Process(102, 101, "tini", inside(2), Exited(0)).Attend(101, Runs(TiniMarks...)), "none"},
		"an init that came later": {Alone("tini").Process(102, 101, "x", inside(2)).Process(103, 101, "tini", inside(3)).
			Attend(101, Runs(TiniMarks...)).Attend(102, Runs()).Attend(103, Runs(TiniMarks...)), "none"},
		"what they run is unread": {Alone("tini").Process(102, 101, "tini", inside(2)), "none"},
		"no main process":         {NewWorld().Container("demo", "a", 999), "none"},
	} {
		ix := test.world.Index()
		outer, inner := signal.Inits(ix, ix.Container(ID("a")))
		got := "none"
		if outer != nil && inner != nil {
			got = fmt.Sprint(outer.PID, " ", inner.PID)
		}
		if got != test.want || (outer == nil) != (inner == nil) {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// A supervisor that should be PID 1 and runs below an init is named. One that is PID 1, or that
// works with any PID, is not.
func TestMisplacedInit(t *testing.T) {
	behindTini := func(attending ...Attending) *World {
		return Alone("tini").Process(102, 101, "init", inside(2)).Attend(101, Runs(TiniMarks...)).Attend(102, attending...)
	}
	for name, test := range map[string]struct {
		world *World
		want  int
	}{
		"s6 behind tini":        {behindTini(Runs("s6-svscan")), 102},
		"systemd behind tini":   {behindTini(Linked("libsystemd-core-255.so")), 102},
		"s6 as PID 1":           {Alone("s6-svscan").Attend(101, Runs("s6-svscan")), 0},
		"s6 that has joined":    {Alone("s6-svscan", noInit).Attend(101, Runs("s6-svscan")), 101},
		"runsvdir behind tini":  {behindTini(Runs("runsvdir ")), 0},
		"a program behind tini": {behindTini(Runs()), 0},
		"what is unread":        {behindTini(Denied), 0},
		"behind two inits": {Alone("tini").Process(102, 101, "tini", inside(2)).Process(103, 102, "init", inside(3)).
			Attend(101, Runs(TiniMarks...)).Attend(102, Runs(TiniMarks...)).Attend(103, Runs("s6-svscan")), 103},
		"behind a shell":  {Alone("sh").Process(102, 101, "init", inside(2)).Attend(101, Runs(DashMarks...)).Attend(102, Runs("s6-svscan")), 0},
		"no main process": {NewWorld().Container("demo", "a", 999), 0},
	} {
		ix := test.world.Index()
		got := 0
		if p := signal.MisplacedInit(ix, ix.Container(ID("a"))); p != nil {
			got = p.PID
		}
		if got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}
