package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// askedFor is what a question finds with the engine alone.
func askedFor(t *testing.T, r *rig, q need.Question) (*reading, error) {
	t.Helper()
	reading := r.newReading(t, q)
	return reading, reading.ask(t.Context())
}

// alone is a question about only these containers, or about all that run.
func alone(names []string) need.Question {
	q := need.HostPIDs()
	q.Containers = names
	return q
}

// If one container cannot be shown, that is a problem of this container, beside the others. If
// no container can be shown, the recording ends.
func TestProblemsAndErrors(t *testing.T) {
	both := []string{"demo", "other"}
	for name, test := range map[string]struct {
		names  []string
		script script
		want   string
	}{
		"all is well":                   {both, nil, "demo other"},
		"one twice":                     {[]string{"demo", "aaa", "demo"}, nil, "demo"},
		"one unknown":                   {[]string{"demo", "nobody"}, nil, "demo; no-such-container nobody: no such container: nobody"},
		"all unknown":                   {[]string{"x", "y"}, nil, "; no-such-container x: no such container: x; no-such-container y: no such container: y"},
		"one refused":                   {both, on("Inspect", "demo", errors.New("EOF")), "other; unreadable demo: demo: EOF"},
		"one denied":                    {both, on("Inspect", "demo", errDenied), "error: " + errDenied.Error()},
		"nobody there":                  {both, on("Inspect", "*", errUnreachable), "error: " + errUnreachable.Error()},
		"nobody waits":                  {both, on("Inspect", "*", context.Canceled), "error: context canceled"},
		"running, the list fails":       {nil, on("List", "*", errors.New("EOF")), "error: EOF"},
		"running, the list denied":      {nil, on("List", "*", errDenied), "error: " + errDenied.Error()},
		"running, one denied":           {nil, on("Inspect", ID("a"), errDenied), "demo other"},
		"running, one gone":             {nil, on("Inspect", ID("a"), ErrNoSuchContainer), "other"},
		"silent about one, then denied": {both, oneOf(on("Inspect", "demo", ErrSilent), on("List", "", errDenied)), "error: " + errDenied.Error()},
		"silent about an unknown one": {
			[]string{"demo", "nobody"}, on("Inspect", "nobody", ErrSilent),
			"demo; engine-silent nobody: the engine did not answer about nobody in 5s",
		},
	} {
		r := newRig(two())
		r.facts.script = test.script
		reading, err := askedFor(t, r, alone(test.names))
		got := names(reading.capture)
		for _, p := range reading.capture.Problems {
			got += fmt.Sprintf("; %s %s: %s", p.Kind, p.Ref, p.Text)
		}
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// An engine that does not answer at all is replaced by /proc, but only if it is proved to be on
// this host. If it does not answer about some containers, its answers about the others are used.
func TestSilentEngine(t *testing.T) {
	other := func(p *World, letter string) *World {
		return p.Alter(200, Args("containerd-shim-runc-v2", "-namespace", "moby", "-id", ID(letter), "-address", "/elsewhere.sock"))
	}
	for name, test := range map[string]struct {
		names  []string
		world  *World
		peer   int
		silent func(f *fakeFacts) script
		want   string
	}{
		"silent": {nil, two(), dockerd, func(f *fakeFacts) script { return oneOf(f.hanging("List", ""), f.hanging("Inspect", "*")) },
			"silent: " + ID("a")[:12] + " 101, " + ID("b")[:12] + " 201"},
		"silent, and named": {[]string{"demo"}, two(), dockerd, func(f *fakeFacts) script { return oneOf(f.hanging("List", ""), f.hanging("Inspect", "*")) },
			"silent: " + ID("a")[:12] + " 101, " + ID("b")[:12] + " 201"},
		"silent elsewhere": {nil, two(), 0, func(f *fakeFacts) script { return f.hanging("List", "") },
			"error: the engine did not answer"},
		"silent, of several engines": {nil, other(two(), "b"), 1, func(f *fakeFacts) script { return f.hanging("List", "") },
			"silent: ; engine-silent: the engine does not answer, and /proc shows containers of several engines"},
		"silent, behind who holds its socket": {nil, two(), 1, func(f *fakeFacts) script { return f.hanging("List", "") },
			"silent: " + ID("a")[:12] + " 101, " + ID("b")[:12] + " 201"},
		"silent about one": {nil, two(), dockerd, func(f *fakeFacts) script { return f.hanging("Inspect", ID("a")) }, "demo 101 silent, other 201"},
		"silent about one that was named": {[]string{"demo", "other"}, two(), dockerd, func(f *fakeFacts) script { return f.hanging("Inspect", "demo") },
			"demo 101 silent, other 201"},
		"silent about one that has ended": {nil, two().Without(101).Process(102, 100, "sleep", func(p *procfs.Process) { p.NSPIDs = []int{102} }), dockerd, func(f *fakeFacts) script { return f.hanging("Inspect", ID("a")) },
			"demo 0 silent, held by 102, other 201"},
		"silent about one elsewhere": {nil, two().Without(100, 101), 0, func(f *fakeFacts) script { return f.hanging("Inspect", ID("a")) },
			"demo 0 silent, other 201"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(test.world)
			r.facts.peer, r.facts.script = test.peer, test.silent(r.facts)
			c, err := record(t.Context(), r.host(), alone(test.names))
			if err != nil {
				if got := "error: " + err.Error(); got != test.want || !errors.Is(err, ErrSilent) {
					t.Errorf("%s: got %s, want %s", name, got, test.want)
				}
				return
			}
			var list []string
			for _, container := range c.Containers {
				word := fmt.Sprint(container.Name, " ", container.HostPID)
				if container.Silent && !c.Engine.Silent {
					word += " silent"
				}
				if container.Held != nil {
					word += fmt.Sprint(", held by ", container.Held.PID)
				}
				list = append(list, word)
			}
			got := strings.Join(list, ", ")
			if c.Engine.Silent {
				got = "silent: " + got
			}
			for _, p := range c.Problems {
				got += fmt.Sprintf("; %s: %s", p.Kind, p.Text)
			}
			if got != test.want {
				t.Errorf("%s: got %s, want %s", name, got, test.want)
			}
		})
	}
}

// An engine that hangs on one container, and therefore also on its own name, costs one deadline.
func TestNameIsAskedForMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(littered())
		r.scripted(func() script { return r.facts.hanging("Inspect", "*") }(), func() script { return r.facts.hanging("Describe", "*") }())
		begun := time.Now()
		r.record(t, need.Version())
		if took := time.Since(begun); took != r.facts.Timeout() {
			t.Errorf("took %s, want %s", took, r.facts.Timeout())
		}
	})
}

