package source

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// judged is what is said of the zombies in a capture.
func judged(c *inspect.Capture) string {
	ix := inspect.NewIndex(c)
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	report := zombie.Find(ix, chosen)
	lines := []string{fmt.Sprintf("%d of %d processes, %d passing", len(report.Zombies), report.Processes, report.Passing)}
	for i := range report.Zombies {
		z := &report.Zombies[i]
		lines = append(lines, fmt.Sprint(z.Process.PID, z.Container.Name, z.Inferred, z.Role, z.ContainerPIDs, z.ParentPID, z.ParentIsInit, z.Adopted, z.ParentChanged, z.Origin, z.Cause, z.InitCures))
	}
	for _, c := range report.Culprits {
		lines = append(lines, fmt.Sprint(c.Container.Name, c.Process != nil, c.Holding(), c.Verdict, c.Now, c.NowEffect, c.Cure))
	}
	return strings.Join(lines, "\n")
}

// health gives the container a health check.
func health(c *inspect.Container) { c.Health = &inspect.HealthCheck{Command: []string{"probe"}} }

// crowds are hosts on which a verdict depends on processes that are alive, or that only come.
func crowds() map[string][2]*World {
	still := func(w *World) [2]*World { return [2]*World{w, w} }
	joined := runs(littered(), "other", "b", 201).
		Alter(201, In("b", 9), NS(1010)).Declared("other", func(c *inspect.Container) { c.PIDMode = "container:" + ID("a") }).
		Process(202, 101, "left", In("b", 10), NS(1010), Exited(0)).Process(203, 201, "idle", In("b", 11), NS(1010))
	below := func() *World {
		return one().Process(102, 101, "worker", inside(2)).Process(103, 102, "job", inside(3), Exited(0)).Process(104, 101, "idle", inside(4)).Process(105, 104, "idle", inside(5))
	}
	program := func(first, second int) *World {
		return one().Alter(101, func(p *procfs.Process) { p.Comm = "docker-init" }).
			Process(102, 101, "program", inside(2), StartedAt(first)).Process(103, 102, "job", inside(3), Exited(0), StartedAt(600)).Process(104, 101, "older", inside(4), StartedAt(second))
	}
	return map[string][2]*World{
		"two containers":                      still(peopled()),
		"an idle child":                       still(littered()),
		"a joiner":                            still(joined),
		"a parent below the init":             still(below()),
		"the program of the init":             still(program(500, 550)),
		"a later child of the init":           still(program(550, 500)),
		"a chain of parents":                  still(below().Process(106, 105, "job", inside(6), Exited(0))),
		"a session of an exec":                still(one().Process(150, 100, "sh", inside(7)).Process(151, 150, "leader", inside(8)).Process(152, 101, "job", inside(9), Exited(0), SID(150))),
		"a check":                             still(runs(engineHost(), "demo", "a", 101, health).Process(150, 100, "probe", inside(7)).Process(152, 101, "job", inside(9), Exited(0), SID(150))),
		"an init of a namespace below":        still(one().Process(102, 101, "unshare", inside(2)).Process(103, 102, "init", In("a", 3, 1), NS(8)).Process(104, 103, "job", In("a", 4, 2), NS(8), Exited(0))),
		"who moved out of its group":          still(littered().Process(104, 103, "moved", EveryNamespace(1010, nil))),
		"nobody is dead":                      still(two().Process(102, 101, "worker", inside(2))),
		"it is adopted by who was not read":   {littered(), littered().Alter(102, Below(103))},
		"it is adopted by who is just coming": {littered(), littered().Process(109, 101, "new", inside(9), StartedAt(200_000)).Alter(102, Below(109))},
		"another dies meanwhile":              {littered(), littered().Alter(103, Exited(0))},
		"its parent dies meanwhile":           {below(), below().Alter(102, Exited(0))},
		"its parent's parent ends":            {below().Process(106, 105, "job", inside(6), Exited(0)), below().Process(106, 105, "job", inside(6), Exited(0)).Without(104).Alter(105, Below(101))},
		"it is reaped":                        {littered(), littered().Without(102)},
	}
}

