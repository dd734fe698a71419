package source

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// idOf is an ID of 64 digits.
func idOf(n int) string { return fmt.Sprintf("%064x", n) }

// crowded is a host whose engine has this many containers beside demo, all running.
func crowded(n int) *rig {
	r := newRig(one())
	for i := 1; i <= n; i++ {
		r.facts.containers = append(r.facts.containers, inspect.Container{ID: idOf(i), Name: fmt.Sprint("c", i), Status: "running"})
	}
	return r
}

// refsOf are the names of this many of them.
func refsOf(n int) []string {
	var refs []string
	for i := 1; i <= n; i++ {
		refs = append(refs, fmt.Sprint("c", i))
	}
	return refs
}

// slowly answers such questions after a time, or lets their deadline pass.
func slowly(name string, takes time.Duration) script {
	return func(ctx context.Context, c call) error {
		if !isAny(name, c.name) {
			return nil
		}
		select {
		case <-time.After(takes):
			return nil
		case <-ctx.Done():
			return ErrSilent
		}
	}
}

// textsOf are the problems of a capture that do not belong to one container.
func textsOf(c *inspect.Capture) string {
	var texts []string
	for _, p := range inspect.OfAll(c.Problems) {
		texts = append(texts, string(p.Kind)+": "+p.Text)
	}
	return strings.Join(texts, "\n")
}

// The time that an engine can cost is limited, whichever deadlines it misses. asked is how often
// it was asked for a container.
func TestTimeOfAQuestion(t *testing.T) {
	for name, test := range map[string]struct {
		containers int
		question   need.Question
		hangs      func(r *rig) script
		most       time.Duration
		asked      int
		says       string
	}{
		"all answer": {5000, need.HostPIDs(), func(*rig) script { return slowly("Inspect", 50*time.Millisecond) }, 32 * time.Second, 5001, ""},
		"one hangs":  {100, need.HostPIDs(), func(r *rig) script { return r.facts.hanging("Inspect", idOf(7)) }, 5 * time.Second, 101, ""},
		"one hangs, and the name too": {
			100, need.Version(), func(r *rig) script {
				return oneOf(r.facts.hanging("Inspect", idOf(7)), r.facts.hanging("Describe", "*"))
			}, 6 * time.Second, 101, "",
		},
		"forty hang": {40, need.HostPIDs(), func(r *rig) script { return r.facts.hanging("Inspect", "*") }, 5*time.Second + 5*secondChance, 41, ""},
		"forty hang that were named": {
			40, need.Tree(refsOf(40)), func(r *rig) script { return r.facts.hanging("Inspect", "*") }, 5*time.Second + 5*secondChance, 41, "",
		},
		"all hang": {
			5000, need.HostPIDs(), func(r *rig) script { return r.facts.hanging("Inspect", "*") }, 5*time.Second + 8*secondChance, mostMissed + inspecting - 1,
			"more were not sent",
		},
		"each takes nearly its time": {
			5000, need.HostPIDs(), func(*rig) script { return slowly("Inspect", 4900*time.Millisecond) }, time.Minute, 104,
			"all requests to the engine together took 1m0s: 4897 questions were not sent (raise --timeout)",
		},
		"everything takes nearly its time": {
			5000, need.Snapshot(0), func(*rig) script { return slowly("*", 4900*time.Millisecond) }, time.Minute, 104, "all requests to the engine together took 1m0s",
		},
		"everything hangs but the list": {
			40, need.Snapshot(0), func(r *rig) script {
				return func(ctx context.Context, c call) error {
					if strings.HasPrefix(c.name, "List") {
						return nil
					}
					return r.facts.hanging("*", "*")(ctx, c)
				}
			}, 20 * time.Second, 41, "",
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := crowded(test.containers)
			r.facts.script = test.hangs(r)
			before := time.Now()
			c := r.record(t, test.question)
			if took := time.Since(before); took > test.most {
				t.Errorf("%s: it took %s, want %s at most", name, took, test.most)
			}
			if n := r.facts.times("Inspect", "*"); n > test.asked {
				t.Errorf("%s: %d containers were asked for, want %d at most", name, n, test.asked)
			}
			if got := textsOf(c); (test.says == "") != (got == "") || !strings.Contains(got, test.says) {
				t.Errorf("%s: it says %q, want %q", name, got, test.says)
			}
			if len(c.Containers) < test.containers {
				t.Errorf("%s: of %d containers %d are left", name, test.containers, len(c.Containers))
			}
		})
	}
}

