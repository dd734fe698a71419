package inspect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// zombies judges the zombies of all containers, and holds the answer against that
// of a capture in which only what it rests on was read whole.
func zombies(t *testing.T, ix *Index) ZombieReport {
	t.Helper()
	report := ix.Zombies(choose(t, ix))
	thin := NewIndex(surveyOf(ix.Capture, ShownWithZombies))
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

// surveyOf is the capture as a survey makes it.
func surveyOf(c *Capture, shown func(*Capture) map[int]bool) *Capture {
	thin := *c
	thin.Snapshot.Processes = slices.Clone(c.Snapshot.Processes)
	chosen := shown(&thin)
	for _, container := range c.Containers {
		group := GroupMembers{ContainerID: container.ID}
		for i := range c.Snapshot.Processes {
			if p := &c.Snapshot.Processes[i]; !p.IsZombie() && inCgroupOf(p, container.ID) {
				group.PIDs = append(group.PIDs, p.PID)
			}
		}
		thin.Groups = append(thin.Groups, group)
	}
	for i := range thin.Snapshot.Processes {
		if p := &thin.Snapshot.Processes[i]; !chosen[p.PID] {
			*p = procfs.Process{
				Key: p.Key, StatOnly: true, ParentPID: p.ParentPID, State: p.State, Comm: p.Comm, Threads: p.Threads,
				KernelThread: p.KernelThread, PGID: p.PGID, SID: p.SID, WaitStatus: p.WaitStatus,
				Namespaces: map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: p.Namespace(procfs.PIDNamespace)},
			}
		}
	}
	return &thin
}

// A host's other processes, and a container's that explain no zombie, are not
// worth more than their stat.
func TestShownWithZombies(t *testing.T) {
	w := newWorld().
		process(1, 0, "systemd").process(10, 1, "cron").
		process(20, 1, "containerd-shim", shimOf("a")).container("demo", "a", 21).
		process(21, 20, "sh", in("a", 1)).process(22, 21, "worker", in("a", 2)).process(23, 22, "job", in("a", 3)).
		process(24, 22, "job", in("a", 4), zombie(0), sid(23)).process(25, 22, "job", in("a", 5)).
		process(30, 20, "sh", in("a", 6))
	chosen := ShownWithZombies(&w.Capture)
	for pid, want := range map[int]bool{1: true, 10: false, 20: true, 21: true, 22: true, 23: true, 24: true, 25: false, 30: true} {
		if chosen[pid] != want {
			t.Errorf("process %d: got %t, want %t", pid, chosen[pid], want)
		}
	}
	ix := NewIndex(surveyOf(&w.Capture, ShownWithZombies))
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
	if o := ix.OwnerOf(ix.processes.at(7)); o.Container == nil || o.Container.Name != "inner" || o.Via != ViaCgroup {
		t.Errorf("got %+v", o)
	}
}

// Who is nested, or may be, is read whole with its ancestors; the answer is then the
// same as of everything.
func TestShownWithNamespaces(t *testing.T) {
	w := newWorld().process(1, 0, "systemd").process(10, 1, "cron").process(11, 1, "secret", nsDenied).
		process(20, 1, "containerd-shim", shimOf("a")).container("demo", "a", 21).
		process(21, 20, "sh", in("a", 1), ns(7)).process(22, 21, "worker", in("a", 2), ns(7)).
		process(23, 22, "unshare", in("a", 3), ns(7)).process(24, 23, "inner", in("a", 4, 1), ns(8)).process(25, 24, "job", in("a", 5, 2), ns(8))
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some[uint64](1)}
	chosen := ShownWithNamespaces(&w.Capture)
	for pid, want := range map[int]bool{1: true, 10: false, 11: true, 20: true, 21: true, 22: true, 23: true, 24: true, 25: true} {
		if chosen[pid] != want {
			t.Errorf("process %d: got %t, want %t", pid, chosen[pid], want)
		}
	}
	whole, thin := w.index(), NewIndex(surveyOf(&w.Capture, ShownWithNamespaces))
	of := func(ix *Index) string { return fmt.Sprint(ix.Remarks(ix.Container(id("a")))[0].Text) }
	if got, want := of(thin), of(whole); got != want || !strings.Contains(want, "2 processes") {
		t.Errorf("of a survey %q, of everything %q", got, want)
	}
}
