package limit_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// inGroup puts the process into this group of the pids controller.
func inGroup(path string) Change {
	return func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: path}})
	}
}

// groupsIn writes the groups whose limits apply: "container /a, 2 tasks".
func groupsIn(set limit.Set) []string {
	var list []string
	for i := range set.Limits {
		if l := &set.Limits[i]; l.Kind == limit.PIDs {
			list = append(list, fmt.Sprintf("%s %s, %d tasks", l.Scope, strings.ReplaceAll(l.Path, ID("a"), "ID"), l.Tasks()))
		}
	}
	return list
}

// The groups are the container's own, those above, and those inside that have a running process
// of it. The host's root group has no limit. Nothing is reported if the main process does not
// show its group.
func TestGroupsOfAContainer(t *testing.T) {
	scope := "/system.slice/docker-" + ID("a") + ".scope"
	alone := func(change ...Change) *World { return Alone("app", change...) }
	noLines := func(p *procfs.Process) { p.Cgroups = procfs.Some([]procfs.Cgroup{}) }
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"one":        {alone(), []string{"container /docker/ID, 1 tasks", "parent /docker, 1 tasks"}},
		"by systemd": {alone(inGroup(scope)), []string{"container /system.slice/docker-ID.scope, 1 tasks", "parent /system.slice, 1 tasks"}},
		"main is in a group inside": {alone(inGroup(own("a") + "/init")), []string{
			"container /docker/ID, 1 tasks", "parent /docker, 1 tasks", "inside /docker/ID/init, 1 tasks"}},
		"another is": {alone().Process(102, 101, "job", In("a", 2), NS(7), inGroup(own("a")+"/w/x")), []string{
			"container /docker/ID, 2 tasks", "parent /docker, 2 tasks", "inside /docker/ID/w, 1 tasks", "inside /docker/ID/w/x, 1 tasks"}},
		"a zombie is": {alone().Process(102, 101, "job", In("a", 2), NS(7), Exited(0), inGroup(own("a")+"/w")), []string{"container /docker/ID, 2 tasks", "parent /docker, 2 tasks"}},
		"a zombie and a living one are": {alone().Process(102, 101, "job", In("a", 2), NS(7), Exited(0), inGroup(own("a")+"/w")).Process(103, 101, "job", In("a", 3), NS(7), inGroup(own("a")+"/w")), []string{
			"container /docker/ID, 3 tasks", "parent /docker, 3 tasks", "inside /docker/ID/w, 2 tasks"}},
		"a zombie of which the lines tell nothing": {alone().Process(102, 101, "job", In("a", 2), NS(7), Exited(0), leftItsGroup), []string{"container /docker/ID, 2 tasks", "parent /docker, 2 tasks"}},
		"an exec session without lines":            {alone().Process(102, 100, "sh", In("a", 2), NS(7), noLines), []string{"container /docker/ID, 1 tasks", "parent /docker, 1 tasks"}},
		"the group does not carry its ID":          {alone(inGroup("/custom/app")), []string{"container /custom/app, 1 tasks", "parent /custom, 1 tasks"}},
		"main is in the root group":                {alone(inGroup("/")), nil},
		"main has no such group":                   {alone(noLines), nil},
		"main cannot be read":                      {alone(func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Denied) }), nil},
	} {
		w := withLimits(test.world)
		if got := groupsIn(limits(w, t, "demo")); fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// A group that was not looked for is unread, and never unlimited.
func TestUnreadGroupsAreNotUnlimited(t *testing.T) {
	set := limits(withLimits(Alone("app"), group("/docker", 3, "max")), t, "demo")
	for i := range set.Limits {
		l := &set.Limits[i]
		if l.Kind == limit.PIDs && l.IsUnlimited() != (l.Path == "/docker") {
			t.Errorf("%s: is unlimited: %t", l.Path, l.IsUnlimited())
		}
	}
	if set.Certain() || len(set.Unread) != 1 || set.Unread[0].Path != own("a") {
		t.Errorf("unread: got %+v", set.Unread)
	}
}