// Time that passes while the engine is not asked does not count.
func TestOnlyOpenCallsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFacts{containers: one().Containers, budget: time.Second, script: slowly("*", 900*time.Millisecond)}
		r := rationed(f)
		for range deadlines {
			if _, err := r.Inspect(t.Context(), "demo"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		inParallel(2, func(int) { // what is left is 1.2 s
			if _, err := r.Inspect(t.Context(), "demo"); err != nil {
				t.Error(err)
			}
		})
		if _, err := r.Inspect(t.Context(), "demo"); !errors.Is(err, ErrSilent) {
			t.Errorf("the last one had 300ms: %v", err)
		}
	})
}

// An interrupt does not count as a missed deadline.
func TestInterruptIsNoSilence(t *testing.T) {
	f := &fakeFacts{containers: one().Containers, budget: time.Minute}
	r := rationed(f)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Inspect(ctx, "demo"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := r.Inspect(t.Context(), "demo"); err != nil || r.missed != 0 {
		t.Errorf("afterwards: %v, %d missed", err, r.missed)
	}
}

// Of 20,000 containers half are asked for. Of the others only what the list has is known.
func TestManyContainers(t *testing.T) {
	r := crowded(20_000)
	f := asker{rationed(echo{r.facts})}
	list, err := f.List(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	got := f.inspectAll(t.Context(), list)
	silent := 0
	for i := range got {
		if got[i].Silent {
			silent++
		}
	}
	problems := f.problems()
	if len(got) != 20_001 || silent != 10_001 || r.facts.times("Inspect", "*") != mostInspects || len(problems) != 1 ||
		problems[0].Kind != inspect.Cut || problems[0].Text != "10001 of 20001 containers were not inspected: only the list and /proc were read for them" {
		t.Errorf("got %d, %d silent: %v", len(got), silent, problems)
	}
}

// echo is an engine that knows every ID.
type echo struct{ *fakeFacts }

func (f echo) Inspect(ctx context.Context, ref string) (inspect.Container, error) {
	end, err := f.begin(ctx, "Inspect", ref)
	defer end()
	return inspect.Container{ID: ref, Status: "running"}, err
}

// chain is an engine on which every container has joined the next one.
type chain struct{ *fakeFacts }

func (f chain) Inspect(ctx context.Context, ref string) (inspect.Container, error) {
	if c, err := f.fakeFacts.Inspect(ctx, ref); err == nil {
		return c, nil
	}
	n := 0
	_, _ = fmt.Sscanf(ref, "%x", &n)
	return inspect.Container{ID: idOf(n), Name: fmt.Sprint("n", n), Status: "running", PIDMode: "container:" + idOf(n+1), NetworkMode: "container:" + idOf(n+1)}, nil
}

// A chain of joined namespaces is followed for as many levels as the kernel has.
func TestEndlessChain(t *testing.T) {
	r := newRig(one().Declared("demo", JoinedTo(idOf(1))))
	h := r.host()
	h.facts = asker{rationed(chain{r.facts})}
	c, err := record(t.Context(), h, need.Tree([]string{"demo"}))
	if err != nil || len(c.Containers) != 1+mostLinks {
		t.Fatalf("%d containers, %v", len(c.Containers), err)
	}
	if got := textsOf(c); got != "cut: joined namespaces were followed for 32 containers, up to "+idOf(33) {
		t.Errorf("got %s", got)
	}
}

// Owners about which the engine hangs are asked for together, and each once.
func TestOwnersThatHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := crowded(40)
		for i := range r.facts.containers {
			r.facts.containers[i].NetworkMode = "container:" + idOf(1000+i)
		}
		r.facts.script = func(ctx context.Context, c call) error {
			if c.name == "Inspect" && strings.HasPrefix(strings.TrimLeft(c.ref, "0"), "3") && c.ref > idOf(999) {
				return r.facts.hanging("*", "*")(ctx, c)
			}
			return nil
		}
		before := time.Now()
		r.record(t, need.HostPIDs())
		if took := time.Since(before); took > 10*time.Second || r.facts.times("Inspect", idOf(1001)) != 1 {
			t.Errorf("it took %s", took)
		}
	})
}

