package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// engineIn is a host with two containers whose shims are in a group that has used this much of
// its limit, with containerd (40) in another group.
func engineIn(used int, most procfs.Opt[int]) *World {
	const unit = "/system.slice/docker.service"
	w := Alone("app").Container("twin", "b", 201).
		Process(200, 1, "containerd-shim", ShimOf("b"), InGroups(unit)).Process(201, 200, "app", In("b", 1), NS(8)).
		Process(40, 1, "containerd", InGroups("/containerd")).
		Process(2, 0, "kthreadd", func(p *procfs.Process) { p.KernelThread = true })
	w.Alter(100, InGroups(unit))
	none := procfs.None[int](procfs.NotHeld)
	group := func(path string, used int, most procfs.Opt[int]) procfs.PIDsGroup {
		return procfs.PIDsGroup{Path: path, Dir: "/sys/fs/cgroup" + path, Current: procfs.Some(used), Max: most, Refused: procfs.Some(0)}
	}
	w.Limits = &inspect.LimitFacts{
		EnginePIDs: []int{40}, ReaderCgroupNamespace: procfs.Some[uint64](procfs.InitialCgroupNamespace),
		Groups: []procfs.PIDsGroup{
			group("/docker/"+ID("a"), 1, none), group("/docker/"+ID("b"), 1, none), group("/docker", 2, none),
			group(unit, used, most), group("/system.slice", used, none), group("/containerd", 9, none),
		},
	}
	return w
}

// A group in which the engine forks is a warning if four fifths are used, an error if it is
// full, and is reported once for all containers.
func TestEnginePIDsLimit(t *testing.T) {
	unread := engineIn(9, procfs.Some(100))
	unread.Limits.Groups = unread.Limits.Groups[:3]
	starts := engineIn(9, procfs.Some(100))
	starts.Limits.Groups[5].Max = procfs.Some(9)
	notAsked := engineIn(100, procfs.Some(100))
	notAsked.Limits = nil
	const group, raise = "/system.slice/docker.service, the control group of its shim, is full (pids.max)", " | systemctl set-property docker.service TasksMax=200"
	hosts{
		"far":      {now: engineIn(79, procfs.Some(100))},
		"no limit": {now: engineIn(7900, procfs.None[int](procfs.NotHeld))},
		"near":     {now: engineIn(80, procfs.Some(100)), want: []string{"warning demo 100: docker exec and health checks fail when " + group + ": 80 of 100 used." + raise}},
		"full":     {now: engineIn(100, procfs.Some(100)), want: []string{"error demo 100: docker exec and health checks fail now: " + group + ": 100 of 100 used." + raise}},
		"that of containerd": {now: starts, want: []string{
			"error demo 40: No container can be started now: /containerd, the control group of containerd, is full (pids.max): 9 of 9 used. | echo 50 > /sys/fs/cgroup/containerd/pids.max"}},
		"not mounted": {now: unread},
		"not asked":   {now: notAsked},
	}.hold(t, "engine-pids-limit")
}
