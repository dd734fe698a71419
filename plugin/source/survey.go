package source

import (
	"context"
	"slices"
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// survey reads little of every process, and more of those that the answer needs. The containers'
// control groups show the owners of the others. The groups may already have been listed.
func (r *reading) survey(ctx context.Context, groups func() []inspect.GroupMembers) error {
	if r.question.Processes.Suffices.NoStat && !r.choice.asksKernel() {
		return r.readOutside(ctx)
	}
	if groups == nil {
		groups = r.listGroups()
	}
	only, details := r.question.Processes.Suffices, r.question.Details()
	read := r.needAhead(groups)
	of := procfs.SurveyOf{PIDNamespaces: only.PIDNamespaces, Cgroups: only.Others == need.Owner, ZombieCgroups: only.ZombieCgroups}
	of.Zombies = r.ofZombies()
	of.Ahead = func(pid int) (procfs.Detail, bool) {
		extent := read(pid)
		return details[extent], extent > need.Owner
	}
	of.Living = r.living(groups)
	snapshot, err := r.choice.chosen.Survey(ctx, of)
	r.change(func(c *inspect.Capture) { c.Groups = groups() })
	if err != nil {
		return err
	}
	r.change(func(c *inspect.Capture) { c.Snapshot = snapshot })
	surveyed := r.surveyed()
	for range 2 {
		before, needs := read, only.Needs(r.capture, r.selected)
		extent := func(pid int) need.Extent { return max(needs(pid), only.Others) }
		err := r.complete(ctx, func(p *procfs.Process) (procfs.Detail, bool) {
			wanted := extent(p.PID)
			return details[wanted], wanted > max(before(p.PID), surveyed(p))
		})
		if err != nil || only.Others == need.Stat {
			return err
		}
		read = func(pid int) need.Extent { return max(before(pid), extent(pid)) }
	}
	return nil
}

// ofZombies is what a survey reads of zombies at once, nil if that is no more than of others.
func (r *reading) ofZombies() *procfs.Detail {
	if !r.question.Processes.Suffices.Zombies {
		return nil
	}
	detail := r.question.ZombieDetail()
	return &detail
}

// surveyed says how much of a process its survey has read. A collector may have read no more of a
// zombie than of others. A zombie has no threads. Of one that is a main process, the map of its
// users is missing.
func (r *reading) surveyed() func(*procfs.Process) need.Extent {
	mains := map[int]bool{}
	for i := range r.capture.Containers {
		mains[r.capture.Containers[i].HostPID] = true
	}
	zombies := r.question.Processes.Suffices.Zombies
	return func(p *procfs.Process) need.Extent {
		switch {
		case p.Cgroups.Absence() == procfs.Unread:
			return need.Stat
		case zombies && p.IsZombie() && p.Args.Absence() != procfs.Unread && !mains[p.PID]:
			return need.All
		default:
			return need.Owner
		}
	}
}

// complete reads more of the chosen processes with the collector.
func (r *reading) complete(ctx context.Context, selection procfs.Selection) error {
	var err error
	r.change(func(c *inspect.Capture) { err = r.choice.chosen.Complete(ctx, &c.Snapshot, selection) })
	return err
}

// needAhead says, by PID, how much is needed of processes when only the control groups that list
// them are known. With the kernel's iterator it is little, because the iterator reports all
// processes at once.
func (r *reading) needAhead(groups func() []inspect.GroupMembers) func(pid int) need.Extent {
	only := r.question.Processes.Suffices
	if r.choice.asksKernel() || only.Listed == need.Stat {
		return func(int) need.Extent { return need.Stat }
	}
	listed := map[int]bool{}
	for _, group := range groups() {
		if !slices.Contains(r.selected, group.ContainerID) {
			continue
		}
		for _, pid := range group.PIDs {
			listed[pid] = true
		}
	}
	return func(pid int) need.Extent {
		if listed[pid] {
			return only.Listed
		}
		return only.Others
	}
}

// readOutside reads the main processes, and the processes in PID namespaces of their own. In
// /proc, reading a namespace costs less than reading a stat.
func (r *reading) readOutside(ctx context.Context) error {
	var mains []int
	for i := range r.capture.Containers {
		mains = appendPID(mains, r.capture.Containers[i].HostPID)
	}
	var known []uint64
	if inode, ok := r.capture.Host.Namespaces[procfs.PIDNamespace].Get(); ok {
		known = append(known, inode)
	}
	snapshot, err := r.processes.Outside(ctx, mains, known, r.question.Detail(false))
	if err == nil {
		r.change(func(c *inspect.Capture) { c.Snapshot = snapshot })
	}
	return err
}

// listGroups lists the processes of each container's control group while the collector is opened
// or all processes are surveyed. Groups below another's come after it. The function that it
// returns waits for the lists. A group is the container's by the ID in its path.
func (r *reading) listGroups() func() []inspect.GroupMembers {
	containers := r.capture.Containers
	var groups []inspect.GroupMembers
	done := make(chan struct{})
	go func() {
		defer close(done)
		groups = make([]inspect.GroupMembers, len(containers))
		readTogether(len(containers), func(i int) { groups[i] = r.groupOf(&containers[i]) })
		groups = slices.DeleteFunc(groups, func(g inspect.GroupMembers) bool { return g.Path == "" })
		slices.SortFunc(groups, func(a, b inspect.GroupMembers) int { return len(a.Path) - len(b.Path) })
	}()
	return func() []inspect.GroupMembers {
		<-done
		return groups
	}
}

// living says which processes are alive because the control group of a container lists them, if
// nothing else is needed of these. It is nil if more is needed, and if this /proc hides processes
// from the reader: then a process that cannot be read is reported. Main processes are read.
func (r *reading) living(groups func() []inspect.GroupMembers) func(pid int) bool {
	host := r.known().host
	if !r.question.Processes.Suffices.SkipsListed || r.choice.asksKernel() || host.HidePID != "" && host.EUID != 0 {
		return nil
	}
	var mains []int
	for i := range r.capture.Containers {
		mains = append(mains, r.capture.Containers[i].HostPID)
	}
	listed := sync.OnceValue(func() pidSet {
		set := pidSet{}
		for _, group := range groups() {
			set = set.with(group.PIDs)
		}
		return set.without(mains)
	})
	return func(pid int) bool { return listed().has(pid) }
}

// pidSet has one bit for each PID, because many are looked up.
type pidSet []uint64

const pidsPerWord = 64

func (s pidSet) with(pids []int) pidSet {
	if len(pids) == 0 {
		return s
	}
	if missing := slices.Max(pids)/pidsPerWord + 1 - len(s); missing > 0 {
		s = append(s, make(pidSet, missing)...)
	}
	for _, pid := range pids {
		s[pid/pidsPerWord] |= 1 << (pid % pidsPerWord)
	}
	return s
}

func (s pidSet) without(pids []int) pidSet {
	for _, pid := range pids {
		if s.has(pid) {
			s[pid/pidsPerWord] &^= 1 << (pid % pidsPerWord)
		}
	}
	return s
}

func (s pidSet) has(pid int) bool {
	return pid/pidsPerWord < len(s) && s[pid/pidsPerWord]&(1<<(pid%pidsPerWord)) != 0
}
