package need_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The surveys by their purpose, without the one of everything.
var surveys = map[string]need.Survey{
	"zombies": need.ForZombies, "host PIDs": need.ForHostPIDs, "overview": need.ForOverview, "namespaces": need.ForNamespaces, "trees": need.ForTrees, "signals": need.ForSignals, "limits": need.ForLimits,
}

// idSets are sets of containers that can be asked for together, including the empty set.
func idSets() [][]string {
	a, b, c := ID("a"), ID("b"), ID("c")
	return [][]string{nil, {a}, {b}, {c}, {a, b}, {a, c}, {b, c}, {a, b, c}, {ID("f")}, {a, a, ID("f")}}
}

// extents are what is needed of all processes, in words.
func extents(s need.Survey, w *World, ids []string) string {
	needs, lines := s.Needs(&w.Capture, ids), []string{}
	for i := range w.Snapshot.Processes {
		pid := w.Snapshot.Processes[i].PID
		lines = append(lines, fmt.Sprintf("%3d: %d", pid, needs(pid)))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

// The survey for everything reads at least as much as the survey for one question.
func TestEverythingReadsNoLess(t *testing.T) {
	for name, s := range surveys {
		all := need.ForEverything
		if s.PIDNamespaces && !all.PIDNamespaces || all.NoStat || s.Listed > all.Listed || s.Others > all.Others {
			t.Errorf("%s: needs %+v, everything %+v", name, s, all)
		}
	}
	if !(need.Stat < need.Owner && need.Owner < need.Count && need.Count < need.Forks && need.Forks < need.Process && need.Process < need.All) {
		t.Error("an extent does not hold those before it")
	}
}

// What is needed of the processes does not depend on their order, nor on whether they come from
// a file.
func TestNeedsOfAnyOrder(t *testing.T) {
	for name, s := range surveys {
		for _, ids := range idSets() {
			want := extents(s, TwoContainers(), ids)
			for seed := range uint64(4) {
				if got := extents(s, TwoContainers().Shuffled(seed), ids); got != want {
					t.Errorf("%s of %d, seed %d:\n got %s\nwant %s", name, len(ids), seed, got, want)
				}
			}
			var file bytes.Buffer
			if err := TwoContainers().Encode(&file); err != nil {
				t.Fatal(err)
			}
			saved, err := inspect.Decode(&file)
			if err != nil {
				t.Fatal(err)
			}
			if got := extents(s, &World{Capture: *saved}, ids); got != want {
				t.Errorf("%s of %d, from a file:\n got %s\nwant %s", name, len(ids), got, want)
			}
		}
	}
}

// As much is needed of the ancestors of a process as of itself, except their threads, because
// they show its owner.
func TestNeedsReachUpwards(t *testing.T) {
	for name, s := range surveys {
		for _, ids := range idSets() {
			w := TwoContainers()
			ix, needs := w.Index(), s.Needs(&w.Capture, ids)
			for _, p := range ix.Processes() {
				parent := ix.Parent(p)
				if parent != nil && needs(parent.PID) < min(needs(p.PID), need.Process) {
					t.Errorf("%s of %d: of %d is needed %d, and of its parent %d only %d", name, len(ids), p.PID, needs(p.PID), parent.PID, needs(parent.PID))
				}
			}
		}
	}
}

// With one more container, never less is needed.
func TestNeedsOfMoreContainersAreNoLess(t *testing.T) {
	for name, s := range surveys {
		for _, ids := range idSets() {
			for _, more := range []string{ID("a"), ID("b"), ID("c"), ID("e")} {
				w := TwoContainers()
				fewer, all := s.Needs(&w.Capture, ids), s.Needs(&w.Capture, append(slices.Clone(ids), more))
				for i := range w.Snapshot.Processes {
					if pid := w.Snapshot.Processes[i].PID; all(pid) < fewer(pid) {
						t.Errorf("%s: of %d is needed %d, and with one container more %d", name, pid, fewer(pid), all(pid))
					}
				}
			}
		}
	}
}

// What was left out of a survey changes no row of the containers that were asked for.
func TestRowsOfASurvey(t *testing.T) {
	rows := func(c *inspect.Capture, ids []string) string {
		ix, text := inspect.NewIndex(c), ""
		for _, id := range ids {
			for _, r := range ix.Rows(ix.Container(id)) {
				text += fmt.Sprintf("%s %d %s %v %q %t; ", r.Container.Name, r.Process.PID, r.Role, r.ContainerPIDs, r.ForeignParent, r.Inferred)
			}
		}
		return text
	}
	for _, ids := range idSets()[1:8] {
		w := TwoContainers()
		needs := need.ForTrees.Needs(&w.Capture, ids)
		thin := Surveyed(&w.Capture, func(pid int) bool { return needs(pid) >= need.Process })
		if got, want := rows(thin, ids), rows(&w.Capture, ids); got != want {
			t.Errorf("of %d:\n got %s\nwant %s", len(ids), got, want)
		}
	}
}

// A PID that was not surveyed, such as one that came later, is not needed.
func TestNeedsOfAStranger(t *testing.T) {
	for name, s := range surveys {
		w := TwoContainers()
		needs := s.Needs(&w.Capture, []string{ID("a")})
		for _, pid := range []int{0, -1, 24, 999} {
			if got := needs(pid); got != need.Stat {
				t.Errorf("%s: of %d is needed %d", name, pid, got)
			}
		}
	}
}

// A host without processes, without containers, or with containers without a process is surveyed
// like any other.
func TestNeedsOfNobody(t *testing.T) {
	for name, s := range surveys {
		for _, w := range []*World{
			NewWorld(), NewWorld().Process(1, 0, "systemd"),
			NewWorld().Process(1, 0, "systemd").Container("ended", "a", 0), NewWorld().Process(1, 0, "systemd").Container("gone", "a", 999),
		} {
			if s.NoStat {
				w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some[uint64](1)}
			}
			if got := s.Needs(&w.Capture, []string{ID("a")})(1); got != need.Stat {
				t.Errorf("%s: of the host's init is needed %d", name, got)
			}
		}
	}
}

// A zombie's session leader and its ancestors can show the owner, and are read. A process whose
// other threads run is not a zombie. The main process is needed with its threads, although it is
// a sibling of itself.
func TestNeedsOfSessions(t *testing.T) {
	w := NewWorld().Process(1, 0, "systemd").
		Process(20, 1, "containerd-shim", ShimOf("a")).Container("demo", "a", 21).
		Process(21, 20, "sh", In("a", 1)).Process(22, 21, "a", In("a", 2)).Process(23, 22, "leader", In("a", 3)).
		Process(24, 21, "zombie", In("a", 4), Exited(0), SID(23)).
		Process(25, 21, "b", In("a", 5)).Process(26, 25, "half", In("a", 6), StateOf("Z"), SID(25), func(p *procfs.Process) { p.Threads = 2 }).
		Process(30, 1, "other").Process(31, 30, "zombie", Exited(0), SID(777))
	wantNeeds(t, w, need.ForZombies, nil, map[need.Extent][]int{need.All: {21}, need.Process: {1, 20, 22, 23, 24, 30, 31}, need.Stat: {25, 26}})
}

// To count zombies, little is needed of those whose parent a container's group lists. Of others
// everything is needed, because their depth shows whether a shim has started them.
func TestNeedsOfHostPIDs(t *testing.T) {
	w := NewWorld().Process(1, 0, "systemd").
		Process(20, 1, "containerd-shim", ShimOf("a")).Container("demo", "a", 21).
		Process(21, 20, "sh", In("a", 1)).Process(22, 21, "job", In("a", 2), Exited(0)).
		Process(23, 21, "leader", In("a", 3)).Process(24, 21, "job", In("a", 4), Exited(0), SID(23)).
		Process(25, 21, "job", In("a", 5), Exited(0), SID(22)).
		Process(26, 20, "sh", In("a", 6), Exited(0)).Process(30, 1, "other").Process(31, 30, "job", Exited(0)).
		Process(27, 23, "job", In("a", 7), Exited(0)).
		Process(28, 21, "containerd-shim", In("a", 8)).Process(29, 28, "job", In("a", 9), Exited(0))
	whole := map[need.Extent][]int{need.All: {21}, need.Process: {1, 20, 22, 23, 24, 25, 26, 30, 31, 27, 28, 29}}
	wantNeeds(t, w, need.ForHostPIDs, nil, whole)
	w.Groups = []inspect.GroupMembers{{ContainerID: ID("a"), PIDs: []int{21, 23, 28}}}
	wantNeeds(t, w, need.ForHostPIDs, nil, map[need.Extent][]int{need.All: {21}, need.Process: {1, 20, 26, 30, 31, 28}, need.Owner: {22, 24, 25, 27, 29}, need.Stat: {23}})
}

// A process that may be a shim or an engine is read by its name (comm), which the kernel cuts.
// Similar names are not read.
func TestNeedsOfEngines(t *testing.T) {
	w := NewWorld().Process(1, 0, "systemd")
	engines := []string{"dockerd", "containerd", "containerd-shim", "conmon", "dockerd-rootles"}
	others := []string{"docker", "container", "mydockerd", "Dockerd", "", "runc"}
	for i, name := range append(slices.Clone(engines), others...) {
		w.Process(10+i, 1, name)
	}
	for _, s := range []need.Survey{need.ForTrees, need.ForSignals, need.ForLimits, need.ForEverything} {
		wantNeeds(t, w, s, nil, map[need.Extent][]int{need.Process: {1, 10, 11, 12, 13, 14}, need.Stat: {15, 16, 17, 18, 19, 20}})
	}
}

// If a main process was adopted by the host's init, because its shim was killed, the init's
// other children are not its siblings.
func TestNeedsOfAContainerWithoutShim(t *testing.T) {
	w := NewWorld().Process(1, 0, "systemd").Process(10, 1, "cron").Container("demo", "a", 21).
		Process(21, 1, "sh", In("a", 1), NS(7)).Process(22, 21, "worker", In("a", 2), NS(7))
	wantNeeds(t, w, need.ForTrees, []string{ID("a")}, map[need.Extent][]int{need.All: {21, 22}, need.Process: {1}, need.Stat: {10}})
	wantNeeds(t, w, need.ForZombies, nil, map[need.Extent][]int{need.All: {21}, need.Process: {1}, need.Stat: {10, 22}})
}

// If the host's own PID namespace is not known, every process in a namespace that no container
// has may be nested, and is read.
func TestNeedsOfNamespacesWithoutTheHosts(t *testing.T) {
	w := NewWorld().Process(1, 0, "systemd").Process(10, 1, "cron").Container("demo", "a", 21).
		Process(21, 1, "sh", In("a", 1), NS(7)).Process(22, 21, "worker", In("a", 2), NS(7)).Process(23, 22, "init", In("a", 3, 1), NS(8))
	wantNeeds(t, w, need.ForNamespaces, nil, map[need.Extent][]int{need.Process: {1, 10, 21, 22, 23}})
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some[uint64](1)}
	wantNeeds(t, w, need.ForNamespaces, nil, map[need.Extent][]int{need.Process: {1, 21, 22, 23}, need.Stat: {10}})
}

