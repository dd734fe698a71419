package inspect

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ContainerLimits are all limits that a fork in one container has to pass.
type ContainerLimits struct {
	Container *Container
	// Limits are from the container outwards: its control group, those above
	// it, those inside, its users, the host.
	Limits []Limit
	// Unread are those that could be hit before the first, because not all of
	// them could be read.
	Unread []*Limit
}

// First is the limit with the least left, nil if there is none that could be
// read. Where some are equal it is the one nearest to the container.
func (c *ContainerLimits) First() *Limit {
	for i := range c.Limits {
		if c.Limits[i].First {
			return &c.Limits[i]
		}
	}
	return nil
}

// Certain reports whether no unread limit can be hit before the first.
func (c *ContainerLimits) Certain() bool { return len(c.Unread) == 0 }

// Limits finds for each container which limit stands against its next fork.
// The capture must hold LimitFacts.
func (ix *Index) Limits(containers []*Container) []ContainerLimits {
	survey := ix.survey()
	list := make([]ContainerLimits, len(containers))
	for i, c := range containers {
		list[i] = ContainerLimits{Container: c, Limits: survey.limitsOf(c)}
		list[i].judge(ix.Capture.Limits.Tasks)
	}
	return list
}

// judge marks the first limit and those that may come before it.
func (c *ContainerLimits) judge(tasks procfs.Opt[int]) {
	var first *Limit
	for i := range c.Limits {
		l := &c.Limits[i]
		left, ok := l.Left().Get()
		if ok && (first == nil || left < first.Left().Or(0)) {
			first = l
		}
	}
	if first != nil {
		first.First = true
	}
	for i := range c.Limits {
		l := &c.Limits[i]
		least, limited := l.leastLeft(tasks)
		if limited && !l.Left().Held() && (first == nil || least < first.Left().Or(0)) {
			c.Unread = append(c.Unread, l)
		}
	}
}

// survey is the tasks of the whole host, counted once for all limits.
type survey struct {
	ix    *Index
	facts *LimitFacts
	// whole is why not all tasks of the host are in the snapshot; empty if all
	// are.
	whole procfs.Absence
	all   tally
	// groups are the tasks by the path of each group that holds them, those
	// below it among them, and above those of a group and of the groups above it.
	groups map[string]*tally
	above  map[string][]*tally
	users  users
	// numbers are how many the kernel cannot hand out.
	numbers procfs.Opt[int]
}

func (ix *Index) survey() *survey {
	s := &survey{ix: ix, facts: ix.Capture.Limits, whole: ix.wholeHost(), groups: map[string]*tally{}, above: map[string][]*tally{}}
	s.users, s.numbers = newUsers(s), s.countNumbers()
	for _, p := range ix.Processes() {
		owner := ix.OwnerOf(p).Container
		s.all.add(p, owner)
		s.users.add(p, owner)
		path, ok := s.groupOf(p)
		if !ok {
			continue
		}
		for _, t := range s.talliesAbove(path) {
			t.add(p, owner)
		}
	}
	return s
}

// talliesAbove are those of a group and of the groups above it: many processes are in
// one group.
func (s *survey) talliesAbove(path string) []*tally {
	if list, known := s.above[path]; known {
		return list
	}
	var list []*tally
	for _, group := range procfs.GroupsAbove(path) {
		if s.groups[group] == nil {
			s.groups[group] = &tally{}
		}
		list = append(list, s.groups[group])
	}
	s.above[path] = list
	return list
}

// wholeHost says why the snapshot does not show all tasks of the host, or "".
func (ix *Index) wholeHost() procfs.Absence {
	snapshot := &ix.Capture.Snapshot
	switch {
	case !snapshot.Whole:
		return procfs.Unread
	case ix.HidesProcesses():
		return procfs.Denied
	case len(snapshot.Unreadable()) > 0:
		return snapshot.Unreadable()[0].Why
	case !ix.showsKernel():
		return procfs.Unsupported // the /proc of a nested PID namespace
	default:
		return ""
	}
}

// showsKernel: kernel threads are in the host's PID namespace alone.
func (ix *Index) showsKernel() bool {
	return slices.ContainsFunc(ix.Processes(), func(p *procfs.Process) bool { return p.KernelThread })
}

func (s *survey) limitsOf(c *Container) []Limit {
	list := s.groupLimits(c)
	list = append(list, s.users.limitsOf(c)...)
	list = append(list, s.namespaceLimits(c)...)
	return append(list, s.hostLimits(c)...)
}

// fill gives a limit what its tally counted, unless that is not all.
func (l *Limit) fill(t *tally, unseen procfs.Absence) {
	l.Unseen = unseen
	if t != nil {
		l.Fill, l.Holders = t.Fill, t.holders()
	}
}
