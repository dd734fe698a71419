package inspect

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func choose(t *testing.T, ix *Index, names ...string) []*Container {
	t.Helper()
	chosen, problems := ix.Choose(names, Filter{})
	for _, p := range problems {
		t.Fatalf("%s: %s", p.Ref, p.Text)
	}
	return chosen
}

func TestZombieJudgement(t *testing.T) {
	withInit := func(p *procfs.Process) { p.Comm = "docker-init" }
	tests := map[string]struct {
		world   *world
		cause   Cause
		cures   Verdict
		verdict string
		now     string
	}{
		"PID 1 does not reap what it adopted": {
			demo(), InitDoesNotReap, Yes, "PID 1 (sleep) does not reap what it adopted", "docker restart demo",
		},
		"PID 1 may have started it itself: --init might not cure": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "node", in("a", 1), ns(7)).
				process(110, 101, "sh", in("a", 7), ns(7), sid(101), zombie(0)).again(),
			ParentHasNotWaited, Unknown, "PID 1 (node) has not waited for it", "docker restart demo",
		},
		"a live parent": {
			newWorld().container("jobs", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "tini", in("a", 1), ns(7), withInit).
				process(102, 101, "sh", in("a", 2), ns(7), sid(101)).
				process(108, 102, "python", in("a", 8), ns(7), sid(101)).
				process(110, 108, "wkhtml", in("a", 9), ns(7), sid(101), zombie(1<<8)).again(),
			ParentHasNotWaited, No, "python (108, inside 8) has not waited for it", "sudo kill 108",
		},
		"the program that docker-init started: it cannot be ended alone": {
			newWorld().container("jobs", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "tini", in("a", 1), ns(7), withInit).
				process(108, 101, "python", in("a", 8), ns(7), sid(101)).
				process(110, 108, "wkhtml", in("a", 9), ns(7), sid(101), zombie(1<<8)).again(),
			ParentHasNotWaited, No, "python (108, inside 8) has not waited for it", "docker restart jobs",
		},
		"a paused container: nobody can reap": {
			newWorld().container("demo", "a", 101, func(c *Container) { c.Status = "paused" }).process(100, 1, "s", shimOf("a")).
				process(101, 100, "sleep", in("a", 1), ns(7)).
				process(110, 101, "sh", in("a", 7), ns(7), sid(109), zombie(0)).again(),
			CauseUnknown, Unknown, "PID 1 (sleep) is paused and cannot wait now; whether it would, cannot be told", "docker unpause demo",
		},
		"a stopped parent": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "tini", in("a", 1), ns(7)).
				process(108, 101, "vi", in("a", 8), ns(7), sid(101), stateOf(procfs.StateStopped)).
				process(110, 108, "sh", in("a", 9), ns(7), sid(101), zombie(0)).again(),
			CauseUnknown, No, "vi (108, inside 8) is stopped and cannot wait now; whether it would, cannot be told", "sudo kill -CONT 108",
		},
		"a stopped shim": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a"), stateOf(procfs.StateStopped)).
				process(101, 100, "sleep", in("a", 1), ns(7)).
				process(120, 100, "sh", in("a", 9), ns(7), zombie(0)).again(),
			ShimHung, No, "the shim (100) is stopped", "sudo kill -CONT 100",
		},
		"a traced zombie": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "sleep", in("a", 1), ns(7)).
				process(110, 101, "sh", in("a", 7), ns(7), sid(109), zombie(0), func(p *procfs.Process) { p.TracerPID = 55 }).again(),
			CauseUnknown, Unknown, "process 55 traces it and must let go first", "sudo kill 55",
		},
		"a parent that is not in the capture": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "sleep", in("a", 1), ns(7)).
				process(110, 555, "sh", in("a", 7), ns(7), zombie(0)).again(),
			CauseUnknown, Unknown, "their parent (555) could not be read", "",
		},
		"a namespace nested inside": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "tini", in("a", 1), ns(7)).
				process(105, 101, "sleep", in("a", 5, 1), ns(8), sid(101)).
				process(110, 105, "sh", in("a", 7, 2), ns(8), sid(109), zombie(0)).again(),
			ParentHasNotWaited, No, "sleep (105, inside 5>1), the init of a PID namespace inside the container, has not waited for it", "sudo kill -KILL 105",
		},
		"--init is there already": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "docker-init", in("a", 1), ns(7)).
				process(110, 101, "sh", in("a", 7), ns(7), sid(109), zombie(0)).again(),
			InitDoesNotReap, No, "PID 1 (docker-init) does not reap what it adopted", "docker restart demo",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.index()
			report := zombies(t, ix)
			if len(report.Zombies) != 1 || len(report.Culprits) != 1 {
				t.Fatalf("got %d zombies and %d culprits, want one each", len(report.Zombies), len(report.Culprits))
			}
			z, culprit := report.Zombies[0], report.Culprits[0]
			if z.Cause != test.cause || z.InitCures != test.cures {
				t.Errorf("got cause %s and init cures %s, want %s and %s", z.Cause, z.InitCures, test.cause, test.cures)
			}
			if culprit.Verdict != test.verdict {
				t.Errorf("got verdict %q, want %q", culprit.Verdict, test.verdict)
			}
			if culprit.Now != test.now {
				t.Errorf("got now %q, want %q", culprit.Now, test.now)
			}
		})
	}
}