// A silent engine is asked nothing more, whatever the question needs, because each request would
// cost its deadline. Its name is asked for at the same time, which costs none.
func TestSilentEngineIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(littered().Declared("demo", func(c *inspect.Container) { c.ExecIDs = []string{"e1"} }))
		r.scripted(on("List", "", ErrSilent))
		c := r.record(t, need.Snapshot(time.Second))
		for _, question := range []string{"Inspect", "Exec", "ExecEvents", "Events"} {
			if n := r.facts.times(question, "*"); n != 0 {
				t.Errorf("%s was asked %d times", question, n)
			}
		}
		if n := r.facts.times("ListAll", "*"); n != 1 || c.Listing != nil {
			t.Errorf("listed %d times: %v", n, c.Listing)
		}
		// Its shim may hang, because the engine does not answer about it.
		if len(c.Attention) != 3 || c.Attention[0].PID != 100 || c.Attention[1].PID != 101 {
			t.Errorf("whom the shims name was not asked: %v", c.Attention)
		}
		if got := lookOf(c.SecondLook); got != "102 of 101" || !c.Engine.Silent || !c.Snapshot.Whole {
			t.Errorf("the second look was %s", got)
		}
	})
}

// The filter selects before the others are asked for. They are still known, because they may
// share namespaces.
func TestFilter(t *testing.T) {
	var filter inspect.Filter
	if err := filter.Add("name", "^other$"); err != nil {
		t.Fatal(err)
	}
	reading, err := askedFor(t, newRig(two()), need.Tree(nil).Matching(filter, false))
	if err != nil || names(reading.capture) != "demo other" || !slices.Equal(reading.selected, []string{ID("b")}) {
		t.Errorf("selected %v of %s, %v", reading.selected, names(reading.capture), err)
	}
}

