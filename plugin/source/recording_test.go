package source

import (
	"bytes"
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

// forget removes a container from the engine.
func (f *fakeFacts) forget(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.containers = slices.DeleteFunc(slices.Clone(f.containers), func(c inspect.Container) bool { return c.ID == id })
}

// learn adds a container to the engine.
func (f *fakeFacts) learn(c inspect.Container) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.containers = append(slices.Clone(f.containers), c)
}

func hasPID(pid int) func(*inspect.Container) {
	return func(c *inspect.Container) { c.HostPID = pid }
}

func hasExited(c *inspect.Container) { c.Status, c.HostPID = "exited", 0 }

// A container that changed between asking and reading is asked for and read again, at most three
// times. One that did not change is not asked for again.
func TestRounds(t *testing.T) {
	gone := func() *World { return one().Without(101) }
	for name, test := range map[string]struct {
		// read is the world when processes are read, and then is what the engine answers when it
		// is asked whether something changed.
		read   *World
		then   func(r *rig, nth int) error
		rounds int
		want   string
	}{
		"nothing changed": {one(), nil, 1, "demo running 101 bound"},
		"restarted": {runs(engineHost(), "demo", "a", 111), func(r *rig, _ int) error {
			r.facts.change(ID("a"), hasPID(111))
			return nil
		}, 2, "demo running 111 bound"},
		"restarted at every look": {gone(), func(r *rig, nth int) error {
			r.facts.change(ID("a"), hasPID(500+nth))
			return nil
		}, 3, "demo running 502 vanished"},
		"paused and gone": {gone(), func(r *rig, _ int) error {
			r.facts.change(ID("a"), func(c *inspect.Container) { c.Status = "paused" })
			return nil
		}, 2, "demo paused 101 vanished"},
		"ended": {gone(), func(r *rig, _ int) error {
			r.facts.change(ID("a"), hasExited)
			return nil
		}, 2, "demo exited 0 no-process"},
		"ended and removed": {gone(), func(r *rig, _ int) error {
			r.facts.forget(ID("a"))
			return nil
		}, 2, "no such container: demo"},
		"replaced under its name": {runs(engineHost(), "demo", "b", 201), func(r *rig, _ int) error {
			r.facts.forget(ID("a"))
			r.facts.learn(inspect.Container{ID: ID("b"), Name: "demo", Status: "running", HostPID: 201})
			return ErrNoSuchContainer
		}, 2, "demo running 201 bound"},
		"ended, and the engine has not noticed":        {gone(), nil, 1, "demo running 101 vanished"},
		"ended, and the engine does not answer by now": {gone(), func(*rig, int) error { return ErrSilent }, 1, "demo running 101 vanished"},
		"another has its number":                       {one().Alter(101, In("b", 1), Below(1)), nil, 1, "demo running 101 contradicted"},
	} {
		r := newRig(one())
		r.scripted(at("Inspect", "demo", 1, func() { r.processes.become(test.read) }), func(_ context.Context, c call) error {
			if c.name == "Inspect" && c.ref == ID("a") && test.then != nil {
				return test.then(r, c.nth)
			}
			return nil
		})
		capture := r.record(t, need.Tree([]string{"demo"}))
		if got := stateOf(capture, "demo"); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
		if n := r.facts.times("Inspect", "demo"); n != test.rounds {
			t.Errorf("%s: asked in %d rounds, want %d", name, n, test.rounds)
		}
		if n := r.facts.times("Inspect", ID("a")); strings.HasSuffix(test.want, " bound") && test.rounds == 1 && n != 0 {
			t.Errorf("%s: asked %d times whether it changed", name, n)
		}
	}
}

// stateOf is the state of a container in the capture, or why it has none.
func stateOf(c *inspect.Capture, ref string) string {
	ix := inspect.NewIndex(c)
	found, problem := ix.Resolve(ref)
	if problem != nil {
		return problem.Text
	}
	return strings.Join([]string{found.Name, found.Status, itoa(found.HostPID), string(ix.Binding(found).Outcome)}, " ")
}