func TestZombieSeenOnceAccusesNobody(t *testing.T) {
	w := demo()
	w.SecondLook = nil
	ix := w.index()
	report := zombies(t, ix)
	if len(report.Zombies) != 1 {
		t.Fatalf("got %+v, want one zombie, seen once", report)
	}
	if got := report.Zombies[0].Cause; got != CauseUnknown {
		t.Errorf("got cause %s after one look, want %s", got, CauseUnknown)
	}
	if got := report.Culprits[0].Now; got != "" {
		t.Errorf("got the advice %q after one look", got)
	}
}

func TestZombieThatPassesIsCountedOnly(t *testing.T) {
	w := demo()
	w.SecondLook.Zombies = nil
	ix := w.index()
	report := zombies(t, ix)
	if len(report.Zombies) != 0 || report.Passing != 1 || len(report.Culprits) != 0 {
		t.Errorf("got %d zombies, %d passing, %d culprits; want 0, 1, 0", len(report.Zombies), report.Passing, len(report.Culprits))
	}
	if report.Containers != 1 || report.Processes != 5 {
		t.Errorf("looked at %d processes in %d containers, want 5 in 1", report.Processes, report.Containers)
	}
}

// Where the container ended between the looks, nobody has reaped its zombies.
func TestContainerThatEndedPassesNothing(t *testing.T) {
	w := demo()
	w.SecondLook.Zombies, w.SecondLook.Ended = nil, []string{id("a")}
	ix := w.index()
	chosen, problems := ix.Choose([]string{"demo"}, Filter{})
	if len(chosen) > 0 || len(problems) != 1 || problems[0].Kind != Ended || problems[0].Text != "demo ended while it was looked at" {
		t.Errorf("got %v, %v", chosen, problems)
	}
	if chosen, problems = ix.Choose(nil, Filter{}); len(chosen) > 0 || len(problems) > 0 || len(ix.Resting(Filter{})) != 1 {
		t.Errorf("of all: got %v, %v", chosen, problems)
	}
}

