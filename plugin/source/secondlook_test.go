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

// settle is how long recordings wait in these tests, with a clock that does not take that time.
const settle = time.Second

// inside puts a process into the container of process 101, with that PID there.
func inside(pid int) Change {
	return func(p *procfs.Process) {
		In("a", pid)(p)
		NS(1010)(p)
	}
}

// littered is a host with a container that has a zombie, 102, and a child that could adopt it,
// 103.
func littered() *World {
	return one().Process(102, 101, "job", inside(2), Exited(0)).Process(103, 101, "sub", inside(3))
}

// afterwards replaces the host by another one when the recording has waited.
func (r *rig) afterwards(w *World, more func()) *rig {
	r.processes.script = func(name string, _ int) error {
		if name == "StillZombies" {
			r.processes.become(w)
			if more != nil {
				more()
			}
		}
		return nil
	}
	return r
}

// The second look shows which zombies still exist and which parents they have then, and which
// containers ended. If there is nothing to look at again, it does not wait.
func TestSecondLook(t *testing.T) {
	for name, test := range map[string]struct {
		first, second *World
		settle        time.Duration
		want          string
		waits         time.Duration
	}{
		"no zombies":          {one(), one(), settle, "", 0},
		"nobody's zombie":     {one().Process(104, 1, "orphan", Exited(0)), one().Process(104, 1, "orphan", Exited(0)), settle, "", 0},
		"nobody wants it":     {littered(), littered(), 0, "none", 0},
		"it stays":            {littered(), littered(), settle, "102 of 101", settle},
		"it stays for less":   {littered(), littered(), pauses[1] + 1, "102 of 101", pauses[1] + 1},
		"it was reaped":       {littered(), littered().Without(102), settle, "", pauses[0]},
		"reaped before that":  {littered(), littered().Without(102), pauses[0], "", pauses[0]},
		"it was adopted":      {littered(), littered().Alter(102, Below(103)), settle, "102 of 103", settle},
		"another has its PID": {littered(), littered().Alter(102, StartedAt(900)), settle, "", pauses[0]},
		"its container ended": {littered(), engineHost(), settle, "ended a", pauses[0]},
		"its main process has become a zombie": {
			littered(), littered().Alter(101, Exited(0)), settle, "102 of 101 ended a", settle,
		},
		"its main process was one already": {
			littered().Alter(101, Exited(0)), littered().Alter(101, Exited(0)), settle, "101 of 100 102 of 101", settle,
		},
		"another main process": {littered(), littered().Without(102).Alter(101, StartedAt(900)), settle, "ended a", pauses[0]},
		"two of three stay": {
			littered().Process(104, 1, "orphan", Exited(0)).Process(105, 103, "job", inside(5), Exited(0)),
			littered().Process(105, 103, "job", inside(5), Exited(0)), settle, "102 of 101 105 of 103", settle,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(test.first).afterwards(test.second, nil)
			before := time.Now()
			got := lookOf(r.record(t, need.Zombies(nil, test.settle)).SecondLook)
			if got != test.want {
				t.Errorf("%s: got %q, want %q", name, got, test.want)
			}
			if waited := time.Since(before); waited != test.waits {
				t.Errorf("%s: waited %s, want %s", name, waited, test.waits)
			}
		})
	}
}

// No question waits on a host on which there is nothing to look at again.
func TestNothingToLookAtAgain(t *testing.T) {
	for name, q := range map[string]need.Question{
		"zombies": need.Zombies(nil, settle), "one's zombies": need.Zombies([]string{"demo"}, settle), "doctor": need.Doctor(nil, settle), "one's doctor": need.Doctor([]string{"demo"}, settle),
		"explain": need.Explain("demo"), "signals": need.Signals(nil, settle, false), "one's signals": need.Signals([]string{"demo"}, settle, true), "metrics": need.Metrics(settle), "snapshot": need.Snapshot(settle),
	} {
		synctest.Test(t, func(t *testing.T) {
			before := time.Now()
			look := newRig(two().Process(102, 101, "worker", inside(2))).record(t, q).SecondLook
			if waited := time.Since(before); look == nil || waited != 0 {
				t.Errorf("%s: %+v, waited %s", name, look, waited)
			}
		})
	}
}