// If none of the containers is on this host, checking a few is enough to see that they were not
// restarted. If the engine is proved to be here, each is checked.
func TestRoundsOfAnEngineElsewhere(t *testing.T) {
	for name, test := range map[string]struct {
		peer  error
		again int
	}{"elsewhere": {ErrNoPeer, inspecting}, "here": {nil, 20}} {
		w := engineHost()
		for i := range 20 {
			w.Container("c"+itoa(i), string(rune('a'+i)), 1000+i)
		}
		r := newRig(w)
		r.scripted(on("PeerPID", "*", test.peer))
		r.record(t, need.Tree(nil))
		if n := r.facts.times("Inspect", "*") - 20; n != test.again {
			t.Errorf("%s: asked about %d again, want %d", name, n, test.again)
		}
	}
}

// A round starts with nothing of the one before, neither containers nor problems.
func TestRoundsLeaveNothing(t *testing.T) {
	r := newRig(one())
	r.scripted(
		on("Inspect", "late", nil),
		at("Inspect", "demo", 1, func() { r.processes.become(one().Without(101)) }),
		at("Inspect", ID("a"), 1, func() {
			r.facts.change(ID("a"), hasExited)
			r.facts.learn(inspect.Container{ID: ID("c"), Name: "late", Status: "created"})
		}),
	)
	capture := r.record(t, need.Tree([]string{"demo", "late"}))
	if len(capture.Problems) != 0 || names(capture) != "demo late" {
		t.Errorf("got %s and %v", names(capture), capture.Problems)
	}
}

