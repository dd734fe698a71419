package inspect

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// zombies judges the zombies of all containers, and holds the answer against that
// of a capture in which only what it rests on was read whole.
func zombies(t *testing.T, ix *Index) ZombieReport {
	t.Helper()
	report := ix.Zombies(choose(t, ix))
	thin := NewIndex(surveyForZombies(ix.Capture))
	if got, want := zombiesInWords(thin.Zombies(choose(t, thin))), zombiesInWords(report); got != want {
		t.Errorf("of a survey:\n%s\nof everything:\n%s", got, want)
	}
	return report
}

func zombiesInWords(r ZombieReport) string {
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
func surveyForZombies(c *Capture) *Capture { return surveyFor(SurveyForZombies, c) }

func surveyFor(survey Survey, c *Capture) *Capture {
	needs := survey.Needs(c, nil)
	return surveyed(c, func(pid int) bool { return needs(pid) >= NeedProcess })
}

// A host's other processes, and a container's that explain no zombie, are not
// worth more than their stat.
func TestNeedsOfZombies(t *testing.T) {
	w := newWorld().
		process(1, 0, "systemd").process(10, 1, "cron").
		process(20, 1, "containerd-shim", shimOf("a")).container("demo", "a", 21).
		process(21, 20, "sh", in("a", 1)).process(22, 21, "worker", in("a", 2)).process(23, 22, "job", in("a", 3)).
		process(24, 22, "job", in("a", 4), zombie(0), sid(23)).process(25, 22, "job", in("a", 5)).
		process(30, 20, "sh", in("a", 6))
	wantNeeds(t, w, SurveyForZombies, nil, map[Need][]int{NeedAll: {21}, NeedProcess: {1, 20, 22, 23, 24, 30}, NeedStat: {10, 25}})
	ix := NewIndex(surveyForZombies(&w.Capture))
	if n := len(ix.ProcessesOf(ix.Container(id("a")))); n != 6 {
		t.Errorf("%d processes, want 6", n)
	}
}

// The group further in has the last word on whose a surveyed process is.
func TestOwnerByNestedGroups(t *testing.T) {
	w := newWorld().process(1, 0, "systemd").container("outer", "a", 0).container("inner", "b", 0).
		process(7, 1, "sleep", func(p *procfs.Process) { p.StatOnly, p.NSPIDs, p.Cgroups = true, nil, procfs.Opt[[]procfs.Cgroup]{} })
	w.Groups = []GroupMembers{{ContainerID: id("a"), PIDs: []int{7}}, {ContainerID: id("b"), PIDs: []int{7}}, {ContainerID: id("c"), PIDs: []int{7}}}
	ix := w.index()
	if o := ix.OwnerOf(ix.ProcessAt(7)); o.Container == nil || o.Container.Name != "inner" || o.Via != ViaCgroup {
		t.Errorf("got %+v", o)
	}
}

// Who is nested, or may be, is read whole with its ancestors; the answer is then the
// same as of everything.
func TestNeedsOfNamespaces(t *testing.T) {
	w := newWorld().process(1, 0, "systemd").process(10, 1, "cron").process(11, 1, "secret", nsDenied).
		process(20, 1, "containerd-shim", shimOf("a")).container("demo", "a", 21).
		process(21, 20, "sh", in("a", 1), ns(7)).process(22, 21, "worker", in("a", 2), ns(7)).
		process(23, 22, "unshare", in("a", 3), ns(7)).process(24, 23, "inner", in("a", 4, 1), ns(8)).process(25, 24, "job", in("a", 5, 2), ns(8))
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some[uint64](1)}
	wantNeeds(t, w, SurveyForNamespaces, nil, map[Need][]int{NeedProcess: {1, 11, 20, 21, 22, 23, 24, 25}, NeedStat: {10}})
	whole, thin := w.index(), NewIndex(surveyFor(SurveyForNamespaces, &w.Capture))
	of := func(ix *Index) string { return fmt.Sprint(ix.Remarks(ix.Container(id("a")))[0].Text) }
	if got, want := of(thin), of(whole); got != want || !strings.Contains(want, "2 processes") {
		t.Errorf("of a survey %q, of everything %q", got, want)
	}
}