// Of a million exec sessions only as many are read as a real host can have.
func TestManyExecs(t *testing.T) {
	ids := make([]string, 1_000_000)
	for i := range ids {
		ids[i] = fmt.Sprint("e", i)
	}
	r := newRig(one().Declared("demo", func(c *inspect.Container) { c.ExecIDs = ids }))
	c := r.record(t, need.Zombies([]string{"demo"}, 0))
	if n := r.facts.times("Exec", "*"); n > mostExecs || len(c.Containers[0].ExecIDs) != mostExecs || cap(c.Containers[0].ExecIDs) > 2*mostExecs {
		t.Errorf("%d were asked for, %d kept", n, len(c.Containers[0].ExecIDs))
	}
	if got := textsOf(c); got != "cut: demo has 1000000 exec sessions: 1000 of them were inspected" {
		t.Errorf("got %s", got)
	}
	many := map[string]inspect.Exec{}
	for _, id := range ids[:2*mostSessions] {
		many[id] = inspect.Exec{ID: id}
	}
	a := asker{rationed(&fakeFacts{budget: time.Minute})}
	a.inspectExecs(t.Context(), many)
	if p := a.problems(); len(p) != 1 || p[0].Text != "10000 of 20000 exec sessions were not inspected" {
		t.Errorf("got %v", p)
	}
}

// cutList is an engine whose list was cut.
type cutList struct{ *fakeFacts }

func (f cutList) List(ctx context.Context, all bool) ([]inspect.Container, error) {
	list, err := f.fakeFacts.List(ctx, all)
	return list, errors.Join(err, &CutError{Text: "it lists more"})
}

// A container that is not in a list that was cut does not count as missing.
func TestCutList(t *testing.T) {
	r := newRig(two())
	h := r.host()
	h.facts = asker{rationed(cutList{r.facts})}
	c, err := record(t.Context(), h, need.Snapshot(0))
	if err != nil || c.Listing != nil || names(c) != "demo other" || textsOf(c) != "cut: it lists more" {
		t.Errorf("got %s, listing %v, %q, %v", names(c), c.Listing, textsOf(c), err)
	}
	h.facts = asker{rationed(cutList{r.facts})}
	if c, err = record(t.Context(), h, need.Namespaces([]string{"demo"})); err != nil || !c.OthersUnread {
		t.Errorf("sharers: others unread %v, %v", c.OthersUnread, err)
	}
}

