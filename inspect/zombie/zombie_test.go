package zombie_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestZombieJudgement(t *testing.T) {
	withInit := func(p *procfs.Process) { p.Comm = "docker-init" }
	tests := map[string]struct {
		world   *World
		cause   zombie.Cause
		cures   inspect.Verdict
		verdict string
		now     string
	}{
		"PID 1 does not reap orphaned processes": {
			Demo(), zombie.InitDoesNotReap, inspect.Yes, "PID 1 (sleep) does not reap orphaned processes", "docker restart demo",
		},
		"PID 1 may have started it itself: --init might not cure": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "node", In("a", 1), NS(7)).
				Process(110, 101, "sh", In("a", 7), NS(7), SID(101), Exited(0)).Again(),
			zombie.ParentHasNotWaited, inspect.Unknown, "PID 1 (node) has not waited for it", "docker restart demo",
		},
		"a live parent": {
			NewWorld().Container("jobs", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "tini", In("a", 1), NS(7), withInit).
				Process(102, 101, "sh", In("a", 2), NS(7), SID(101)).
				Process(108, 102, "python", In("a", 8), NS(7), SID(101)).
				Process(110, 108, "wkhtml", In("a", 9), NS(7), SID(101), Exited(1<<8)).Again(),
			zombie.ParentHasNotWaited, inspect.No, "python (108, inside 8) has not waited for it", "sudo kill 108",
		},
		"the program that docker-init started: it cannot be ended alone": {
			NewWorld().Container("jobs", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "tini", In("a", 1), NS(7), withInit).
				Process(108, 101, "python", In("a", 8), NS(7), SID(101)).
				Process(110, 108, "wkhtml", In("a", 9), NS(7), SID(101), Exited(1<<8)).Again(),
			zombie.ParentHasNotWaited, inspect.No, "python (108, inside 8) has not waited for it", "docker restart jobs",
		},
		"a paused container: nobody can reap": {
			NewWorld().Container("demo", "a", 101, func(c *inspect.Container) { c.Status = "paused" }).Process(100, 1, "s", ShimOf("a")).
				Process(101, 100, "sleep", In("a", 1), NS(7)).
				Process(110, 101, "sh", In("a", 7), NS(7), SID(109), Exited(0)).Again(),
			zombie.CauseUnknown, inspect.Unknown, "PID 1 (sleep) is paused and cannot wait now. Whether it would otherwise cannot be determined", "docker unpause demo",
		},
		"a stopped parent": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "tini", In("a", 1), NS(7)).
				Process(108, 101, "vi", In("a", 8), NS(7), SID(101), StateOf(procfs.StateStopped)).
				Process(110, 108, "sh", In("a", 9), NS(7), SID(101), Exited(0)).Again(),
			zombie.CauseUnknown, inspect.No, "vi (108, inside 8) is stopped and cannot wait now. Whether it would otherwise cannot be determined", "sudo kill -CONT 108",
		},
		"a stopped shim": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a"), StateOf(procfs.StateStopped)).
				Process(101, 100, "sleep", In("a", 1), NS(7)).
				Process(120, 100, "sh", In("a", 9), NS(7), Exited(0)).Again(),
			zombie.ShimHung, inspect.No, "The shim (100) is stopped", "sudo kill -CONT 100",
		},
		"a traced zombie": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
				Process(110, 101, "sh", In("a", 7), NS(7), SID(109), Exited(0), func(p *procfs.Process) { p.TracerPID = 55 }).Again(),
			zombie.CauseUnknown, inspect.Unknown, "Process 55 traces it and must detach first", "sudo kill 55",
		},
		"a parent that is not in the capture": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
				Process(110, 555, "sh", In("a", 7), NS(7), Exited(0)).Again(),
			zombie.CauseUnknown, inspect.Unknown, "Their parent (555) could not be read", "",
		},
		"a namespace nested inside": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "tini", In("a", 1), NS(7)).
				Process(105, 101, "sleep", In("a", 5, 1), NS(8), SID(101)).
				Process(110, 105, "sh", In("a", 7, 2), NS(8), SID(109), Exited(0)).Again(),
			zombie.ParentHasNotWaited, inspect.No, "sleep (105, inside 5>1), init of a nested PID namespace, has not waited for it", "sudo kill -KILL 105",
		},
		"--init is there already": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "docker-init", In("a", 1), NS(7)).
				Process(110, 101, "sh", In("a", 7), NS(7), SID(109), Exited(0)).Again(),
			zombie.InitDoesNotReap, inspect.No, "PID 1 (docker-init) does not reap orphaned processes", "docker restart demo",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
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
	w := Demo()
	w.SecondLook = nil
	ix := w.Index()
	report := zombies(t, ix)
	if len(report.Zombies) != 1 {
		t.Fatalf("got %+v, want one zombie, seen once", report)
	}
	if got := report.Zombies[0].Cause; got != zombie.CauseUnknown {
		t.Errorf("got cause %s after one look, want %s", got, zombie.CauseUnknown)
	}
	if got := report.Culprits[0].Now; got != "" {
		t.Errorf("got the advice %q after one look", got)
	}
}