// The parent of the first look has ended: it is not to blame any more, and the
// one that adopted has not had its chance.
func TestParentEndsBetweenTheLooks(t *testing.T) {
	w := demo().process(130, 101, "sh", in("a", 30), ns(7), sid(101)).process(131, 130, "x", in("a", 31), ns(7), sid(101), zombie(0)).again()
	for i := range w.SecondLook.Zombies {
		w.SecondLook.Zombies[i].ParentPID = 101
	}
	ix := w.index()
	report := zombies(t, ix)
	for _, z := range report.Zombies {
		if z.Process.PID == 131 && (z.Parent.PID != 101 || z.Cause != CauseUnknown || z.InitCures != Unknown) {
			t.Errorf("got parent %d, cause %s, init cures %s", z.Parent.PID, z.Cause, z.InitCures)
		}
	}
	for _, c := range report.Culprits {
		if c.Process.PID == 130 {
			t.Errorf("the ended parent is accused: %s", c.Verdict)
		}
	}
	if len(report.Culprits) != 2 {
		t.Errorf("got %d culprits, want PID 1 for the old zombie and PID 1 as the new parent", len(report.Culprits))
	}
}

// A new parent that nobody has read is named by its own number.
func TestNewParentThatWasNotRead(t *testing.T) {
	w := demo()
	w.SecondLook.Zombies[0].ParentPID = 555
	ix := w.index()
	c := zombies(t, ix).Culprits[0]
	if c.Verdict != "their parent (555) could not be read" || c.Now != "" {
		t.Errorf("got %q, %q", c.Verdict, c.Now)
	}
}

func TestRestartWhereSharersAreUnread(t *testing.T) {
	w := demo()
	w.OthersUnread = true
	ix := w.index()
	if got := zombies(t, ix).Culprits[0].NowEffect; !strings.Contains(got, "could not be read, dies") {
		t.Errorf("got %q", got)
	}
}

func TestZombieWithNewStartIsAnother(t *testing.T) {
	w := demo()
	w.SecondLook.Zombies[0].StartTicks++
	ix := w.index()
	if report := zombies(t, ix); len(report.Zombies) != 0 {
		t.Error("a zombie with the same PID and another start was taken for the same")
	}
}

func TestMainThreadExitedIsNoZombie(t *testing.T) {
	w := demo().process(160, 101, "java", in("a", 60), ns(7), zombie(0), func(p *procfs.Process) { p.Threads = 5 }).again()
	ix := w.index()
	for _, z := range zombies(t, ix).Zombies {
		if z.Process.PID == 160 {
			t.Error("a process with living threads was called a zombie")
		}
	}
}

func TestZombieOfJoinerBlamesTheOwner(t *testing.T) {
	w := newWorld().container("demo", "a", 101).container("demo-x", "b", 201, joined(id("a"))).
		process(100, 1, "s", shimOf("a")).process(101, 100, "sleep", in("a", 1), ns(7)).
		process(200, 1, "s", shimOf("b")).process(201, 200, "sleep", in("b", 6), ns(7)).
		process(210, 101, "sh", in("b", 7), ns(7), sid(209), zombie(0)).again()
	ix := w.index()
	report := ix.Zombies(choose(t, ix, "demo-x"))
	if len(report.Zombies) != 1 || len(report.Culprits) != 1 {
		t.Fatalf("got %d zombies and %d culprits, want one each", len(report.Zombies), len(report.Culprits))
	}
	z, culprit := report.Zombies[0], report.Culprits[0]
	if z.Container.Name != "demo-x" || z.ParentContainer.Name != "demo" || culprit.Container.Name != "demo" {
		t.Errorf("got a zombie of %s, parent of %s, culprit %s", z.Container.Name, z.ParentContainer.Name, culprit.Container.Name)
	}
	if !strings.Contains(culprit.Cure, "on demo") || !strings.Contains(culprit.NowEffect, "demo-x") {
		t.Errorf("cure %q must name the owner, and now %q who dies with it", culprit.Cure, culprit.NowEffect)
	}
}