// wantNeeds checks what is needed of each process.
func wantNeeds(t *testing.T, w *world, survey Survey, ids []string, want map[Need][]int) {
	t.Helper()
	got := map[Need][]int{}
	needs := survey.Needs(&w.Capture, ids)
	for i := range w.Snapshot.Processes {
		p := &w.Snapshot.Processes[i]
		got[needs(p.PID)] = append(got[needs(p.PID)], p.PID)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// Of one container its own processes are wanted, and those of who shares its PID
// namespace, however they got there; of all, everybody's but the host's. Shims and
// engines are known by their arguments.
func TestNeedsOfContainers(t *testing.T) {
	w := twoContainers()
	wantNeeds(t, w, SurveyForTrees, []string{id("a")}, map[Need][]int{
		NeedAll: {21, 22, 23, 31, 32, 33, 50}, NeedProcess: {1, 10, 11, 12, 13, 14, 20, 30, 40, 41, 51}, NeedStat: {2, 42},
	})
	wantNeeds(t, w, SurveyForTrees, []string{id("c")}, map[Need][]int{
		NeedAll: {41, 42}, NeedProcess: {1, 10, 11, 12, 13, 14, 20, 21, 30, 31, 33, 40, 51}, NeedStat: {2, 22, 23, 32, 50},
	})
	wantNeeds(t, w, SurveyForTrees, []string{id("a"), id("b"), id("c")}, map[Need][]int{
		NeedAll: {21, 22, 23, 31, 32, 33, 41, 42, 50}, NeedProcess: {1, 10, 11, 12, 13, 14, 20, 30, 40, 51}, NeedStat: {2},
	})
}

// Who shares a namespace that nobody could read may be anybody.
func TestNeedsOfContainersWithoutNamespaces(t *testing.T) {
	w := twoContainers()
	for i := range w.Snapshot.Processes {
		w.Snapshot.Processes[i].Namespaces = nil
	}
	wantNeeds(t, w, SurveyForTrees, []string{id("c")}, map[Need][]int{
		NeedAll: {21, 22, 23, 31, 32, 33, 41, 42}, NeedProcess: {1, 10, 11, 12, 13, 14, 20, 30, 40, 51}, NeedStat: {2, 50},
	})
}

// A container in the host's PID namespace is not everybody's sharer, and what host's
// init has adopted is no session of its shim. Its processes are known by their control
// groups, whichever hierarchy it is, where no group is listed.
func TestNeedsOfContainersInTheHostsNamespace(t *testing.T) {
	w := twoContainers().container("agent", "d", 60).process(60, 1, "agent", in("d")).process(61, 60, "helper", in("d")).
		process(62, 1, "orphan", in("d"), func(p *procfs.Process) {
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 5, Controllers: []string{"pids"}, Path: "/"}, {Hierarchy: 4, Controllers: []string{"memory"}, Path: "/docker/" + id("d")}})
		})
	want := map[Need][]int{NeedAll: {60, 61, 62}, NeedProcess: {1, 10, 11, 12, 13, 14, 20, 21, 30, 31, 33, 40, 41, 51}, NeedStat: {2, 22, 23, 32, 42, 50}}
	wantNeeds(t, w, SurveyForTrees, []string{id("d")}, want)
	w.Groups = nil
	wantNeeds(t, w, SurveyForTrees, []string{id("d")}, want)
}

// Of the containers' processes it matters what holds up their forks, and of those that
// share their PID namespaces, which may be theirs.
func TestNeedsOfLimits(t *testing.T) {
	wantNeeds(t, twoContainers(), SurveyForLimits, []string{id("a")}, map[Need][]int{
		NeedProcess: {1, 12, 13, 14, 20, 21, 30, 31, 33, 40, 41}, NeedForks: {10, 22, 23, 32, 50}, NeedStat: {2, 11, 42, 51},
	})
}

// A file can say that a process is its own ancestor.
func TestNeedsOfACycle(t *testing.T) {
	w := newWorld().process(1, 0, "systemd").process(8, 9, "a").process(9, 8, "b").process(7, 7, "c").
		process(20, 1, "containerd-shim", shimOf("a")).container("demo", "a", 21).process(21, 20, "sh", in("a", 1), ns(7))
	wantNeeds(t, w, SurveyForTrees, []string{id("a")}, map[Need][]int{NeedAll: {21}, NeedProcess: {1, 20}, NeedStat: {8, 9, 7}})
}

// Who has been missed is taken out of the snapshot while it is completed; what is
// needed of the others stays.
func TestNeedsOutliveTheSnapshot(t *testing.T) {
	w := twoContainers()
	needs := SurveyForTrees.Needs(&w.Capture, []string{id("c")})
	w.Snapshot.Replace(nil, []procfs.Missed{{PID: 1}, {PID: 2}, {PID: 42}})
	for pid, want := range map[int]Need{12: NeedProcess, 22: NeedStat, 41: NeedAll, 50: NeedStat, 51: NeedProcess} {
		if got := needs(pid); got != want {
			t.Errorf("process %d: got %d, want %d", pid, got, want)
		}
	}
}