// Every container is listed before and after the processes are read. The capture has the list
// only if both succeeded. It also has the process that serves the socket.
func TestListing(t *testing.T) {
	for name, test := range map[string]struct {
		question need.Question
		fails    int // which of the two lists, 0 for none
		want     string
	}{
		"wanted":          {need.Doctor(nil, 0), 0, "running running, daemon 50"},
		"not wanted":      {need.Tree(nil), 0, "none"},
		"the first fails": {need.Doctor(nil, 0), 1, "none"},
		"the second":      {need.Doctor(nil, 0), 2, "none"},
		"it changes":      {need.Doctor(nil, 0), -1, "running paused, daemon 50"},
	} {
		r := newRig(one())
		r.facts.script = func(_ context.Context, c call) error {
			switch {
			case c == (call{"ListAll", "", test.fails}):
				return errors.New("EOF")
			case c == (call{"ListAll", "", 2}) && test.fails == -1:
				r.facts.change(ID("a"), func(c *inspect.Container) { c.Status = "paused" })
			}
			return nil
		}
		got := "none"
		if l := r.record(t, test.question).Listing; l != nil {
			got = l.Before[0].Status + " " + l.After[0].Status + ", daemon " + itoa(l.Daemon)
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// What the remaining processes of an exited container keep from others is read, except for PIDs
// that another process has got by then.
func TestListingReadsLeftovers(t *testing.T) {
	left := func(start uint64) []procfs.Resources {
		return []procfs.Resources{{Key: procfs.Key{PID: 301, StartTicks: start}, ResidentBytes: procfs.Some(uint64(4096))}}
	}
	for name, test := range map[string]struct {
		status string
		held   []procfs.Resources
		want   int
	}{
		"of one that has ended": {"exited", left(301), 1}, "another process by now": {"exited", left(999), 0},
		"it ended meanwhile": {"exited", nil, 0}, "of one that runs": {"running", left(301), 0},
	} {
		w := one().Container("past", "c", 0, func(c *inspect.Container) { c.Status = test.status }).
			Process(301, 1, "daemon", In("c", 5), EveryNamespace(3010, nil))
		w.Capture.Resources = test.held
		if got := newRig(w).record(t, need.Doctor([]string{"demo"}, 0)).Resources; len(got) != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// A capture of everything has containers that do not run, but not those that started since.
// Without a list they stay unknown.
func TestEnded(t *testing.T) {
	for name, test := range map[string]struct {
		script func(r *rig) script
		want   string
	}{
		"told": {func(*rig) script { return on("", "", nil) }, "demo past"},
		"started since": {func(r *rig) script {
			return at("Inspect", ID("c"), 1, func() { r.facts.change(ID("c"), func(c *inspect.Container) { c.Status = "running" }) })
		}, "demo"},
		"removed since":                    {func(*rig) script { return on("Inspect", ID("c"), ErrNoSuchContainer) }, "demo"},
		"no answer about it":               {func(*rig) script { return on("Inspect", ID("c"), ErrSilent) }, "demo past"},
		"no list but that of running ones": {func(*rig) script { return on("ListAll", "", errors.New("EOF")) }, "demo"},
	} {
		w := one().Container("past", "c", 0, hasExited)
		r := newRig(w)
		r.scripted(test.script(r))
		if got := names(r.record(t, need.Snapshot(0))); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
	if got := names(newRig(one().Container("past", "c", 0, hasExited)).record(t, need.Tree(nil))); got != "demo" {
		t.Errorf("nobody asked for them: got %s", got)
	}
}

// The engine's name and events are asked for only if they are wanted. Without an answer, the
// capture has what is known.
func TestNameAndEvents(t *testing.T) {
	for name, test := range map[string]struct {
		question need.Question
		fails    string
		want     string
	}{
		"both":                  {need.Snapshot(0), "", "fake events"},
		"neither":               {need.Tree(nil), "", "unix:///run/fake.sock"},
		"the name":              {need.Version(), "", "fake"},
		"the events":            {need.Explain("demo"), "", "unix:///run/fake.sock events"},
		"no answer to its name": {need.Snapshot(0), "Describe", "unix:///run/fake.sock events"},
		"no answer about them":  {need.Snapshot(0), "Events", "fake"},
	} {
		r := newRig(one()).scripted(on(test.fails, "", ErrSilent))
		c := r.record(t, test.question)
		got := c.Engine.Name
		if c.Events != nil {
			got += " events"
		}
		if got != test.want || c.Engine.Endpoint != "unix:///run/fake.sock" || c.Tool != "test" {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// The name of a removed container, which shows its successor, is only in the events. They are asked
// for if a container was configured to join one that the engine does not know.
func TestEventsOfRemovedOwners(t *testing.T) {
	joins := func(ref string) *World {
		return two().Declared("demo", func(c *inspect.Container) { c.NetworkMode = "container:" + ref })
	}
	stopped := joins(ID("a")).Declared("demo", func(c *inspect.Container) { c.Status, c.HostPID = "exited", 0 })
	for name, test := range map[string]struct {
		world    *World
		question need.Question
		want     int
	}{
		"namespaces":            {joins(ID("d")), need.Namespaces(nil), 1},
		"one's namespaces":      {joins(ID("d")), need.Namespaces([]string{"demo"}), 1},
		"another's namespaces":  {joins(ID("d")), need.Namespaces([]string{"other"}), 0},
		"everything":            {joins(ID("d")), need.Doctor(nil, 0), 1},
		"the owner runs":        {joins(ID("b")), need.Namespaces(nil), 0},
		"nobody joined":         {two(), need.Namespaces(nil), 0},
		"the member is stopped": {stopped, need.Doctor(nil, 0), 0},
		"trees do not name it":  {joins(ID("d")), need.Tree(nil), 0},
	} {
		r := newRig(test.world)
		r.facts.log.Events = []inspect.Event{{ContainerID: ID("d"), Action: "destroy", Name: "other", ExitCode: -1}}
		c := r.record(t, test.question)
		if n := r.facts.times("Events", ""); n != test.want || (c.Events != nil) != (test.want > 0) {
			t.Errorf("%s: asked %d times, %+v", name, n, c.Events)
		}
	}
	r := newRig(joins(ID("d"))).scripted(on("Events", "", ErrSilent))
	if c := r.record(t, need.Namespaces(nil)); c.Events != nil || len(c.Containers) != 2 {
		t.Errorf("without an answer: %+v of %d containers", c.Events, len(c.Containers))
	}
}

// What a container's labels have put into its events is not used as the engine's report.
func TestEventsOfLabels(t *testing.T) {
	r := newRig(one().Declared("demo", func(c *inspect.Container) { c.Labels = map[string]string{"signal": "9"} }))
	r.facts.log.Events = []inspect.Event{{ContainerID: ID("a"), Action: "kill", Signal: 9, ExitCode: -1}}
	if c := r.record(t, need.Explain("demo")); len(c.Events.Events) != 1 || c.Events.Events[0].Signal != 0 {
		t.Errorf("got %+v", c.Events)
	}
}

// The end of a log is read for containers whose last run was short, if it is wanted, and is not
// saved to files.
func TestLastWords(t *testing.T) {
	short := func(c *inspect.Container) {
		c.Status, c.ExitCode, c.StartedAt, c.FinishedAt = "exited", 1, TakenAt.Add(-time.Minute), TakenAt.Add(-time.Minute)
	}
	long := func(c *inspect.Container) { short(c); c.FinishedAt = TakenAt }
	for name, test := range map[string]struct {
		change   func(*inspect.Container)
		question need.Question
		want     int
	}{
		"a short run":   {short, need.Explain("gone"), 1},
		"a long run":    {long, need.Explain("gone"), 0},
		"not in a file": {short, need.Snapshot(0), 0},
	} {
		rig := newRig(one().Container("gone", "b", 0, test.change))
		rig.facts.words = map[string][]string{ID("b"): {"exec /x: exec format error"}}
		c := rig.record(t, test.question)
		got := 0
		for i := range c.Containers {
			got += len(c.Containers[i].LastWords)
		}
		var file bytes.Buffer
		if err := c.Encode(&file); err != nil || got != test.want || strings.Contains(file.String(), "exec format") {
			t.Errorf("%s: got %d lines, %v; want %d", name, got, err, test.want)
		}
	}
}

// The number of tasks is read for containers that were asked for and have a main process, and
// not if main processes are enough.
func TestPIDsUse(t *testing.T) {
	use := func(n int) inspect.PIDsUse { return inspect.PIDsUse{Current: procfs.Some(n)} }
	for name, test := range map[string]struct {
		question need.Question
		want     string
	}{
		"one of two": {need.Tree([]string{"demo"}), "a3"}, "all": {need.Tree(nil), "a3 b4"},
		"the main process suffices": {need.MainPID("demo", true), ""}, "one that has ended": {need.Tree([]string{"past"}), ""},
	} {
		w := two().Container("past", "c", 0, hasExited)
		w.PIDs = map[string]inspect.PIDsUse{ID("a"): use(3), ID("b"): use(4)}
		var got []string
		for id, u := range newRig(w).record(t, test.question).PIDs {
			got = append(got, id[:1]+itoa(u.Current.Or(0)))
		}
		slices.Sort(got)
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %v, want %s", name, got, test.want)
		}
	}
}

// The TIDs in a capture of everything are those of processes with several threads, by their
// process.
func TestThreads(t *testing.T) {
	w := one().Alter(101, func(p *procfs.Process) { p.Threads = 2 })
	w.Capture.Threads = map[int]procfs.Thread{105: {PID: 101, NSPIDs: []int{105, 5}}, 106: {PID: 50, NSPIDs: []int{106}}}
	r := newRig(w)
	got := r.record(t, need.Snapshot(0)).Threads
	if len(got) != 1 || got[105].PID != 101 || r.processes.times("Threads") != 1 {
		t.Errorf("got %v", got)
	}
}

// When the caller no longer waits, the recording ends, whatever it was doing.
func TestRecordCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, waits := range map[string]string{"the list": "List", "a container": "Inspect", "its name": "ListAll"} {
			r := newRig(one())
			r.scripted(r.facts.hanging(waits, "*"))
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				synctest.Wait()
				cancel()
			}()
			before := time.Now()
			_, err := record(ctx, r.host(), need.Doctor(nil, time.Second))
			if !errors.Is(err, context.Canceled) || time.Since(before) != 0 {
				t.Errorf("%s: %v after %s", name, err, time.Since(before))
			}
		}
	})
}

// A container's label replaces the engine's own value. The value there is then not one of the
// engine.
func TestEventsWithoutLabels(t *testing.T) {
	told := []inspect.Event{
		{ContainerID: ID("a"), Action: "kill", Signal: 9, ExitCode: -1}, {ContainerID: ID("a"), Action: "die", ExitCode: 42},
		{ContainerID: ID("b"), Action: "kill", Signal: 9, ExitCode: -1}, {ContainerID: ID("b"), Action: "die", ExitCode: 42},
		{ContainerID: ID("c"), Action: "kill", Signal: 9, ExitCode: -1}, {ContainerID: ID("c"), Action: "die", ExitCode: 42},
	}
	containers := []inspect.Container{
		{ID: ID("a"), Labels: map[string]string{"signal": "9", "x": "y"}}, {ID: ID("b"), Labels: map[string]string{"exitCode": ""}}, {ID: ID("e")},
	}
	got, want := "", "kill 0 -1, die 0 42, kill 9 -1, die 0 -1, kill 9 -1, die 0 42, "
	for _, e := range withoutLabels(told, containers) {
		got += fmt.Sprintf("%s %d %d, ", e.Action, e.Signal, e.ExitCode)
	}
	if got != want || told[0].Signal != 9 {
		t.Errorf("got %q, want %q", got, want)
	}
}