func TestZombieThatPassesIsCountedOnly(t *testing.T) {
	w := Demo()
	w.SecondLook.Zombies = nil
	ix := w.Index()
	report := zombies(t, ix)
	if len(report.Zombies) != 0 || report.Passing != 1 || len(report.Culprits) != 0 {
		t.Errorf("got %d zombies, %d passing, %d culprits; want 0, 1, 0", len(report.Zombies), report.Passing, len(report.Culprits))
	}
	if report.Containers != 1 || report.Processes != 5 {
		t.Errorf("looked at %d processes in %d containers, want 5 in 1", report.Processes, report.Containers)
	}
}

// If the container exited between the looks, its zombies were not reaped by their parent.
func TestContainerThatEndedPassesNothing(t *testing.T) {
	w := Demo()
	w.SecondLook.Zombies, w.SecondLook.Ended = nil, []string{ID("a")}
	ix := w.Index()
	chosen, problems := ix.Choose([]string{"demo"}, inspect.Filter{})
	if len(chosen) > 0 || len(problems) != 1 || problems[0].Kind != inspect.Ended || problems[0].Text != "demo exited while it was read" {
		t.Errorf("got %v, %v", chosen, problems)
	}
	if chosen, problems = ix.Choose(nil, inspect.Filter{}); len(chosen) > 0 || len(problems) > 0 || len(ix.Resting(inspect.Filter{})) != 1 {
		t.Errorf("of all: got %v, %v", chosen, problems)
	}
}