// What is said of zombies does not depend on whether processes that control groups list were read.
func TestZombiesAmongTheLiving(t *testing.T) {
	skipped := 0
	for name, host := range crowds() {
		synctest.Test(t, func(t *testing.T) {
			var said [2]string
			for i, everybody := range []bool{true, false} {
				r := newRig(host[0]).afterwards(host[1], nil)
				r.processes.everybody = everybody
				c := r.record(t, need.Zombies(nil, settle))
				said[i] = judged(c)
				if everybody && len(c.Snapshot.Listed) > 0 {
					t.Errorf("%s: %v were not read", name, c.Snapshot.Listed)
				}
				skipped += len(c.Snapshot.Listed)
			}
			if said[0] != said[1] {
				t.Errorf("%s: of everybody\n%s\nof few\n%s", name, said[0], said[1])
			}
		})
	}
	if skipped == 0 {
		t.Error("everybody was read")
	}
}

// The numbers of processes and of zombies do not depend on that either.
func TestCountsAmongTheLiving(t *testing.T) {
	skipped := 0
	for name, host := range crowds() {
		var said [2]string
		for i, everybody := range []bool{true, false} {
			r := newRig(host[0])
			r.processes.everybody = everybody
			c := r.record(t, need.HostPIDs())
			ix, listed := inspect.NewIndex(c), zombie.ListedIn(c)
			for container := range ix.Containers() {
				processes := ix.ProcessesOf(container)
				dead := slices.DeleteFunc(slices.Clone(processes), func(p *procfs.Process) bool { return !p.IsZombie() })
				said[i] += fmt.Sprint(container.Name, ix.Binding(container).Main.Key, len(processes)+listed[container.ID], len(dead), "\n")
			}
			skipped += len(c.Snapshot.Listed)
		}
		if said[0] != said[1] {
			t.Errorf("%s: of everybody\n%s\nof few\n%s", name, said[0], said[1])
		}
	}
	if skipped == 0 {
		t.Error("everybody was read")
	}
}

// Main processes are read, and everybody if this /proc hides processes, or if the answer needs
// more of them. The kernel's iterator reports all in any case.
func TestWhoIsKnownToLive(t *testing.T) {
	hidden := func(euid int) *World {
		w := peopled()
		w.Host.HidePID, w.Host.EUID = "invisible", euid
		return w
	}
	kernel := newRig(peopled()).byKernel()
	for name, test := range map[string]struct {
		rig      *rig
		question need.Question
		want     []int
	}{
		"zombies":                   {newRig(peopled()), need.Zombies(nil, 0), []int{102, 202}},
		"hidden":                    {newRig(hidden(1000)), need.Zombies(nil, 0), nil},
		"hidden from others":        {newRig(hidden(0)), need.Zombies(nil, 0), []int{102, 202}},
		"by the kernel":             {kernel, need.Zombies(nil, 0), nil},
		"counts":                    {newRig(peopled()), need.HostPIDs(), []int{102, 202}},
		"overview":                  {newRig(peopled()), need.Overview(0), nil},
		"trees":                     {newRig(peopled()), need.Tree(nil), nil},
		"everything":                {newRig(peopled()), need.Doctor(nil, 0), nil},
		"nobody runs":               {newRig(engineHost()), need.Zombies(nil, 0), nil},
		"its group cannot be found": {newRig(peopled().Alter(101, func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Denied) })), need.Zombies(nil, 0), []int{202}},
	} {
		test.rig.record(t, test.question)
		of := test.rig.processes.surveys[0]
		var got []int
		for _, p := range test.rig.processes.world.Index().Processes() {
			if of.Living != nil && of.Living(p.PID) {
				got = append(got, p.PID)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func TestPIDSet(t *testing.T) {
	set := pidSet{}.with(nil).with([]int{64, 5}).with([]int{63, 4_194_303}).without([]int{5, 6, 900_000, 5_000_000})
	for pid, want := range map[int]bool{0: false, 5: false, 6: false, 63: true, 64: true, 65: false, 4_194_303: true, 4_194_304: false, 1 << 40: false} {
		if set.has(pid) != want {
			t.Errorf("%d: %t", pid, !want)
		}
	}
	if (pidSet{}).has(0) {
		t.Error("an empty set has 0")
	}
}
