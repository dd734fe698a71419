package rule_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// grouped puts a process into a group of pids and a group of the unified hierarchy.
func grouped(pids, unified string) Change {
	return func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 8, Controllers: []string{"pids"}, Path: pids}, {Path: unified}})
	}
}

func TestOutOfGroups(t *testing.T) {
	own := "/docker/" + ID("a")
	scope := "/system.slice/docker-" + ID("a") + ".scope"
	world := func(main, child Change, more ...Change) *World {
		return Alone("sh", main).Process(102, 101, "worker", append([]func(*procfs.Process){In("a", 2), NS(7), child}, more...)...)
	}
	const now = "; limits, docker stats and docker pause do not reach what is outside | docker restart demo | remove what lets a process leave them: SYS_ADMIN, --privileged, a writable /sys/fs/cgroup"
	hosts{
		"all groups":                 {now: world(grouped(own, own), grouped("/", "/")), want: []string{"note demo 102: 1 process outside of all of its control groups, the oldest worker (102)" + now}},
		"that of pids":               {now: world(grouped(own, own), grouped("/", own)), want: []string{"note demo 102: 1 process outside of its control groups of pids, the oldest worker (102)" + now}},
		"the unified one":            {now: world(grouped(own, own), grouped(own, "/user.slice")), want: []string{"note demo 102: 1 process outside of its control groups of the unified hierarchy, the oldest worker (102)" + now}},
		"with systemd":               {now: world(grouped(scope, scope), grouped("/", "/user.slice")), want: []string{"note demo 102: 1 process outside of all of its control groups, the oldest worker (102)" + now}},
		"a group beside it":          {now: world(grouped(own, own), grouped(own+"x", own+"x")), want: []string{"note demo 102: 1 process outside of all of its control groups, the oldest worker (102)" + now}},
		"in its groups":              {now: world(grouped(own, own), grouped(own, own))},
		"in groups below":            {now: world(grouped(own, own), grouped(own+"/jobs", own+"/jobs/1"))},
		"beside its init":            {now: world(grouped(scope+"/init.scope", scope+"/init.scope"), grouped(scope+"/a.service", scope+"/a.service"))},
		"a zombie":                   {now: world(grouped(own, own), grouped("/", own), Exited(0)).Again()},
		"its main thread has exited": {now: world(grouped(own, own), grouped("/", "/"), func(p *procfs.Process) { p.State, p.Threads = procfs.StateZombie, 2 })},
		"of another engine":          {now: world(grouped(own, own), grouped("/docker/"+ID("f"), "/docker/"+ID("f")))},
		"it cannot be read":          {now: world(grouped(own, own), func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Denied) })},
		"no group names it":          {now: world(grouped("/", "/"), grouped("/", "/"))},
	}.hold(t, "out-of-groups")
}