// The parent of the first look has exited, so it is not blamed. The new parent has had no time
// to reap yet.
func TestParentEndsBetweenTheLooks(t *testing.T) {
	w := Demo().Process(130, 101, "sh", In("a", 30), NS(7), SID(101)).Process(131, 130, "x", In("a", 31), NS(7), SID(101), Exited(0)).Again()
	for i := range w.SecondLook.Zombies {
		w.SecondLook.Zombies[i].ParentPID = 101
	}
	ix := w.Index()
	report := zombies(t, ix)
	for _, z := range report.Zombies {
		if z.Process.PID == 131 && (z.Parent.PID != 101 || z.Cause != zombie.CauseUnknown || z.InitCures != inspect.Unknown) {
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

// A new parent that was not read is named by its PID.
func TestNewParentThatWasNotRead(t *testing.T) {
	w := Demo()
	w.SecondLook.Zombies[0].ParentPID = 555
	ix := w.Index()
	c := zombies(t, ix).Culprits[0]
	if c.Verdict != "Their parent (555) could not be read" || c.Now != "" {
		t.Errorf("got %q, %q", c.Verdict, c.Now)
	}
}

func TestRestartWhereSharersAreUnread(t *testing.T) {
	w := Demo()
	w.OthersUnread = true
	ix := w.Index()
	if got := zombies(t, ix).Culprits[0].NowEffect; !strings.Contains(got, "could not be read") {
		t.Errorf("got %q", got)
	}
}

func TestZombieWithNewStartIsAnother(t *testing.T) {
	w := Demo()
	w.SecondLook.Zombies[0].StartTicks++
	ix := w.Index()
	if report := zombies(t, ix); len(report.Zombies) != 0 {
		t.Error("a zombie with the same PID and another start was taken for the same")
	}
}

func TestMainThreadExitedIsNoZombie(t *testing.T) {
	w := Demo().Process(160, 101, "java", In("a", 60), NS(7), Exited(0), func(p *procfs.Process) { p.Threads = 5 }).Again()
	ix := w.Index()
	for _, z := range zombies(t, ix).Zombies {
		if z.Process.PID == 160 {
			t.Error("a process with living threads was called a zombie")
		}
	}
}

func TestZombieOfJoinerBlamesTheOwner(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101).Container("demo-x", "b", 201, JoinedTo(ID("a"))).
		Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
		Process(200, 1, "s", ShimOf("b")).Process(201, 200, "sleep", In("b", 6), NS(7)).
		Process(210, 101, "sh", In("b", 7), NS(7), SID(209), Exited(0)).Again()
	ix := w.Index()
	report := zombie.Find(ix, Choose(t, ix, "demo-x"))
	if len(report.Zombies) != 1 || len(report.Culprits) != 1 {
		t.Fatalf("got %d zombies and %d culprits, want one each", len(report.Zombies), len(report.Culprits))
	}
	z, culprit := report.Zombies[0], report.Culprits[0]
	if z.Container.Name != "demo-x" || z.ParentContainer.Name != "demo" || culprit.Container.Name != "demo" {
		t.Errorf("got a zombie of %s, parent of %s, culprit %s", z.Container.Name, z.ParentContainer.Name, culprit.Container.Name)
	}
	if !strings.Contains(culprit.Cure, "for demo.") || !strings.Contains(culprit.NowEffect, "demo-x") {
		t.Errorf("cure %q must name the owner, and now %q who dies with it", culprit.Cure, culprit.NowEffect)
	}
}

// A restart of a container that joined a PID namespace kills no others.
func TestRestartOfAJoinerKillsNobodyElse(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101).Container("demo-x", "b", 201, JoinedTo(ID("a"))).Container("demo-y", "c", 301, JoinedTo(ID("a"))).
		Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
		Process(200, 1, "s", ShimOf("b")).Process(201, 200, "python", In("b", 6), NS(7)).
		Process(210, 201, "sh", In("b", 7), NS(7), SID(201), Exited(0)).
		Process(300, 1, "s", ShimOf("c")).Process(301, 300, "sleep", In("c", 9), NS(7)).Again()
	ix := w.Index()
	c := zombies(t, ix).Culprits[0]
	if c.Now != "docker restart demo-x" || c.NowEffect != "terminates python. Its zombies are reparented to PID 1 (sleep). Whether it reaps cannot be determined" {
		t.Errorf("the joiner: %q, %q", c.Now, c.NowEffect)
	}
}

// Neither does a restart of one that shares the host's PID namespace.
func TestRestartWithHostPIDsKillsNobodyElse(t *testing.T) {
	hosts := func(c *inspect.Container) { c.PIDMode = "host" }
	w := NewWorld().Container("one", "a", 101, hosts).Container("two", "b", 201, hosts).
		Process(100, 1, "s", ShimOf("a")).Process(101, 100, "python", In("a")).
		Process(102, 101, "x", In("a"), SID(101), Exited(0)).
		Process(200, 1, "s", ShimOf("b")).Process(201, 200, "sleep", In("b")).Again()
	ix := w.Index()
	c := zombies(t, ix).Culprits[0]
	if c.Now != "docker restart one" || strings.Contains(c.NowEffect, "two") {
		t.Errorf("%q, %q", c.Now, c.NowEffect)
	}
}

// If PID 1 does not reap either, killing the parent only gives its zombies another parent.
func TestHeirThatDoesNotReap(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101).Container("demo-x", "b", 201, JoinedTo(ID("a"))).Container("demo-y", "c", 301, JoinedTo(ID("a"))).
		Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
		Process(102, 101, "sh", In("a", 2), NS(7), SID(109), Exited(0)).
		Process(200, 1, "s", ShimOf("b")).Process(201, 200, "python", In("b", 6), NS(7)).
		Process(210, 201, "sh", In("b", 7), NS(7), SID(201), Exited(0)).
		Process(300, 1, "s", ShimOf("c")).Process(301, 300, "sleep", In("c", 9), NS(7)).Again()
	ix := w.Index()
	for _, c := range zombies(t, ix).Culprits {
		if c.Now != "docker restart demo" || !strings.Contains(c.NowEffect, "Also kills demo-x, demo-y") {
			t.Errorf("%s: %q, %q", c.Container.Name, c.Now, c.NowEffect)
		}
	}
}

