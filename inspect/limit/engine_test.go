package limit_test

import (
	"slices"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The engine forks in groups of its own. They are reported if they have a limit and are not the
// container's.
func TestGroupsOfTheEngine(t *testing.T) {
	const unit = "/system.slice/docker.service"
	world := func(groups ...procfs.PIDsGroup) *World {
		w := api().Process(40, 1, "containerd", InGroups(unit)).Process(41, 1, "dockerd", InGroups(unit))
		w.Alter(1000, InGroups(unit)).Alter(2000, InGroups(unit))
		w = withLimits(w, append([]procfs.PIDsGroup{group(own("a"), 6, "max"), group("/docker", 8, "max")}, groups...)...)
		w.Limits.EnginePIDs = []int{41, 40}
		return w
	}
	free := group("/system.slice", 40, "max")
	split := world(group("/shims", 11, 11), group("/engine", 30, 30), free, group(unit, 8, "max"))
	split.Alter(1000, InGroups("/shims")).Alter(40, InGroups("/engine")).Alter(41, InGroups("/engine"))
	beside := world(group(unit, 11, 11), free)
	beside.Alter(1000, InGroups("/docker"))
	unknown := world(group("/engine", 30, 30), group(unit, 8, "max"), free)
	unknown.Alter(40, InGroups("/engine"))
	unknown.Limits.EnginePIDs = nil
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"no limit":      {world(group(unit, 30, "max"), free), nil},
		"far":           {world(group(unit, 30, 100), free), []string{"pids.max/engine 30 of 100"}},
		"near":          {world(group(unit, 90, 100), free), []string{"pids.max/engine 90 of 100: docker exec and health checks fail when " + unit + ", the control group of its shim, is full (pids.max): 90 of 100 used."}},
		"full":          {world(group(unit, 100, 100), free), []string{"pids.max/engine 100 of 100: docker exec and health checks fail now: " + unit + ", the control group of its shim, is full (pids.max): 100 of 100 used."}},
		"a group above": {world(group(unit, 30, "max"), group("/system.slice", 100, 100)), []string{"pids.max/engine 100 of 100: docker exec and health checks fail now: /system.slice, the control group of its shim, is full (pids.max): 100 of 100 used."}},
		"not mounted":   {world(free), []string{"pids.max/engine unread of unread"}},
		"a container's": {beside, []string{"pids.max/engine 11 of 11: No container can be started now: " + unit + ", the control group of dockerd, is full (pids.max): 11 of 11 used."}},
		"of which none is known to be the engine's": {unknown, nil},
		"a group of each": {split, []string{
			"pids.max/engine 11 of 11: docker exec and health checks fail now: /shims, the control group of its shim, is full (pids.max): 11 of 11 used.",
			"pids.max/engine 30 of 30: No container can be started now: /engine, the control group of dockerd, is full (pids.max): 30 of 30 used."}},
	} {
		set := limits(test.world, t, "api")
		if got := besideFork(set); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
		if first := set.First(); first == nil || first.Kind != limit.Numbers {
			t.Errorf("%s: first is %+v", name, first)
		}
	}
}

// Its own limit applies to a user of the host with the same user ID as a container's user, and
// the kernel counts the container's tasks too.
func TestUserOfTheHostWithTheSameNumber(t *testing.T) {
	login := func(change ...Change) *World {
		return api().Process(60, 1, "bash", append([]func(*procfs.Process){uid(1000)}, change...)...)
	}
	const starved = ": User 1000 on the host cannot fork because of its RLIMIT_NPROC (9 tasks). Containers use 8 of it."
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"nobody":                    {api(), nil},
		"far":                       {login(nproc(100)), []string{"nproc/neighbour 9 of 100"}},
		"near":                      {login(nproc(11)), []string{"nproc/neighbour 9 of 11: User 1000 on the host is near its RLIMIT_NPROC (11 tasks). Containers use 8 of it."}},
		"starved":                   {login(nproc(9)), []string{"nproc/neighbour 9 of 9" + starved}},
		"by itself":                 {login(nproc(20), threads(20)), []string{"nproc/neighbour 28 of 20"}},
		"no limit":                  {login(), nil},
		"not read":                  {login(func(p *procfs.Process) { p.MaxProcesses = procfs.None[int](procfs.Denied) }), nil},
		"the lowest":                {login(nproc(100)).Process(61, 1, "cron", uid(1000), nproc(10)), []string{"nproc/neighbour 10 of 10: User 1000 on the host cannot fork because of its RLIMIT_NPROC (10 tasks). Containers use 8 of it."}},
		"one that renounces":        {login(nproc(0)), nil},
		"one that is exempt":        {login(nproc(9), caps(procfs.CapSysResource)), nil},
		"another user":              {api().Process(60, 1, "bash", uid(1001), nproc(1)), nil},
		"one that forks no more":    {login(nproc(9), Exited(0)), nil},
		"in another user namespace": {origin(withLimits(login(nproc(1), userNS(procfs.Some[uint64](5)))), 5, procfs.InitialUserNamespace, 0), nil},
	} {
		w := test.world
		if w.Limits == nil {
			w = withLimits(w, group(own("a"), 6, "max"), group("/docker", 8, "max"))
		}
		if got := besideFork(limits(w, t, "api")); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}