// Who joined takes nobody with it when it restarts.
func TestRestartOfAJoinerKillsNobodyElse(t *testing.T) {
	w := newWorld().container("demo", "a", 101).container("demo-x", "b", 201, joined(id("a"))).container("demo-y", "c", 301, joined(id("a"))).
		process(100, 1, "s", shimOf("a")).process(101, 100, "sleep", in("a", 1), ns(7)).
		process(200, 1, "s", shimOf("b")).process(201, 200, "python", in("b", 6), ns(7)).
		process(210, 201, "sh", in("b", 7), ns(7), sid(201), zombie(0)).
		process(300, 1, "s", shimOf("c")).process(301, 300, "sleep", in("c", 9), ns(7)).again()
	ix := w.index()
	c := zombies(t, ix).Culprits[0]
	if c.Now != "docker restart demo-x" || c.NowEffect != "ends python; its zombies go to PID 1 (sleep), which must reap" {
		t.Errorf("the joiner: %q, %q", c.Now, c.NowEffect)
	}
}

// Neither do those who share the host's PID namespace.
func TestRestartWithHostPIDsKillsNobodyElse(t *testing.T) {
	hosts := func(c *Container) { c.PIDMode = "host" }
	w := newWorld().container("one", "a", 101, hosts).container("two", "b", 201, hosts).
		process(100, 1, "s", shimOf("a")).process(101, 100, "python", in("a")).
		process(102, 101, "x", in("a"), sid(101), zombie(0)).
		process(200, 1, "s", shimOf("b")).process(201, 200, "sleep", in("b")).again()
	ix := w.index()
	c := zombies(t, ix).Culprits[0]
	if c.Now != "docker restart one" || strings.Contains(c.NowEffect, "two") {
		t.Errorf("%q, %q", c.Now, c.NowEffect)
	}
}

// Where PID 1 does not reap either, to end the parent only moves its zombies.
func TestHeirThatDoesNotReap(t *testing.T) {
	w := newWorld().container("demo", "a", 101).container("demo-x", "b", 201, joined(id("a"))).container("demo-y", "c", 301, joined(id("a"))).
		process(100, 1, "s", shimOf("a")).process(101, 100, "sleep", in("a", 1), ns(7)).
		process(102, 101, "sh", in("a", 2), ns(7), sid(109), zombie(0)).
		process(200, 1, "s", shimOf("b")).process(201, 200, "python", in("b", 6), ns(7)).
		process(210, 201, "sh", in("b", 7), ns(7), sid(201), zombie(0)).
		process(300, 1, "s", shimOf("c")).process(301, 300, "sleep", in("c", 9), ns(7)).again()
	ix := w.index()
	for _, c := range zombies(t, ix).Culprits {
		if c.Now != "docker restart demo" || !strings.Contains(c.NowEffect, "demo-x, demo-y, which joined it, die") {
			t.Errorf("%s: %q, %q", c.Container.Name, c.Now, c.NowEffect)
		}
	}
}

// Who has entered a PID namespace is not below its init, of which a survey then does not
// know: that is not to say that there is none.
func TestHeirOfWhoEntered(t *testing.T) {
	w := newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "sh", in("a", 1), ns(7)).
		process(103, 101, "unshare", in("a", 3), ns(7)).process(104, 103, "sleep", in("a", 4, 1), ns(8)).
		process(105, 101, "nsenter", in("a", 5), ns(7)).process(106, 105, "worker", in("a", 6, 2), ns(8)).
		process(107, 106, "job", in("a", 7, 3), ns(8), zombie(0), sid(106)).again()
	for want, ix := range map[string]*Index{
		"PID 1 (sleep), which must reap":              w.index(),
		"PID 1 of its PID namespace, which must reap": NewIndex(surveyForZombies(&w.Capture)),
	} {
		if c := ix.Zombies(choose(t, ix)).Culprits[0]; c.NowEffect != "ends worker; its zombies go to "+want {
			t.Errorf("got %q, want %q", c.NowEffect, want)
		}
	}
}

// Nothing restarts a container whose shim is stopped.
func TestNowLetsTheShimGoOn(t *testing.T) {
	ix := newWorld().container("demo", "a", 101).process(100, 1, "containerd-shim", shimOf("a"), stateOf(procfs.StateStopped)).
		process(101, 100, "sleep", in("a", 1), ns(7)).process(110, 101, "sh", in("a", 7), ns(7), sid(109), zombie(0)).again().index()
	c := zombies(t, ix).Culprits[0]
	if got := c.Now + ": " + c.NowEffect; got != "sudo kill -CONT 100: lets its shim go on, without which docker restart demo hangs" {
		t.Errorf("got %q", got)
	}
}