// manyZombies is a host whose container has so many of them, from 1001 on. Of those in the list
// only every other one is there.
func manyZombies(n int, gone ...int) *World {
	w := one()
	for i := range n {
		if pid := 1001 + i; !slices.Contains(gone, pid) {
			w.Process(pid, 101, "job", inside(pid-900), Exited(0))
		}
	}
	return w
}

// upTo are the PIDs from 1001 on, so many.
func upTo(n int) (pids []int) {
	for i := range n {
		pids = append(pids, 1001+i)
	}
	return pids
}

// The wait is over as soon as none of many is left. Those that are left get the whole time, and
// no one that was reaped meanwhile is reported.
func TestSecondLookOfMany(t *testing.T) {
	const many = 5 * mostLooked
	for name, test := range map[string]struct {
		// at are the times at which the host becomes the one after so many were reaped.
		at     []time.Duration
		reaped []int
		left   int
		waits  time.Duration
	}{
		"none is reaped":                {nil, nil, many, settle},
		"all are reaped early":          {[]time.Duration{10 * time.Millisecond}, []int{many}, 0, pauses[0]},
		"all are reaped by and by":      {[]time.Duration{10 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond}, []int{10, 120, many}, 0, pauses[2]},
		"all are reaped late":           {[]time.Duration{pauses[2] + 1}, []int{many}, 0, settle},
		"the last one stays":            {[]time.Duration{10 * time.Millisecond}, []int{many - 1}, 1, settle},
		"some are reaped, others later": {[]time.Duration{10 * time.Millisecond, settle / 2}, []int{60, 70}, many - 70, settle},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(manyZombies(many))
			began := time.Now()
			go func() {
				for i, at := range test.at {
					time.Sleep(time.Until(began.Add(at)))
					r.processes.become(manyZombies(many, upTo(test.reaped[i])...))
				}
			}()
			look := r.record(t, need.Zombies(nil, settle)).SecondLook
			if len(look.Zombies) != test.left || time.Since(began) != test.waits || !look.At.Equal(time.Now()) {
				t.Errorf("%s: %d are left after %s, want %d after %s", name, len(look.Zombies), time.Since(began), test.left, test.waits)
			}
			time.Sleep(settle)
		})
	}
}

// A container that joined a PID namespace may be affected by what its init has not waited for,
// and the init by the orphans of that container. Both are looked at again for either.
func TestSecondLookOfSharers(t *testing.T) {
	w := runs(littered(), "other", "b", 201).
		Alter(201, In("b", 9), NS(1010)).Declared("other", func(c *inspect.Container) { c.PIDMode = "container:" + ID("a") }).
		Process(202, 101, "left", In("b", 10), NS(1010), Exited(0)).
		Process(104, 1, "orphan", Exited(0))
	for name, want := range map[string]string{"demo": "102 of 101 202 of 101", "other": "102 of 101 202 of 101"} {
		synctest.Test(t, func(t *testing.T) {
			if got := lookOf(newRig(w).record(t, need.Zombies([]string{name}, settle)).SecondLook); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		})
	}
}

// lookOf is a second look in words.
func lookOf(look *inspect.Look) string {
	if look == nil {
		return "none"
	}
	var words []string
	for _, z := range look.Zombies {
		words = append(words, fmt.Sprintf("%d of %d", z.PID, z.ParentPID))
	}
	for _, id := range look.Ended {
		words = append(words, "ended "+id[:1])
	}
	for _, id := range look.Unserved {
		words = append(words, "unserved "+id[:1])
	}
	return strings.Join(words, " ")
}

// Time in which the engine is asked counts as waiting. The second look is Settle after the
// first, not after the engine's answer.
func TestSecondLookWaitsNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(littered().Declared("demo", func(c *inspect.Container) { c.ExecIDs = []string{"e1"} }))
		r.facts.budget = settle / 2
		r.scripted(r.facts.hanging("Exec", "*"))
		before := time.Now()
		r.record(t, need.Zombies(nil, settle))
		if waited := time.Since(before); waited != settle {
			t.Errorf("waited %s", waited)
		}
	})
}

