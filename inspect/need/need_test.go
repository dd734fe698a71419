package need_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func surveyFor(survey need.Survey, c *inspect.Capture) *inspect.Capture {
	needs := survey.Needs(c, nil)
	return Surveyed(c, func(pid int) bool { return needs(pid) >= need.Process })
}

// Of a host's other processes, and of a container's that explain no zombie, only the stat is
// needed.
func TestNeedsOfZombies(t *testing.T) {
	w := NewWorld().
		Process(1, 0, "systemd").Process(10, 1, "cron").
		Process(20, 1, "containerd-shim", ShimOf("a")).Container("demo", "a", 21).
		Process(21, 20, "sh", In("a", 1)).Process(22, 21, "worker", In("a", 2)).Process(23, 22, "job", In("a", 3)).
		Process(24, 22, "job", In("a", 4), Exited(0), SID(23)).Process(25, 22, "job", In("a", 5)).
		Process(30, 20, "sh", In("a", 6))
	wantNeeds(t, w, need.ForZombies, nil, map[need.Extent][]int{need.All: {21}, need.Process: {1, 20, 22, 23, 24, 30}, need.Stat: {10, 25}})
	ix := inspect.NewIndex(surveyFor(need.ForZombies, &w.Capture))
	if n := len(ix.ProcessesOf(ix.Container(ID("a")))); n != 6 {
		t.Errorf("%d processes, want 6", n)
	}
}

// The innermost group shows the owner of a surveyed process.
func TestOwnerByNestedGroups(t *testing.T) {
	w := NewWorld().Process(1, 0, "systemd").Container("outer", "a", 0).Container("inner", "b", 0).
		Process(7, 1, "sleep", func(p *procfs.Process) { p.StatOnly, p.NSPIDs, p.Cgroups = true, nil, procfs.Opt[[]procfs.Cgroup]{} })
	w.Groups = []inspect.GroupMembers{{ContainerID: ID("a"), PIDs: []int{7}}, {ContainerID: ID("b"), PIDs: []int{7}}, {ContainerID: ID("c"), PIDs: []int{7}}}
	ix := w.Index()
	if o := ix.OwnerOf(ix.ProcessAt(7)); o.Container == nil || o.Container.Name != "inner" || o.Via != inspect.ViaCgroup {
		t.Errorf("got %+v", o)
	}
}

// Processes that are nested, or may be, are read completely with their ancestors. The answer is
// then the same as with everything.
func TestNeedsOfNamespaces(t *testing.T) {
	w := NewWorld().Process(1, 0, "systemd").Process(10, 1, "cron").Process(11, 1, "secret", NSDenied).
		Process(20, 1, "containerd-shim", ShimOf("a")).Container("demo", "a", 21).
		Process(21, 20, "sh", In("a", 1), NS(7)).Process(22, 21, "worker", In("a", 2), NS(7)).
		Process(23, 22, "unshare", In("a", 3), NS(7)).Process(24, 23, "inner", In("a", 4, 1), NS(8)).Process(25, 24, "job", In("a", 5, 2), NS(8))
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some[uint64](1)}
	wantNeeds(t, w, need.ForNamespaces, nil, map[need.Extent][]int{need.Process: {1, 11, 20, 21, 22, 23, 24, 25}, need.Stat: {10}})
	whole, thin := w.Index(), inspect.NewIndex(surveyFor(need.ForNamespaces, &w.Capture))
	of := func(ix *inspect.Index) string {
		return fmt.Sprint(namespace.Remarks(ix, ix.Container(ID("a")))[0].Text)
	}
	if got, want := of(thin), of(whole); got != want || !strings.Contains(want, "2 processes") {
		t.Errorf("of a survey %q, of everything %q", got, want)
	}
}

