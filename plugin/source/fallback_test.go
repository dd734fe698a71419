package source

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// refusing is an engine that cannot be reached.
func refusing(endpoint string, obstacle Obstacle) *fakeFacts {
	return &fakeFacts{script: func(context.Context, call) error {
		return &UnreachableError{Endpoint: endpoint, Obstacle: obstacle, Cause: errors.New("refused")}
	}}
}

// Containers are found without the engine where none answers at a socket of this host, and
// in no other case.
func TestFallback(t *testing.T) {
	const here = "unix:///run/fake.sock"
	for name, test := range map[string]struct {
		engine *fakeFacts
		falls  bool
	}{
		"no socket":              {refusing(here, NoSocket), true},
		"no process listens":     {refusing(here, NobodyListens), true},
		"out of files":           {refusing(here, ProcessOutOfFiles), false},
		"another obstacle":       {refusing(here, OtherObstacle), false},
		"on another host":        {refusing("tcp://10.0.0.1:2376", NobodyListens), false},
		"it refuses the user":    {&fakeFacts{script: func(context.Context, call) error { return &DeniedError{here} }}, false},
		"it is silent":           {&fakeFacts{script: func(context.Context, call) error { return ErrSilent }}, false},
		"it answers, with none":  {&fakeFacts{}, false},
		"it answers, with a few": {newRig(one()).facts, false},
	} {
		without := newRig(one()).facts
		f := &fallback{Facts: test.engine, without: without}
		list, err := f.List(t.Context(), false)
		if fell := f.why() != nil; fell != test.falls || without.times("List", "*") > 0 != test.falls || test.falls && (err != nil || len(list) != 1) {
			t.Errorf("%s: fell back %t, got %v, %v", name, fell, list, err)
		}
	}
}

// Once it is known that no engine answers, it is not asked again.
func TestFallbackOnce(t *testing.T) {
	engine, without := refusing("unix:///run/fake.sock", NoSocket), newRig(one()).facts
	f := &fallback{Facts: engine, without: without}
	ctx := t.Context()
	_, _ = f.PeerPID(ctx)
	_, _ = f.Inspect(ctx, "demo")
	_, _ = f.Exec(ctx, "x")
	_, _ = f.ExecEvents(ctx)
	_, _ = f.Events(ctx)
	_, _ = f.LastWords(ctx, "x")
	_, _ = f.Describe(ctx)
	for _, question := range []string{"PeerPID", "Inspect", "Exec", "ExecEvents", "Events", "LastWords", "Describe"} {
		asked, instead := engine.times(question, "*"), without.times(question, "*")
		if instead != 1 || asked != 0 && question != "PeerPID" {
			t.Errorf("%s: the engine was asked %d times, the other %d", question, asked, instead)
		}
	}
}

// A capture without an engine says why. Where there is no container either, the error is the
// engine's absence.
func TestFallbackTells(t *testing.T) {
	f := &fallback{Facts: refusing("unix:///run/fake.sock", NoSocket), without: &fakeFacts{}}
	_, _ = f.List(t.Context(), false)
	c := &inspect.Capture{Containers: one().Containers, Engine: inspect.Engine{Endpoint: "/proc"}}
	got, err := f.tell(t.Context(), c)
	if err != nil || !got.Engine.Absent || got.Engine.Endpoint != "unix:///run/fake.sock" || got.Engine.AbsentBecause != "no engine answers at unix:///run/fake.sock: the socket does not exist" {
		t.Errorf("got %+v, %v", got, err)
	}
	var unreachable *UnreachableError
	if _, err := f.tell(t.Context(), &inspect.Capture{}); !errors.As(err, &unreachable) {
		t.Errorf("without containers: got %v", err)
	}
	named := &fallback{Facts: f.Facts, without: newRig(one()).facts}
	_, _ = named.Inspect(t.Context(), "other")
	if got, err := named.tell(t.Context(), &inspect.Capture{}); err != nil || !got.Engine.Absent {
		t.Errorf("beside containers that were not asked for: got %+v, %v", got, err)
	}
	answers := &fallback{Facts: &fakeFacts{}, without: &fakeFacts{}}
	if got, err := answers.tell(t.Context(), &inspect.Capture{}); err != nil || got.Engine.Absent {
		t.Errorf("with an engine: got %+v, %v", got, err)
	}
}

// A silent engine's containers are what it has left on disk of them.
func TestSilentEngineOnDisk(t *testing.T) {
	r := newRig(one())
	r.facts.script = func(_ context.Context, c call) error {
		if c.name == "PeerPID" {
			return nil
		}
		return ErrSilent
	}
	disk := newRig(one()).facts
	disk.change(ID("a"), func(c *inspect.Container) { c.Name, c.Image = "web", "nginx:1" })
	r.without = wholeList{disk}
	c := r.record(t, need.Tree(nil))
	if len(c.Containers) != 1 || c.Containers[0].Name != "web" || c.Containers[0].Silent || !c.Engine.Silent {
		t.Errorf("got %+v, %+v", c.Engine, c.Containers)
	}
	other := newRig(one()).facts
	other.change(ID("a"), func(c *inspect.Container) { c.HostPID = 999 })
	r.without = wholeList{other}
	if c := r.record(t, need.Tree(nil)); !c.Containers[0].Silent {
		t.Errorf("the files are of an earlier run: got %+v", c.Containers)
	}
	some := &partList{wholeList: wholeList{disk}}
	r.without = some
	if c := r.record(t, need.Tree(nil)); c.Containers[0].Name != "web" || !slices.Equal(some.ids, []string{ID("a")}) {
		t.Errorf("of its own alone: got %+v, asked for %q", c.Containers, some.ids)
	}
}

// partList lists the containers that it is asked for.
type partList struct {
	wholeList
	ids []string
}

func (f *partList) ListOf(_ context.Context, ids []string) ([]inspect.Container, error) {
	f.ids = ids
	return f.known(), nil
}

// wholeList lists all that is known of each container.
type wholeList struct{ *fakeFacts }

func (f wholeList) List(context.Context, bool) ([]inspect.Container, error) { return f.known(), nil }