// When the caller no longer waits, there is no second look.
func TestSecondLookCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			synctest.Wait()
			cancel()
		}()
		before := time.Now()
		c, err := record(ctx, newRig(littered()).host(), need.Zombies(nil, settle))
		if c != nil || !errors.Is(err, context.Canceled) || time.Since(before) != 0 {
			t.Errorf("got %v, %v after %s", c, err, time.Since(before))
		}
	})
}

// For a container that was named and has exited since there is more to report. It is looked at
// once more, as soon as the engine reports the exit.
func TestSecondLookOfOneThatEnded(t *testing.T) {
	named := []string{"demo"}
	for name, test := range map[string]struct {
		names []string
		then  func(r *rig)
		looks int
		want  string
	}{
		"it was named": {named, func(r *rig) { r.facts.change(ID("a"), hasExited) }, 2, "demo exited 0 no-process"},
		"it was named and restarted": {named, func(r *rig) {
			r.facts.change(ID("a"), hasPID(111))
			r.processes.become(runs(engineHost(), "demo", "a", 111))
		}, 2, "demo running 111 bound"},
		"it was removed":             {named, func(r *rig) { r.facts.forget(ID("a")) }, 2, "no such container: demo"},
		"the engine has not noticed": {named, func(*rig) {}, 1, "demo running 101 vanished"},
		"it was not named":           {nil, func(r *rig) { r.facts.change(ID("a"), hasExited) }, 1, "demo running 101 vanished"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(littered())
			r.afterwards(engineHost(), func() {
				if r.processes.times("StillZombies") == 1 {
					test.then(r)
				}
			})
			c := r.record(t, need.Zombies(test.names, settle))
			looks := r.processes.times("Survey") + r.processes.times("Family")
			if got := stateOf(c, "demo"); got != test.want || looks != test.looks {
				t.Errorf("%s: got %s in %d looks, want %s in %d", name, got, looks, test.want, test.looks)
			}
		})
	}
}

// A container without its shim or its main process is reported only if this is still so at the
// second look, and the engine says that it has run all the time.
func TestUnservedIsConfirmed(t *testing.T) {
	shimless := func() *World { return one().Without(100).Alter(101, Below(1)) }
	mainless := func() *World { return one().Without(101) }
	restarted := func(c *inspect.Container) { c.StartedAt = TakenAt.Add(time.Second) }
	for name, test := range map[string]struct {
		first, second *World
		change        func(*inspect.Container)
		want          string
		waits         bool
	}{
		"it has its shim":              {one(), one(), nil, "", false},
		"no shim, still":               {shimless(), shimless(), nil, "unserved a", true},
		"no shim, and ended":           {shimless(), shimless().Without(101), nil, "ended a", true},
		"no shim, a zombie now":        {shimless(), shimless().Alter(101, Exited(0)), nil, "ended a", true},
		"no shim, adopted since":       {shimless(), shimless().Alter(101, Below(dockerd)), nil, "", true},
		"no shim, another process":     {shimless(), shimless().Alter(101, StartedAt(900)), nil, "ended a", true},
		"no shim, exited by now":       {shimless(), shimless(), func(c *inspect.Container) { c.Status = "exited" }, "", true},
		"no shim, restarted":           {shimless(), shimless(), restarted, "", true},
		"no shim, another PID":         {shimless(), shimless(), hasPID(102), "", true},
		"no main process, still":       {mainless(), mainless(), nil, "unserved a", true},
		"its main process is a zombie": {one().Alter(101, Exited(0)), one().Alter(101, Exited(0)), nil, "101 of 100 unserved a", true},
		"no main process, one by now":  {mainless(), one().Alter(101, In("b", 1)), nil, "", true},
		"no main process, exited":      {mainless(), mainless(), hasExited, "", true},
		"no main process, restarted":   {mainless(), mainless(), restarted, "", true},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(test.first)
			r.afterwards(test.second, func() {
				if test.change != nil {
					r.facts.change(ID("a"), test.change)
				}
			})
			before := time.Now()
			if got := lookOf(r.record(t, need.Doctor(nil, settle)).SecondLook); got != test.want {
				t.Errorf("%s: got %q, want %q", name, got, test.want)
			}
			if waited := time.Since(before) > 0; waited != test.waits {
				t.Errorf("%s: waited %t", name, waited)
			}
		})
	}
}