// wantNeeds checks what is needed of each process.
func wantNeeds(t *testing.T, w *World, survey need.Survey, ids []string, want map[need.Extent][]int) {
	t.Helper()
	got := map[need.Extent][]int{}
	needs := survey.Needs(&w.Capture, ids)
	for i := range w.Snapshot.Processes {
		p := &w.Snapshot.Processes[i]
		got[needs(p.PID)] = append(got[needs(p.PID)], p.PID)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// For one container, its own processes are needed, and those of containers that share its PID
// namespace, however they got there. For all containers, all processes except the host's are
// needed. Shims and engines are recognised by their arguments.
func TestNeedsOfContainers(t *testing.T) {
	w := TwoContainers()
	wantNeeds(t, w, need.ForTrees, []string{ID("a")}, map[need.Extent][]int{
		need.All: {21, 22, 23, 31, 32, 33, 50}, need.Process: {1, 10, 11, 12, 13, 14, 20, 30, 40, 41, 51}, need.Stat: {2, 42},
	})
	wantNeeds(t, w, need.ForTrees, []string{ID("c")}, map[need.Extent][]int{
		need.All: {41, 42}, need.Process: {1, 10, 11, 12, 13, 14, 20, 21, 30, 31, 33, 40, 51}, need.Stat: {2, 22, 23, 32, 50},
	})
	wantNeeds(t, w, need.ForTrees, []string{ID("a"), ID("b"), ID("c")}, map[need.Extent][]int{
		need.All: {21, 22, 23, 31, 32, 33, 41, 42, 50}, need.Process: {1, 10, 11, 12, 13, 14, 20, 30, 40, 51}, need.Stat: {2},
	})
}

// If a namespace could not be read, any container may share it.
func TestNeedsOfContainersWithoutNamespaces(t *testing.T) {
	w := TwoContainers()
	for i := range w.Snapshot.Processes {
		w.Snapshot.Processes[i].Namespaces = nil
	}
	wantNeeds(t, w, need.ForTrees, []string{ID("c")}, map[need.Extent][]int{
		need.All: {21, 22, 23, 31, 32, 33, 41, 42}, need.Process: {1, 10, 11, 12, 13, 14, 20, 30, 40, 51}, need.Stat: {2, 50},
	})
}

// A container in the host's PID namespace does not share it with all others, and the children of
// the host's init are not sessions of its shim. Its processes are found by their control groups,
// in any hierarchy, if no group is listed.
func TestNeedsOfContainersInTheHostsNamespace(t *testing.T) {
	w := TwoContainers().Container("agent", "d", 60).Process(60, 1, "agent", In("d")).Process(61, 60, "helper", In("d")).
		Process(62, 1, "orphan", In("d"), func(p *procfs.Process) {
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 5, Controllers: []string{"pids"}, Path: "/"}, {Hierarchy: 4, Controllers: []string{"memory"}, Path: "/docker/" + ID("d")}})
		})
	want := map[need.Extent][]int{need.All: {60, 61, 62}, need.Process: {1, 10, 11, 12, 13, 14, 20, 21, 30, 31, 33, 40, 41, 51}, need.Stat: {2, 22, 23, 32, 42, 50}}
	wantNeeds(t, w, need.ForTrees, []string{ID("d")}, want)
	w.Groups = nil
	wantNeeds(t, w, need.ForTrees, []string{ID("d")}, want)
}

// What can stop forks is needed of the containers' processes, and of those that share their PID
// namespaces and may belong to them.
func TestNeedsOfLimits(t *testing.T) {
	wantNeeds(t, TwoContainers(), need.ForLimits, []string{ID("a")}, map[need.Extent][]int{
		need.Process: {1, 12, 13, 14, 20, 21, 30, 31, 33, 40, 41}, need.Forks: {10, 22, 23, 32, 50}, need.Stat: {2, 11, 42, 51},
	})
}

// A file can claim that a process is its own ancestor.
func TestNeedsOfACycle(t *testing.T) {
	w := NewWorld().Process(1, 0, "systemd").Process(8, 9, "a").Process(9, 8, "b").Process(7, 7, "c").
		Process(20, 1, "containerd-shim", ShimOf("a")).Container("demo", "a", 21).Process(21, 20, "sh", In("a", 1), NS(7))
	wantNeeds(t, w, need.ForTrees, []string{ID("a")}, map[need.Extent][]int{need.All: {21}, need.Process: {1, 20}, need.Stat: {8, 9, 7}})
}

// A missed process is removed from the snapshot while it is completed. What is needed of the
// others does not change.
func TestNeedsOutliveTheSnapshot(t *testing.T) {
	w := TwoContainers()
	needs := need.ForTrees.Needs(&w.Capture, []string{ID("c")})
	w.Snapshot.Replace(nil, []procfs.Missed{{PID: 1}, {PID: 2}, {PID: 42}})
	for pid, want := range map[int]need.Extent{12: need.Process, 22: need.Stat, 41: need.All, 50: need.Stat, 51: need.Process} {
		if got := needs(pid); got != want {
			t.Errorf("process %d: got %d, want %d", pid, got, want)
		}
	}
}