// Containers whose namespaces were joined are asked for too, running or not, along a chain and
// in a circle, each once. One that is not found is left out.
func TestOwnersOfJoinedNamespaces(t *testing.T) {
	stopped := func(owner string) func(*inspect.Container) {
		return func(c *inspect.Container) { c.PIDMode, c.Status, c.HostPID = "container:"+owner, "exited", 0 }
	}
	net := func(c *inspect.Container) { c.NetworkMode = "container:" + ID("d") }
	for name, test := range map[string]struct {
		world *World
		fails script
		want  string
	}{
		"none":               {one(), nil, "demo"},
		"one that runs":      {two().Declared("demo", JoinedTo(ID("b"))), nil, "demo other"},
		"by its name":        {two().Declared("demo", JoinedTo("other")), nil, "demo other"},
		"one that ended":     {one().Declared("demo", JoinedTo(ID("c"))).Container("past", "c", 0, hasExited), nil, "demo past"},
		"a chain":            {one().Declared("demo", JoinedTo(ID("c"))).Container("mid", "c", 0, stopped(ID("d"))).Container("end", "d", 0, hasExited), nil, "demo mid end"},
		"a circle":           {one().Declared("demo", JoinedTo(ID("c"))).Container("back", "c", 0, stopped(ID("a"))), nil, "demo back"},
		"itself":             {one().Declared("demo", JoinedTo("demo")), nil, "demo"},
		"two of one":         {one().Declared("demo", JoinedTo(ID("d"))).Declared("demo", net).Container("end", "d", 0, hasExited), nil, "demo end"},
		"one that is gone":   {one().Declared("demo", JoinedTo(ID("c"))), nil, "demo"},
		"one without answer": {two().Declared("demo", JoinedTo(ID("b"))), on("Inspect", ID("b"), ErrSilent), "demo"},
		"by two beginnings":  {two().Declared("demo", JoinedTo("bbb")).Declared("demo", func(c *inspect.Container) { c.IPCMode = "container:bbbb" }), nil, "demo other"},
	} {
		r := newRig(test.world)
		r.facts.script = test.fails
		reading, err := askedFor(t, r, alone([]string{"demo"}))
		if got := names(reading.capture); err != nil || got != test.want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, test.want)
		}
		for _, ref := range []string{ID("a"), ID("b"), ID("c"), ID("d"), "other"} {
			if n := r.facts.times("Inspect", ref); n > 1 || ref == ID("a") && n > 0 {
				t.Errorf("%s: %s was asked for %d times", name, ref[:5], n)
			}
		}
	}
}

// An owner that is gone is asked for once, however many containers have joined it.
func TestAnOwnerThatIsGone(t *testing.T) {
	w := two().Declared("demo", JoinedTo(ID("d"))).Declared("other", JoinedTo(ID("d")))
	r := newRig(w)
	reading, err := askedFor(t, r, alone([]string{"demo", "other"}))
	if got := names(reading.capture); err != nil || got != "demo other" || r.facts.times("Inspect", ID("d")) != 1 {
		t.Errorf("got %s, %v; asked %d times", got, err, r.facts.times("Inspect", ID("d")))
	}
}

// Containers that may share namespaces are asked for if that is wanted. If they could not be
// listed, that is reported, and is not an error.
func TestSharers(t *testing.T) {
	demo := []string{"demo"}
	for name, test := range map[string]struct {
		question need.Question
		fails    script
		want     string
	}{
		"not wanted":               {need.MainPID("demo", true), nil, "demo, listed 0 times"},
		"all":                      {need.Namespaces(demo), nil, "demo other, listed 1 times"},
		"proven":                   {need.Tree(demo), nil, "demo, listed 1 times"},
		"no list":                  {need.Namespaces(demo), on("List", "", errors.New("EOF")), "demo, listed 1 times, others unread"},
		"a silent list":            {need.Tree(demo), on("List", "", ErrSilent), "demo, listed 1 times, others unread"},
		"one without answer":       {need.Namespaces(demo), on("Inspect", ID("b"), ErrSilent), "demo other, listed 1 times"},
		"all are named":            {need.Namespaces([]string{"demo", "other"}), nil, "demo other, listed 1 times"},
		"the named one is unknown": {need.Namespaces([]string{"nobody"}), nil, "demo other, listed 1 times"},
	} {
		r := newRig(two())
		r.facts.script = test.fails
		reading, err := askedFor(t, r, test.question)
		got := fmt.Sprintf("%s, listed %d times", names(reading.capture), r.facts.times("List", ""))
		if reading.capture.OthersUnread {
			got += ", others unread"
		}
		if err != nil || got != test.want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, test.want)
		}
	}
}

// While the named containers are asked for, the others are being listed, so that a slow engine
// costs its time once.
func TestListedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(two())
		slow := func(_ context.Context, c call) error {
			if c == (call{"List", "", 1}) || c == (call{"Inspect", "demo", 1}) {
				<-time.After(time.Second)
			}
			return nil
		}
		r.facts.script = slow
		before := time.Now()
		if _, err := askedFor(t, r, need.Tree([]string{"demo"})); err != nil || time.Since(before) != time.Second {
			t.Errorf("it took %s, %v", time.Since(before), err)
		}
	})
}