// If a container's namespace could not be read, any process may share it. If it could be read,
// every process whose namespace could not be read may share it.
func TestNeedsOfOneHiddenNamespace(t *testing.T) {
	hidden := func(pid int) *World {
		w := TwoContainers()
		for i := range w.Snapshot.Processes {
			if p := &w.Snapshot.Processes[i]; p.PID == pid {
				NSDenied(p)
			}
		}
		return w
	}
	want := map[need.Extent][]int{need.All: {21, 22, 23, 31, 32, 33, 41, 42, 50}, need.Process: {1, 10, 11, 12, 13, 14, 20, 30, 40, 51}, need.Stat: {2}}
	wantNeeds(t, hidden(41), need.ForTrees, []string{ID("c")}, want)
	wantNeeds(t, hidden(41), need.ForTrees, []string{ID("a")}, want)
	wantNeeds(t, hidden(42), need.ForTrees, []string{ID("a")}, map[need.Extent][]int{
		need.All: {21, 22, 23, 31, 32, 33, 50}, need.Process: {1, 10, 11, 12, 13, 14, 20, 30, 40, 41, 51}, need.Stat: {2, 42},
	})
}

// When only stats have been read, each of these alone shows that a process belongs to a
// container: the engine's report of its main process, its group's list, a line of its own, the
// shim that has started it, and its parent.
func TestNeedsByOneWordAlone(t *testing.T) {
	thin := func(p *procfs.Process) {
		p.StatOnly, p.NSPIDs, p.Cgroups, p.Namespaces = true, nil, procfs.Opt[[]procfs.Cgroup]{}, nil
	}
	host := func() *World { return NewWorld().Process(1, 0, "systemd", thin).Process(9, 1, "cron", thin) }
	tests := map[string]struct {
		world *World
		all   []int
	}{
		"the engine's word": {host().Container("demo", "a", 21).Process(21, 1, "sh", thin), []int{21}},
		"the group's list": {
			func() *World {
				w := host().Container("demo", "a", 0).Process(21, 1, "sh", thin)
				w.Groups = []inspect.GroupMembers{{ContainerID: ID("a"), PIDs: []int{21, 777}}, {ContainerID: ID("f"), PIDs: []int{9}}}
				return w
			}(), []int{21},
		},
		"its own line":    {host().Container("demo", "a", 0).Process(21, 1, "sh", thin, In("a", 1)), []int{21}},
		"the same parent": {host().Container("demo", "a", 21).Process(20, 1, "s", thin).Process(21, 20, "sh", thin).Process(22, 20, "exec", thin), []int{21, 22}},
		"its parent":      {host().Container("demo", "a", 21).Process(21, 1, "sh", thin).Process(22, 21, "x", thin).Process(23, 22, "y", thin), []int{21, 22, 23}},
		"nobody's word":   {host().Container("demo", "a", 0).Process(21, 1, "sh", thin), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			needs := need.ForTrees.Needs(&test.world.Capture, []string{ID("a")})
			var got []int
			for i := range test.world.Snapshot.Processes {
				if pid := test.world.Snapshot.Processes[i].PID; needs(pid) == need.All {
					got = append(got, pid)
				}
			}
			if !slices.Equal(got, test.all) {
				t.Errorf("got %v, want %v", got, test.all)
			}
		})
	}
}