func TestNowEndsTheParent(t *testing.T) {
	signals := func(s procfs.Signals) change { return func(p *procfs.Process) { p.Signals = s } }
	term := procfs.SignalSet(1 << (procfs.SIGTERM - 1))
	for name, test := range map[string]struct {
		signals procfs.Signals
		want    string
	}{
		"default": {procfs.Signals{}, "sudo kill 108: ends python; its zombies go to PID 1 (tini), which reaps"},
		"caught":  {procfs.Signals{Caught: term}, "sudo kill 108: asks to end python; its zombies go to PID 1 (tini), which reaps"},
		"ignored": {procfs.Signals{Ignored: term}, "sudo kill -KILL 108: ends python; its zombies go to PID 1 (tini), which reaps"},
		"blocked": {procfs.Signals{Blocked: term}, "sudo kill -KILL 108: ends python; its zombies go to PID 1 (tini), which reaps"},
	} {
		w := newWorld().container("jobs", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "tini", in("a", 1), ns(7)).
			process(102, 101, "sh", in("a", 2), ns(7), sid(101)).
			process(108, 102, "python", in("a", 8), ns(7), sid(101), signals(test.signals)).
			process(110, 108, "x", in("a", 9), ns(7), sid(101), zombie(0)).again()
		ix := w.index()
		c := zombies(t, ix).Culprits[0]
		if got := c.Now + ": " + c.NowEffect; got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// Without the unified hierarchy a zombie's cgroup lines are lost: whose it is,
// is concluded, and marked where somebody else shares the namespace.
func TestInferredContainerIsMarked(t *testing.T) {
	w := newWorld().container("demo", "a", 101).container("demo-x", "b", 201, joined(id("a"))).
		process(100, 1, "s", shimOf("a")).process(101, 100, "sleep", in("a", 1), ns(7)).
		process(200, 1, "s", shimOf("b")).process(201, 200, "sleep", in("b", 6), ns(7)).
		process(210, 101, "by-ancestry", in("b", 7), ns(7), sid(209), v1Zombie).
		process(211, 101, "by-exec", in("b", 8), ns(7), sid(208), v1Zombie).
		process(212, 101, "by-cgroup", in("b", 9), ns(7), sid(207), zombie(0)).
		exec("e", "b", 208, false).again()
	ix := w.index()
	got := map[string]string{}
	for _, z := range zombies(t, ix).Zombies {
		got[z.Process.Comm] = fmt.Sprint(z.Container.Name, " ", z.Inferred)
	}
	want := map[string]string{"by-ancestry": "demo true", "by-exec": "demo-x true", "by-cgroup": "demo-x false"}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// An entrypoint script that waits for the culprit ends with it.
func TestNowSaysWhatElseMayEnd(t *testing.T) {
	w := newWorld().container("web", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "sh", in("a", 1), ns(7)).
		process(108, 101, "python", in("a", 8), ns(7), sid(101)).
		process(110, 108, "x", in("a", 9), ns(7), sid(101), zombie(0)).again()
	ix := w.index()
	if got := zombies(t, ix).Culprits[0].NowEffect; !strings.HasSuffix(got, "if that waits for python to end, web ends too") {
		t.Errorf("got %q", got)
	}
}

// A tracer holds up its own zombie, not its sibling.
func TestTracerIsNotBlamedForTheOthers(t *testing.T) {
	w := demo().process(130, 101, "x", in("a", 30), ns(7), sid(109), zombie(0), func(p *procfs.Process) { p.TracerPID = 55 }).again()
	ix := w.index()
	culprits := zombies(t, ix).Culprits
	if len(culprits) != 2 || culprits[0].Verdict != "PID 1 (sleep) does not reap what it adopted" || culprits[1].Now != "sudo kill 55" {
		t.Errorf("got %+v", culprits)
	}
}

// A process inside that calls itself a shim is its children's parent like any
// other.
func TestForgedShimIsAParentLikeAnyOther(t *testing.T) {
	w := demo().process(130, 111, "evil", in("a", 30), ns(7), sid(101), args("containerd-shim-evil", "-id", id("a"))).
		process(131, 130, "x", in("a", 31), ns(7), sid(101), zombie(0)).again()
	ix := w.index()
	for _, z := range zombies(t, ix).Zombies {
		if z.Process.PID == 131 && z.Cause != ParentHasNotWaited {
			t.Errorf("got cause %s", z.Cause)
		}
	}
}

func TestInitCures(t *testing.T) {
	for name, test := range map[string]struct {
		world   *world
		adopted bool
		want    Verdict
	}{
		"born to an exec session": {demo(), true, Yes},
		"the init of a nested namespace, born to an exec session": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "sleep", in("a", 1), ns(7)).
				process(110, 101, "sh", in("a", 7, 1), ns(8), sid(109), zombie(0)).exec("e", "a", 109, false), true, Yes,
		},
		"in a session of unknown birth: PID 1 could be a subreaper": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "sleep", in("a", 1), ns(7)).
				process(110, 101, "sh", in("a", 7), ns(7), sid(109), zombie(0)), true, Unknown,
		},
		"in PID 1's session": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "sleep", in("a", 1), ns(7)).
				process(110, 101, "sh", in("a", 7), ns(7), sid(101), zombie(0)), false, Unknown,
		},
		"born below the init of a nested namespace, in an exec's session": {
			newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).process(101, 100, "sleep", in("a", 1), ns(7)).
				process(110, 101, "sh", in("a", 7, 1), ns(8), sid(109)).
				process(111, 110, "x", in("a", 8, 2), ns(8), sid(109), zombie(0)).exec("e", "a", 109, false), false, No,
		},
	} {
		ix := test.world.again().index()
		z := zombies(t, ix).Zombies[0]
		if z.Adopted != test.adopted || z.InitCures != test.want {
			t.Errorf("%s: got adopted %v, init cures %s; want %v, %s", name, z.Adopted, z.InitCures, test.adopted, test.want)
		}
	}
}