// Values that no engine reports about a container are not used.
func TestUnsoundContainers(t *testing.T) {
	long := strings.Repeat("é", 5000)
	r := newRig(one())
	known := r.facts.containers
	r.facts.containers = append(known, inspect.Container{ID: "", Status: "running"}, inspect.Container{ID: strings.Repeat("a", mostID+1), Status: "running"},
		known[0], inspect.Container{ID: ID("f"), Name: long, Image: long, Status: "running", NetworkMode: "container:" + long, User: long})
	c := r.record(t, need.HostPIDs())
	if len(c.Containers) != 2 || len(c.Containers[1].Name) != 254 || len(c.Containers[1].Image) != mostWord || len(c.Containers[1].NetworkMode) > mostWord || len(c.Containers[1].User) != mostWord {
		t.Errorf("got %d: %v", len(c.Containers), names(c))
	}
	want := "cut: the engine's answer about ffffffffffff has texts that are too long: the name was cut to 255 bytes, other texts to 4096\n" +
		"cut: the engine lists 2 containers without a valid ID"
	if got := textsOf(c); got != want {
		t.Errorf("got %s", got)
	}
	var odd *OddAnswerError
	r.facts.containers = []inspect.Container{{ID: "", Name: "demo"}}
	if _, err := rationed(r.facts).Inspect(t.Context(), "demo"); !errors.As(err, &odd) {
		t.Errorf("got %v", err)
	}
}

// The reason why the engine could not be asked about some listed containers is reported once,
// with what helps. So is an answer about another container.
func TestRefusalsAreTold(t *testing.T) {
	files := &UnreachableError{Endpoint: "unix:///s", Obstacle: ProcessOutOfFiles, Cause: errors.New("socket: too many open files")}
	for name, test := range map[string]struct {
		err  error
		want inspect.Problem
	}{
		"no more files": {files, inspect.Problem{
			Kind: inspect.Unreadable, Next: "ulimit -n 1024",
			Text: "the engine did not answer about 3 containers (the first, demo: cannot connect to the engine at unix:///s: this process may not open more files)",
		}},
		"too large": {&TooLargeError{Endpoint: "unix:///s", Bound: "more than 8 MiB"}, inspect.Problem{
			Kind: inspect.Unreadable, Text: "the engine did not answer about 3 containers (the first, demo: the answer of unix:///s is too large: more than 8 MiB)",
		}},
	} {
		r := crowded(2).scripted(on("Inspect", "*", test.err))
		c := r.record(t, need.HostPIDs())
		if got := inspect.OfAll(c.Problems); len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: got %+v", name, got)
		}
		// Its process is found by its shim.
		if len(c.Containers) != 3 || !c.Containers[0].Silent || !c.Containers[0].Unasked || c.Containers[0].HostPID != 101 {
			t.Errorf("%s: got %+v", name, c.Containers)
		}
	}
	same := crowded(2)
	h := same.host()
	h.facts = asker{rationed(always{same.facts})}
	c, err := record(t.Context(), h, need.HostPIDs())
	if err != nil || len(c.Containers) != 3 || !strings.Contains(textsOf(c), "did not answer about 2 containers (the first, c1: the answer is about another container)") {
		t.Errorf("got %s, %s, %v", names(c), textsOf(c), err)
	}
}

// always answers with the first container, whichever is asked for.
type always struct{ *fakeFacts }

func (f always) Inspect(context.Context, string) (inspect.Container, error) {
	return f.containers[0], nil
}

// A container that was named, and about which the answer is too large, is found by the list and
// by its shim.
func TestNamedAndTooLarge(t *testing.T) {
	r := newRig(two()).scripted(on("Inspect", "demo", &TooLargeError{Endpoint: "unix:///s", Bound: "more than 8 MiB"}))
	c := r.record(t, need.Tree([]string{"demo"}))
	if len(c.Containers) == 0 || c.Containers[0].HostPID != 101 || !strings.Contains(textsOf(c), "1 container (the first, demo: the answer of unix:///s is too large") {
		t.Errorf("got %s, %s", names(c), textsOf(c))
	}
}

// However much is cut, the report stays short.
func TestFewProblems(t *testing.T) {
	r := rationed(&fakeFacts{})
	for i := range 100 {
		r.note(inspect.Problem{Kind: inspect.Cut, Text: fmt.Sprint(i)})
		r.note(inspect.Problem{Kind: inspect.Cut, Text: "0"})
	}
	if got := r.problems(); len(got) != mostNoted+1 || got[mostNoted].Text != "92 more answers were cut" {
		t.Errorf("got %v", got)
	}
}
