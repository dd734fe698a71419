package zombie_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The number of PIDs that zombies hold is compared with the limit that they count against, with
// their containers. If the limit is not known, no number is shown for it.
func TestHolding(t *testing.T) {
	demo, joiner := &inspect.Container{Name: "demo"}, &inspect.Container{Name: "joiner"}
	third := &inspect.Container{Name: "third"}
	of := func(list ...*inspect.Container) (zombies []*zombie.Zombie) {
		for _, c := range list {
			zombies = append(zombies, &zombie.Zombie{Row: inspect.Row{Container: c}})
		}
		return zombies
	}
	limit, unread := procfs.Some(4096), procfs.None[int](procfs.Unread)
	for want, c := range map[string]zombie.Culprit{
		"1 zombie holds 1 of 4,096 PIDs":             {Zombies: of(demo), Limit: limit, Charged: 1},
		"2 zombies hold 2 of 4,096 PIDs":             {Zombies: of(demo, demo), Limit: limit, Charged: 2},
		"3 zombies. 2 of them hold 2 of 4,096 PIDs":  {Zombies: of(demo, demo, demo), Limit: limit, Charged: 2},
		"2 zombies. 1 of them holds 1 of 4,096 PIDs": {Zombies: of(demo, demo), Limit: limit, Charged: 1},
		"2 zombies": {Zombies: of(demo, demo), Limit: unread, Charged: 2},
		"1 zombie":  {Zombies: of(demo), Limit: limit},
		"1 zombie of joiner holds 1 of 4,096 PIDs": {Zombies: of(joiner), Limit: limit, Charged: 1},
		"3 zombies of joiner, third":               {Zombies: of(joiner, third, joiner), Limit: unread, Charged: 3},
		"3 zombies (2 of joiner)":                  {Zombies: of(joiner, demo, joiner), Limit: unread, Charged: 3},
		"4 zombies (3 of joiner, third)":           {Zombies: of(joiner, demo, joiner, third), Limit: unread, Charged: 4},
	} {
		c.Container = demo
		if got := c.Holding(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The limit is the kernel's, else the declared one. For several containers there is none. What
// was not read does not count as unlimited.
func TestLimitOfACulprit(t *testing.T) {
	declared := func(w *World, n procfs.Opt[int64]) *World {
		return w.Declared("demo", func(c *inspect.Container) { c.PIDsLimit = n })
	}
	read := func(w *World, most procfs.Opt[int]) *World {
		w.PIDs = map[string]inspect.PIDsUse{ID("a"): {Max: most}}
		return w
	}
	denied, none := procfs.None[int](procfs.Denied), procfs.None[int](procfs.NotHeld)
	two := Demo().Container("joiner", "b", 201, JoinedTo(ID("a"))).Process(200, 1, "s", ShimOf("b")).Process(201, 200, "sleep", In("b", 50), NS(7)).
		Process(210, 101, "sh", In("b", 51), NS(7), SID(209), Exited(0)).Again()
	for name, test := range map[string]struct {
		world *World
		want  procfs.Opt[int]
	}{
		"the kernel's":                        {read(declared(Demo(), procfs.Some[int64](9)), procfs.Some(50)), procfs.Some(50)},
		"the kernel has none":                 {read(declared(Demo(), procfs.Some[int64](9)), none), none},
		"denied, and declared":                {read(declared(Demo(), procfs.Some[int64](9)), denied), procfs.Some(9)},
		"denied, and none was declared":       {read(declared(Demo(), procfs.None[int64](procfs.NotHeld)), denied), procfs.None[int](procfs.Unread)},
		"not asked, and declared":             {declared(Demo(), procfs.Some[int64](9)), procfs.Some(9)},
		"nothing is known":                    {Demo(), procfs.None[int](procfs.Unread)},
		"of two containers, of which one has": {read(two, procfs.Some(50)), procfs.None[int](procfs.Unread)},
	} {
		if got := zombies(t, test.world.Index()).Culprits[0].Limit; got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

// The lasting fix is as certain as is known: --init if it would reap, and what prevents that.
// The kernel's iterator decides what /proc leaves open.
func TestCure(t *testing.T) {
	adopted := func(comm string, change ...Change) *World {
		return Alone(comm, change...).Process(110, 101, "sh", In("a", 7), NS(7), SID(90), Exited(0)).Again()
	}
	ofItself := func(comm string) *World {
		return Alone(comm).Process(110, 101, "sh", In("a", 7), NS(7), SID(101), Exited(0)).Again()
	}
	const yes, no = "recreate the container with --init (compose: init: true)", "--init does not fix this. "
	inner := Alone("tini").Process(105, 101, "nginx", NS(8), func(p *procfs.Process) {
		p.NSPIDs, p.Cgroups = []int{105, 5, 1}, procfs.Some([]procfs.Cgroup{{Path: "/docker/" + ID("a") + "/docker/" + ID("e")}})
	}).Process(110, 105, "sh", In("a", 7, 2), NS(8), Exited(0)).Again()
	for name, test := range map[string]struct {
		world *World
		cures inspect.Verdict
		want  string
	}{
		"born to an exec session":         {Demo(), inspect.Yes, yes},
		"it may be a subreaper":           {adopted("node"), inspect.Unknown, "recreate the container with --init (compose: init: true). --init probably fixes this, unless node is a child subreaper, which /proc does not show"},
		"the kernel says that it is none": {adopted("node", Internal()), inspect.Yes, yes + ". node is not a child subreaper (" + signal.FromKernel + "), so docker-init adopts and reaps them"},
		"the kernel says that it is one":  {adopted("node", Internal(IsSubreaper)), inspect.No, no + "node is a child subreaper (" + signal.FromKernel + ") and would adopt them again"},
		"tini, a subreaper":               {adopted("tini", Internal(IsSubreaper)), inspect.No, no + "tini is already PID 1 and should have reaped"},
		"tini":                            {adopted("tini"), inspect.No, no + "tini is already PID 1 and should have reaped"},
		"what it may have started":        {ofItself("node"), inspect.Unknown, "whether --init fixes this cannot be determined. It reaps adopted processes, not those that node started"},
		"a container of an engine inside": {inner, inspect.No, "run docker pidns zombies on the engine inside. --init does not fix this"},
	} {
		c := zombies(t, test.world.Index()).Culprits[0]
		if c.InitCures != test.cures || c.Cure != test.want {
			t.Errorf("%s: got %s, %q; want %s, %q", name, c.InitCures, c.Cure, test.cures, test.want)
		}
	}
}

// A restart is reported with the longest time that it takes.
func TestRestartSaysHowLong(t *testing.T) {
	for grace, want := range map[time.Duration]string{
		10 * time.Second: "demo is down for up to 10s", 0: "demo is down for up to 0s",
		-time.Second: "demo is down until it has stopped, without a time limit",
	} {
		ix := Demo().Declared("demo", func(c *inspect.Container) { c.StopTimeout = grace }).Index()
		if got := zombies(t, ix).Culprits[0].NowEffect; got != want {
			t.Errorf("%s: got %q, want %q", grace, got, want)
		}
	}
}

// Some of the zombies of PID 1 prove that it does not reap, and their number is reported. On the
// host they are reparented to the shim.
func TestVerdictsOfSeveral(t *testing.T) {
	mixed := Alone("node").Process(110, 101, "sh", In("a", 7), NS(7), SID(101), Exited(0)).Process(111, 101, "sh", In("a", 8), NS(7), SID(90), Exited(0)).Again()
	c := zombies(t, mixed.Index()).Culprits[0]
	if want := "PID 1 (node) does not reap orphaned processes (1 of them certainly adopted)"; c.Verdict != want || c.Cause != zombie.InitDoesNotReap || c.InitCures != inspect.Unknown {
		t.Errorf("got %q, %s, %s; want %q", c.Verdict, c.Cause, c.InitCures, want)
	}
	own := Alone("node").Process(110, 101, "sh", In("a", 7), NS(7), SID(101), Exited(0)).Process(111, 101, "sh", In("a", 8), NS(7), SID(101), Exited(0)).Again()
	if c = zombies(t, own.Index()).Culprits[0]; c.Verdict != "PID 1 (node) has not waited for them" || c.Cause != zombie.ParentHasNotWaited {
		t.Errorf("got %q, %s", c.Verdict, c.Cause)
	}
	onHost := NewWorld().Container("demo", "a", 101, func(c *inspect.Container) { c.PIDMode = "host" }).Process(100, 1, "s", ShimOf("a")).
		Process(101, 100, "app", In("a")).Process(102, 101, "worker", In("a"), SID(101)).Process(103, 102, "job", In("a"), SID(101), Exited(0)).Again()
	c = zombies(t, onHost.Index()).Culprits[0]
	if c.Now != "sudo kill 102" || !strings.Contains(c.NowEffect, "Its zombies are reparented to the shim, which reaps") {
		t.Errorf("got %q, %q", c.Now, c.NowEffect)
	}
}

// The names of the zombies' containers are each written once, and the culprit's own is left out.
func TestOthers(t *testing.T) {
	w := Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).Process(200, 1, "s", ShimOf("b")).Process(201, 200, "sleep", In("b", 50), NS(7)).
		Process(210, 101, "sh", In("b", 51), NS(7), SID(209), Exited(0)).Process(211, 101, "sh", In("b", 52), NS(7), SID(209), Exited(0)).Again()
	c := zombies(t, w.Index()).Culprits[0]
	if names, n := c.Others(); !slices.Equal(names, []string{"demo-x"}) || n != 2 || len(c.Zombies) != 3 {
		t.Errorf("got %q, %d of %d", names, n, len(c.Zombies))
	}
}

// A shim that does not reap and is not stopped hangs, and where it waits is shown.
func TestZombieOfAHungShim(t *testing.T) {
	w := Alone("app").Alter(100, StateOf(procfs.StateUninterruptible)).Process(120, 100, "sh", In("a", 9), NS(7), Exited(0)).Again()
	c := zombies(t, w.Index()).Culprits[0]
	if got := strings.Join([]string{c.Verdict, c.Now, c.NowEffect, c.Cure}, " | "); got != "The shim (100) hangs. A running shim always reaps | sudo cat /proc/100/wchan | shows where it waits | --init does not fix this, because the shim is not in the container" {
		t.Errorf("got %q", got)
	}
	if c.Cause != zombie.ShimHung || c.Container.Name != "demo" {
		t.Errorf("got %s of %s", c.Cause, c.Container.Name)
	}
}

// Zombies of one parent with different answers about --init have no common answer.
func TestCureOfSeveral(t *testing.T) {
	w := Demo().Process(111, 101, "sh", In("a", 12), NS(7), SID(101), Exited(0)).Again()
	report := zombies(t, w.Index())
	if c := report.Culprits[0]; report.Zombies[0].InitCures != inspect.Yes || c.InitCures != inspect.Unknown {
		t.Errorf("got %s for the first, %s for both", report.Zombies[0].InitCures, c.InitCures)
	}
}

// Without intervals a health check has no rhythm.
func TestNoRhythmWithoutAnInterval(t *testing.T) {
	w := Alone("node").Declared("demo", func(c *inspect.Container) { c.Health = &inspect.HealthCheck{} })
	for i := range 6 {
		w.Process(500+i, 101, "curl", In("a", 10+i), NS(7), SID(400+i), Exited(0), StartedAt(100))
	}
	for _, z := range zombies(t, w.Again().Index()).Zombies {
		if z.Origin.Kind != origin.FromUnknown {
			t.Errorf("got %+v", z.Origin)
		}
	}
}