func TestPIDsLimit(t *testing.T) {
	w := demo()
	w.PIDs = map[string]PIDsUse{id("a"): {Max: procfs.Some(50)}}
	ix := w.index()
	if got, _ := zombies(t, ix).Culprits[0].Limit.Get(); got != 50 {
		t.Errorf("got limit %d, want 50", got)
	}
}

func TestOrigin(t *testing.T) {
	checked := func(c *Container) {
		c.Health = &HealthCheck{Command: []string{"/bin/sh", "-c", "curl -f localhost"}, Interval: 30 * time.Second,
			Log: []Probe{{Start: booted.Add(900 * time.Second), End: booted.Add(901 * time.Second)}}}
	}
	base := func() *world {
		return newWorld().container("api", "a", 101, checked).process(100, 1, "s", shimOf("a")).process(101, 100, "node", in("a", 1), ns(7))
	}
	command := func(e *Exec) { e.Command = "/bin/sh -c curl -f localhost" }
	at := func(seconds int) func(*Exec) {
		return func(e *Exec) { e.StartedAt = booted.Add(time.Duration(seconds) * time.Second) }
	}
	dead := func(start int) []change { return []change{in("a", 9), ns(7), sid(109), zombie(0), startedAt(start)} }
	tests := map[string]struct {
		world *world
		want  Origin
	}{
		"nobody knows":   {base().process(110, 101, "curl", dead(500)...), Origin{FromUnknown, Uncertain, ""}},
		"an ended exec":  {base().process(110, 101, "curl", dead(500)...).exec("e", "a", 109, false), Origin{FromExec, Certain, "e"}},
		"a living exec":  {base().process(109, 100, "sh", in("a", 8), ns(7)).process(110, 101, "curl", dead(500)...), Origin{FromExec, Certain, ""}},
		"a health check": {base().process(110, 101, "curl", dead(900)...).exec("e", "a", 109, false, command, at(900)), Origin{FromHealthCheck, Certain, "e"}},
		"the same command, at another time": {
			base().process(110, 101, "curl", dead(500)...).exec("e", "a", 109, false, command, at(500)), Origin{FromHealthCheck, Likely, "e"},
		},
		"forgotten, but at the time of a check": {base().process(110, 101, "curl", dead(900)...), Origin{FromHealthCheck, Likely, ""}},
		"the number of an ended exec, led by another process by now": {
			base().process(109, 101, "daemon", in("a", 8), ns(7)).process(110, 109, "curl", dead(500)...).exec("e", "a", 109, false), Origin{FromUnknown, Uncertain, ""},
		},
		"an exec that began after it":  {base().process(110, 101, "curl", dead(500)...).exec("e", "a", 109, false, at(600)), Origin{FromUnknown, Uncertain, ""}},
		"an exec of another container": {base().process(110, 101, "curl", dead(500)...).exec("e", "b", 109, false), Origin{FromUnknown, Uncertain, ""}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.again().index()
			report := zombies(t, ix)
			if len(report.Zombies) != 1 {
				t.Fatalf("got %d zombies, want 1", len(report.Zombies))
			}
			if got := report.Zombies[0].Origin; got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestOriginByRhythm(t *testing.T) {
	zombiesEvery := func(gaps ...int) *world {
		w := newWorld().container("api", "a", 101, func(c *Container) { c.Health = &HealthCheck{Interval: 30 * time.Second} }).
			process(100, 1, "s", shimOf("a")).process(101, 100, "node", in("a", 1), ns(7))
		at := 100
		for i, gap := range gaps {
			w.process(500+i, 101, "curl", in("a", 10+i), ns(7), sid(400+i), zombie(0), startedAt(at))
			at += gap
		}
		return w.again()
	}
	for name, test := range map[string]struct {
		world *world
		want  OriginKind
	}{
		"at the pace of the check": {zombiesEvery(30, 30, 31, 30, 30), FromHealthCheck},
		"at no pace":               {zombiesEvery(3, 70, 12, 1, 55), FromUnknown},
		"too few":                  {zombiesEvery(30, 30, 30), FromUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			ix := test.world.index()
			for _, z := range zombies(t, ix).Zombies {
				if z.Origin.Kind != test.want || z.Origin.Certainty == Certain {
					t.Errorf("got %+v, want %s and not certain", z.Origin, test.want)
				}
			}
		})
	}
}

// The order in which /proc lists processes decides nothing.
func TestOrderDoesNotMatter(t *testing.T) {
	want := ""
	for seed := range uint64(20) {
		w := demo().container("demo-x", "b", 201, joined(id("a"))).
			process(200, 1, "containerd-shim", shimOf("b")).process(201, 200, "sleep", in("b", 50), ns(7)).
			process(210, 101, "sh", in("b", 51), ns(7), zombie(9)).again()
		random := rand.New(rand.NewPCG(seed, 1))
		random.Shuffle(len(w.Snapshot.Processes), func(i, j int) {
			w.Snapshot.Processes[i], w.Snapshot.Processes[j] = w.Snapshot.Processes[j], w.Snapshot.Processes[i]
		})
		ix := w.index()
		var b strings.Builder
		for _, c := range choose(t, ix) {
			writeNodes(&b, ix.Tree(c).Roots)
		}
		for _, culprit := range zombies(t, ix).Culprits {
			b.WriteString(culprit.Verdict + culprit.Now)
		}
		if want == "" {
			want = b.String()
		}
		if b.String() != want {
			t.Fatalf("seed %d:\n%s\nwant\n%s", seed, b.String(), want)
		}
	}
}