// A process that entered a PID namespace is not below its init, so a survey does not find that
// init. That does not mean that there is none.
func TestHeirOfWhoEntered(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sh", In("a", 1), NS(7)).
		Process(103, 101, "unshare", In("a", 3), NS(7)).Process(104, 103, "sleep", In("a", 4, 1), NS(8)).
		Process(105, 101, "nsenter", In("a", 5), NS(7)).Process(106, 105, "worker", In("a", 6, 2), NS(8)).
		Process(107, 106, "job", In("a", 7, 3), NS(8), Exited(0), SID(106)).Again()
	for want, ix := range map[string]*inspect.Index{
		"PID 1 (sleep). Whether it reaps cannot be determined": w.Index(),
		"PID 1 of its PID namespace, which must reap":          inspect.NewIndex(surveyForZombies(&w.Capture)),
	} {
		if c := zombie.Find(ix, Choose(t, ix)).Culprits[0]; c.NowEffect != "terminates worker. Its zombies are reparented to "+want {
			t.Errorf("got %q, want %q", c.NowEffect, want)
		}
	}
}

// No command restarts a container whose shim is stopped.
func TestNowLetsTheShimGoOn(t *testing.T) {
	ix := NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a"), StateOf(procfs.StateStopped)).
		Process(101, 100, "sleep", In("a", 1), NS(7)).Process(110, 101, "sh", In("a", 7), NS(7), SID(109), Exited(0)).Again().Index()
	c := zombies(t, ix).Culprits[0]
	if got := c.Now + ": " + c.NowEffect; got != "sudo kill -CONT 100: lets its shim continue. Before that, docker restart demo hangs" {
		t.Errorf("got %q", got)
	}
}