// If the engine does not answer about it by then, nothing is confirmed. A container that was not
// listed is not found at all.
func TestUnservedIsNotConfirmed(t *testing.T) {
	shimless := one().Without(100).Alter(101, Below(1))
	for name, test := range map[string]struct {
		question need.Question
		fails    script
	}{
		"no answer": {need.Doctor(nil, time.Millisecond), func(_ context.Context, c call) error {
			if c == (call{"Inspect", ID("a"), 2}) {
				return ErrSilent
			}
			return nil
		}},
		"not listed": {need.Doctor(nil, time.Millisecond), on("ListAll", "", errors.New("EOF"))},
		"not wanted": {need.Zombies(nil, time.Millisecond), on("", "", nil)},
	} {
		if got := newRig(shimless).scripted(test.fails).record(t, test.question).SecondLook.Unserved; len(got) != 0 {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// While a recording waits, nothing stays loaded in the kernel. If it does not wait, what may be
// needed again is not released.
func TestSecondLookLetsTheCollectorGo(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		want  int
	}{"it waits": {littered(), 1}, "it does not": {one(), 0}} {
		r, released := newRig(test.world), 0
		r.choice = newChoice(CollectorBPF, r.processes, func() (opened, error) {
			return opened{r.processes, func() { released++ }}, nil
		})
		r.record(t, need.Zombies(nil, time.Millisecond))
		if released != test.want {
			t.Errorf("%s: let go %d times", name, released)
		}
	}
}

// A process that has adopted a zombie since is read completely, and the earlier parent is not
// read again. What the kernel's iterator reported about them is kept, because /proc does not
// have it.
func TestNewParentsAreReadWhole(t *testing.T) {
	first := littered().Process(60, 1, "cron", EveryNamespace(1, nil)).Alter(103, Internal(IsSubreaper))
	second := littered().Alter(102, Below(103)).Process(60, 1, "cron", EveryNamespace(1, nil))
	r := newRig(first).afterwards(second, nil)
	// This is a collector whose surveys have what only the kernel's iterator reports.
	r.choice = newChoice(CollectorBPF, r.processes, func() (opened, error) { return opened{kernel{r.processes}, func() {}}, nil })
	c := r.record(t, need.Zombies(nil, time.Millisecond))
	ix := inspect.NewIndex(c)
	parent := ix.ProcessAt(103)
	if parent.StatOnly || !slices.Equal(parent.Args.Or(nil), []string{"sub"}) || parent.UIDMap.Absence() != "" {
		t.Errorf("who adopted it was read so: %+v", parent)
	}
	if internals, ok := parent.Internals.Get(); !ok || !internals.Subreaper {
		t.Errorf("what the kernel told was lost: %+v", parent.Internals)
	}
	if !ix.ProcessAt(60).StatOnly {
		t.Error("somebody else was read whole too")
	}
}

// kernel is a collector that has, for each process, what only the kernel's iterator reports.
type kernel struct{ *fakeProcesses }

func (k kernel) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	s, err := k.fakeProcesses.Survey(ctx, of)
	k.tell(&s)
	return s, err
}

func (k kernel) Complete(ctx context.Context, s *procfs.Snapshot, selected procfs.Selection) error {
	err := k.fakeProcesses.Complete(ctx, s, selected)
	k.tell(s)
	return err
}

func (k kernel) tell(s *procfs.Snapshot) {
	w, _ := k.begin("kernel", 0)
	for i := range s.Processes {
		if p := w.Index().Process(s.Processes[i].Key); p != nil {
			s.Processes[i].Internals = p.Internals
		}
	}
}
