package source

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// Exec sessions are those of the containers in question that the engine has not forgotten, in
// the order of their PIDs. If there are zombies, past sessions are asked for too. The events
// have facts about them that nothing else has.
func TestExecs(t *testing.T) {
	hasExecs := func(ids ...string) func(*inspect.Container) {
		return func(c *inspect.Container) { c.ExecIDs = ids }
	}
	base := func() *World {
		return two().Declared("demo", hasExecs("late", "early", "forgotten")).Declared("other", hasExecs("others")).
			Exec("late", "a", 120, true).Exec("early", "a", 110, true).Exec("others", "b", 210, true).Exec("past", "a", 105, false).Exec("elses", "b", 205, false)
	}
	zombie := func() *World { return base().Process(102, 101, "job", inside(2), Exited(0)) }
	past := []inspect.Exec{{ID: "past", ContainerID: ID("a"), Command: "sh -c x", StartedAt: TakenAt}, {ID: "elses", ContainerID: ID("b")}}
	demo := []string{"demo"}
	for name, test := range map[string]struct {
		world    *World
		question need.Question
		fails    script
		want     string
	}{
		"of one":                {base(), need.Tree(demo), on("", "", nil), "early 110, late 120"},
		"of all":                {base(), need.Tree(nil), on("", "", nil), "early 110, late 120, others 210"},
		"of the whole host":     {base(), need.Doctor(demo, 0), on("", "", nil), "early 110, late 120, others 210"},
		"not wanted":            {base(), need.Limits(demo), on("", "", nil), ""},
		"one without answer":    {base(), need.Tree(demo), on("Exec", "late", ErrSilent), "early 110"},
		"no zombies, no past":   {base(), need.Zombies(demo, 0), on("", "", nil), "early 110, late 120"},
		"of the past too":       {zombie(), need.Zombies(demo, 0), on("", "", nil), "past 105 sh -c x, early 110, late 120"},
		"nothing is remembered": {zombie(), need.Zombies(demo, 0), on("ExecEvents", "", ErrSilent), "early 110, late 120"},
		"the past is forgotten": {zombie(), need.Zombies(demo, 0), on("Exec", "past", ErrNoSuchContainer), "early 110, late 120"},
		"a zombie of nobody's":  {base().Process(60, 1, "job", Exited(0)), need.Zombies(demo, 0), on("", "", nil), "early 110, late 120"},
	} {
		r := newRig(test.world).scripted(test.fails)
		r.facts.past = past
		var got []string
		for _, e := range r.record(t, test.question).Execs {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %d %s", e.ID, e.HostPID, e.Command)))
			if e.Command != "" && !e.StartedAt.Equal(TakenAt) {
				t.Errorf("%s: %s began at %s", name, e.ID, e.StartedAt)
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: got %v, want %s", name, got, test.want)
		}
	}
}

// The engine's events are expensive. They are asked for only if a container has a zombie.
func TestPastExecsAreAskedForZombiesOnly(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		want  int
	}{"none": {one(), 0}, "the host's": {one().Process(60, 1, "job", Exited(0)), 0}, "a container's": {littered(), 1}} {
		r := newRig(test.world)
		r.record(t, need.Zombies(nil, 0))
		if n := r.facts.times("ExecEvents", ""); n != test.want {
			t.Errorf("%s: asked %d times", name, n)
		}
	}
}