func TestNowEndsTheParent(t *testing.T) {
	signals := func(s procfs.Signals) Change { return func(p *procfs.Process) { p.Signals = s } }
	term := procfs.SignalSet(1 << (procfs.SIGTERM - 1))
	for name, test := range map[string]struct {
		signals procfs.Signals
		want    string
	}{
		"default": {procfs.Signals{}, "sudo kill 108: terminates python. Its zombies are reparented to PID 1 (tini), which reaps"},
		"caught":  {procfs.Signals{Caught: term}, "sudo kill 108: sends SIGTERM to python. Its zombies are reparented to PID 1 (tini), which reaps"},
		"ignored": {procfs.Signals{Ignored: term}, "sudo kill -KILL 108: kills python. Its zombies are reparented to PID 1 (tini), which reaps"},
		"blocked": {procfs.Signals{Blocked: term}, "sudo kill -KILL 108: kills python. Its zombies are reparented to PID 1 (tini), which reaps"},
	} {
		w := NewWorld().Container("jobs", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "tini", In("a", 1), NS(7)).
			Process(102, 101, "sh", In("a", 2), NS(7), SID(101)).
			Process(108, 102, "python", In("a", 8), NS(7), SID(101), signals(test.signals)).
			Process(110, 108, "x", In("a", 9), NS(7), SID(101), Exited(0)).Again()
		ix := w.Index()
		c := zombies(t, ix).Culprits[0]
		if got := c.Now + ": " + c.NowEffect; got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// Without the unified hierarchy, a zombie's cgroup lines are lost. Its owner is inferred, and
// marked if another container shares the namespace.
func TestInferredContainerIsMarked(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101).Container("demo-x", "b", 201, JoinedTo(ID("a"))).
		Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
		Process(200, 1, "s", ShimOf("b")).Process(201, 200, "sleep", In("b", 6), NS(7)).
		Process(210, 101, "by-ancestry", In("b", 7), NS(7), SID(209), V1Zombie).
		Process(211, 101, "by-exec", In("b", 8), NS(7), SID(208), V1Zombie).
		Process(212, 101, "by-cgroup", In("b", 9), NS(7), SID(207), Exited(0)).
		Exec("e", "b", 208, false).Again()
	ix := w.Index()
	got := map[string]string{}
	for _, z := range zombies(t, ix).Zombies {
		got[z.Process.Comm] = fmt.Sprint(z.Container.Name, " ", z.Inferred)
	}
	want := map[string]string{"by-ancestry": "demo true", "by-exec": "demo-x true", "by-cgroup": "demo-x false"}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// An entrypoint script that waits for the culprit exits with it.
func TestNowSaysWhatElseMayEnd(t *testing.T) {
	w := NewWorld().Container("web", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sh", In("a", 1), NS(7)).
		Process(108, 101, "python", In("a", 8), NS(7), SID(101)).
		Process(110, 108, "x", In("a", 9), NS(7), SID(101), Exited(0)).Again()
	ix := w.Index()
	if got := zombies(t, ix).Culprits[0].NowEffect; !strings.HasSuffix(got, "If PID 1 waits for python, web exits too") {
		t.Errorf("got %q", got)
	}
}

// A tracer holds up its own zombie, not its sibling.
func TestTracerIsNotBlamedForTheOthers(t *testing.T) {
	w := Demo().Process(130, 101, "x", In("a", 30), NS(7), SID(109), Exited(0), func(p *procfs.Process) { p.TracerPID = 55 }).Again()
	ix := w.Index()
	culprits := zombies(t, ix).Culprits
	if len(culprits) != 2 || culprits[0].Verdict != "PID 1 (sleep) does not reap orphaned processes" || culprits[1].Now != "sudo kill 55" {
		t.Errorf("got %+v", culprits)
	}
}

// A process inside that calls itself a shim is its children's parent like any other.
func TestForgedShimIsAParentLikeAnyOther(t *testing.T) {
	w := Demo().Process(130, 111, "evil", In("a", 30), NS(7), SID(101), Args("containerd-shim-evil", "-id", ID("a"))).
		Process(131, 130, "x", In("a", 31), NS(7), SID(101), Exited(0)).Again()
	ix := w.Index()
	for _, z := range zombies(t, ix).Zombies {
		if z.Process.PID == 131 && z.Cause != zombie.ParentHasNotWaited {
			t.Errorf("got cause %s", z.Cause)
		}
	}
}

func TestInitCures(t *testing.T) {
	for name, test := range map[string]struct {
		world   *World
		adopted bool
		want    inspect.Verdict
	}{
		"born to an exec session": {Demo(), true, inspect.Yes},
		"the init of a nested namespace, born to an exec session": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
				Process(110, 101, "sh", In("a", 7, 1), NS(8), SID(109), Exited(0)).Exec("e", "a", 109, false), true, inspect.Yes,
		},
		"in a session of unknown birth: PID 1 could be a subreaper": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
				Process(110, 101, "sh", In("a", 7), NS(7), SID(109), Exited(0)), true, inspect.Unknown,
		},
		"in PID 1's session": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
				Process(110, 101, "sh", In("a", 7), NS(7), SID(101), Exited(0)), false, inspect.Unknown,
		},
		"born below the init of a nested namespace, in an exec's session": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
				Process(110, 101, "sh", In("a", 7, 1), NS(8), SID(109)).
				Process(111, 110, "x", In("a", 8, 2), NS(8), SID(109), Exited(0)).Exec("e", "a", 109, false), false, inspect.No,
		},
	} {
		ix := test.world.Again().Index()
		z := zombies(t, ix).Zombies[0]
		if z.Adopted != test.adopted || z.InitCures != test.want {
			t.Errorf("%s: got adopted %v, init cures %s; want %v, %s", name, z.Adopted, z.InitCures, test.adopted, test.want)
		}
	}
}

func TestPIDsLimit(t *testing.T) {
	w := Demo()
	w.PIDs = map[string]inspect.PIDsUse{ID("a"): {Max: procfs.Some(50)}}
	ix := w.Index()
	if got, _ := zombies(t, ix).Culprits[0].Limit.Get(); got != 50 {
		t.Errorf("got limit %d, want 50", got)
	}
}

func TestOrigin(t *testing.T) {
	checked := func(c *inspect.Container) {
		c.Health = &inspect.HealthCheck{Command: []string{"/bin/sh", "-c", "curl -f localhost"}, Interval: 30 * time.Second,
			Log: []inspect.Probe{{Start: Booted.Add(900 * time.Second), End: Booted.Add(901 * time.Second)}}}
	}
	base := func() *World {
		return NewWorld().Container("api", "a", 101, checked).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "node", In("a", 1), NS(7))
	}
	command := func(e *inspect.Exec) { e.Command = "/bin/sh -c curl -f localhost" }
	at := func(seconds int) func(*inspect.Exec) {
		return func(e *inspect.Exec) { e.StartedAt = Booted.Add(time.Duration(seconds) * time.Second) }
	}
	dead := func(start int) []Change {
		return []Change{In("a", 9), NS(7), SID(109), Exited(0), StartedAt(start)}
	}
	tests := map[string]struct {
		world *World
		want  origin.Origin
	}{
		"nobody knows":   {base().Process(110, 101, "curl", dead(500)...), origin.Origin{Kind: origin.FromUnknown, Certainty: inspect.Uncertain, ExecID: ""}},
		"an ended exec":  {base().Process(110, 101, "curl", dead(500)...).Exec("e", "a", 109, false), origin.Origin{Kind: origin.FromExec, Certainty: inspect.Certain, ExecID: "e"}},
		"a living exec":  {base().Process(109, 100, "sh", In("a", 8), NS(7)).Process(110, 101, "curl", dead(500)...), origin.Origin{Kind: origin.FromExec, Certainty: inspect.Certain, ExecID: ""}},
		"a health check": {base().Process(110, 101, "curl", dead(900)...).Exec("e", "a", 109, false, command, at(900)), origin.Origin{Kind: origin.FromHealthCheck, Certainty: inspect.Certain, ExecID: "e"}},
		"the same command, at another time": {
			base().Process(110, 101, "curl", dead(500)...).Exec("e", "a", 109, false, command, at(500)), origin.Origin{Kind: origin.FromHealthCheck, Certainty: inspect.Likely, ExecID: "e"},
		},
		"forgotten, but at the time of a check": {base().Process(110, 101, "curl", dead(900)...), origin.Origin{Kind: origin.FromHealthCheck, Certainty: inspect.Likely, ExecID: ""}},
		"the number of an ended exec, led by another process by now": {
			base().Process(109, 101, "daemon", In("a", 8), NS(7)).Process(110, 109, "curl", dead(500)...).Exec("e", "a", 109, false), origin.Origin{Kind: origin.FromUnknown, Certainty: inspect.Uncertain, ExecID: ""},
		},
		"an exec that began after it":  {base().Process(110, 101, "curl", dead(500)...).Exec("e", "a", 109, false, at(600)), origin.Origin{Kind: origin.FromUnknown, Certainty: inspect.Uncertain, ExecID: ""}},
		"an exec of another container": {base().Process(110, 101, "curl", dead(500)...).Exec("e", "b", 109, false), origin.Origin{Kind: origin.FromUnknown, Certainty: inspect.Uncertain, ExecID: ""}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Again().Index()
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

// A program of a health check that has called setsid(2) leads a session of its own. A program
// that PID 1 has started in this way does too. The command of the check and its runs show the
// difference, and make the fix likely.
func TestOriginOfOwnSessions(t *testing.T) {
	every := func(command string, comm string, starts ...int) *World {
		w := NewWorld().Container("api", "a", 101, func(c *inspect.Container) {
			c.Health = &inspect.HealthCheck{Command: []string{"/bin/sh", "-c", command}, Interval: 30 * time.Second}
			for _, at := range []int{190, 220} {
				c.Health.Log = append(c.Health.Log, inspect.Probe{Start: Booted.Add(time.Duration(at) * time.Second), End: Booted.Add(time.Duration(at)*time.Second + time.Second)})
			}
		}).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "node", In("a", 1), NS(7))
		for i, at := range starts {
			w.Process(500+i, 101, comm, In("a", 10+i), NS(7), SID(500+i), Exited(0), StartedAt(at))
		}
		return w.Again()
	}
	for name, test := range map[string]struct {
		world *World
		want  origin.Kind
		cure  string
	}{
		"one, at the time of a run, and named":    {every("timeout 5 curl -f localhost", "timeout", 190), origin.FromHealthCheck, "recreate the container with --init (compose: init: true). --init probably fixes this"},
		"one, at another time":                    {every("timeout 5 curl -f localhost", "timeout", 150), origin.FromUnknown, "whether --init fixes this cannot be determined"},
		"one, of another program":                 {every("gpg -k", "gpg-agent", 190), origin.FromUnknown, "whether --init fixes this cannot be determined"},
		"at the pace, and named":                  {every("exec /usr/bin/timeout 5 curl", "timeout", 10, 40, 70, 100), origin.FromHealthCheck, "recreate the container with --init (compose: init: true). --init probably fixes this"},
		"at the pace, and not named":              {every("gpg -k", "gpg-agent", 10, 40, 70, 100), origin.FromUnknown, "whether --init fixes this cannot be determined"},
		"at the pace, the last ones in the log":   {every("gpg -k", "gpg-agent", 130, 160, 190, 220), origin.FromHealthCheck, "recreate the container with --init (compose: init: true). --init probably fixes this"},
		"at the pace, the last ones beside a run": {every("gpg -k", "gpg-agent", 145, 175, 205, 235), origin.FromUnknown, "whether --init fixes this cannot be determined"},
		"a name that the check has a part of":     {every("timeouts 5 curl", "timeout", 10, 40, 70, 100), origin.FromUnknown, "whether --init fixes this cannot be determined"},
	} {
		t.Run(name, func(t *testing.T) {
			report := zombies(t, test.world.Index())
			for _, z := range report.Zombies {
				if z.Origin.Kind != test.want || z.Origin.Certainty == inspect.Certain {
					t.Errorf("got %+v, want %s and not certain", z.Origin, test.want)
				}
			}
			if cure := report.Culprits[0].Cure; !strings.HasPrefix(cure, test.cure) {
				t.Errorf("got cure %q, want %q", cure, test.cure)
			}
		})
	}
}

func TestOriginByRhythm(t *testing.T) {
	zombiesEvery := func(gaps ...int) *World {
		w := NewWorld().Container("api", "a", 101, func(c *inspect.Container) { c.Health = &inspect.HealthCheck{Interval: 30 * time.Second} }).
			Process(100, 1, "s", ShimOf("a")).Process(101, 100, "node", In("a", 1), NS(7))
		at := 100
		for i, gap := range gaps {
			w.Process(500+i, 101, "curl", In("a", 10+i), NS(7), SID(400+i), Exited(0), StartedAt(at))
			at += gap
		}
		return w.Again()
	}
	for name, test := range map[string]struct {
		world *World
		want  origin.Kind
	}{
		"at the pace of the check": {zombiesEvery(30, 30, 31, 30, 30), origin.FromHealthCheck},
		"at no pace":               {zombiesEvery(3, 70, 12, 1, 55), origin.FromUnknown},
		"too few":                  {zombiesEvery(30, 30, 30), origin.FromUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			for _, z := range zombies(t, ix).Zombies {
				if z.Origin.Kind != test.want || z.Origin.Certainty == inspect.Certain {
					t.Errorf("got %+v, want %s and not certain", z.Origin, test.want)
				}
			}
		})
	}
}

// The order in which /proc lists processes does not matter.
func TestOrderDoesNotMatter(t *testing.T) {
	want := ""
	for seed := range uint64(20) {
		w := Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).
			Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 50), NS(7)).
			Process(210, 101, "sh", In("b", 51), NS(7), Exited(9)).Again()
		var b strings.Builder
		for _, culprit := range zombies(t, w.Shuffled(seed).Index()).Culprits {
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

// zombies judges the zombies of all containers, and compares the answer with that of a capture
// in which only what it needs was read completely.
func zombies(t *testing.T, ix *inspect.Index) zombie.Report {
	t.Helper()
	report := zombie.Find(ix, Choose(t, ix))
	thin := inspect.NewIndex(surveyForZombies(ix.Capture))
	if got, want := zombiesInWords(zombie.Find(thin, Choose(t, thin))), zombiesInWords(report); got != want {
		t.Errorf("of a survey:\n%s\nof everything:\n%s", got, want)
	}
	return report
}

func zombiesInWords(r zombie.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d containers, %d processes, %d passing\n", r.Containers, r.Processes, r.Passing)
	for _, z := range r.Zombies {
		fmt.Fprintf(&b, "%s %v %v %s of %d, init %t, adopted %t, %v, %s, cures %s\n", z.Container.Name, z.Process.Key, z.ContainerPIDs, z.Role, z.ParentPID, z.ParentIsInit, z.Adopted, z.Origin, z.Cause, z.InitCures)
	}
	for _, c := range r.Culprits {
		fmt.Fprintf(&b, "%s %s: %s | %s (%s) | %s %s | %d\n", c.Container.Name, c.Cause, c.Verdict, c.Now, c.NowEffect, c.InitCures, c.Cure, len(c.Zombies))
	}
	return b.String()
}

// surveyForZombies is the capture as a survey for zombies makes it.
func surveyForZombies(c *inspect.Capture) *inspect.Capture {
	extents := need.ForZombies.Needs(c, nil)
	return Surveyed(c, func(pid int) bool { return extents(pid) >= need.Process })
}

// Killing a parent is not recommended if its zombies would be reparented to an init that does
// not reap, and it would become one more zombie. If the init reaps, or is not known, it is.
func TestHeirIsAsked(t *testing.T) {
	world := func(init ...Attending) *World {
		w := NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sleep", In("a", 1), NS(7)).
			Process(102, 101, "worker", In("a", 2), NS(7)).Process(103, 102, "job", In("a", 3), NS(7), SID(102), Exited(0)).Again()
		if len(init) > 0 {
			w.Attend(101, init...)
		}
		return w
	}
	for name, test := range map[string]struct {
		world       *World
		now, effect string
	}{
		"it does not reap":   {world(Runs(), CannotWait), "docker restart demo", "demo is down for up to 10s"},
		"it reaps":           {world(Runs(TiniMarks...)), "sudo kill 102", "terminates worker. Its zombies are reparented to PID 1 (sleep), which reaps"},
		"it was not asked":   {world(), "sudo kill 102", "terminates worker. Its zombies are reparented to PID 1 (sleep). Whether it reaps cannot be determined"},
		"it may not be read": {world(Denied), "sudo kill 102", "terminates worker. Its zombies are reparented to PID 1 (sleep). Whether it reaps cannot be determined"},
	} {
		if c := zombies(t, test.world.Index()).Culprits[0]; c.Now != test.now || !strings.HasPrefix(c.NowEffect, test.effect) {
			t.Errorf("%s: got %q, %q", name, c.Now, c.NowEffect)
		}
	}
}

// Processes that are only listed count for the innermost container that lists them.
func TestListedProcessesAreCounted(t *testing.T) {
	w := TwoContainers()
	w.Snapshot.Listed = []int{1001, 1002, 1003, 1004}
	w.Groups = []inspect.GroupMembers{{ContainerID: ID("a"), Path: "/a", PIDs: []int{21, 1001, 1002, 1003}}, {ContainerID: ID("b"), Path: "/a/b", PIDs: []int{1003, 9999, 1002}}}
	ix := w.Index()
	for name, want := range map[string]int{"a": 1, "b": 2, "c": 0} {
		chosen := []*inspect.Container{ix.Container(ID(name))}
		if got := zombie.Find(ix, chosen).Processes - len(ix.ProcessesOf(chosen[0])); got != want {
			t.Errorf("%s: %d more, want %d", name, got, want)
		}
	}
}
