package limit

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// tallies is the tasks of the whole host, counted once for all limits.
type tallies struct {
	ix    *inspect.Index
	facts *inspect.LimitFacts
	// whole is why some tasks of the host are not in the snapshot, "" if all are.
	whole procfs.Absence
	all   tally
	// groups are the tasks by the path of each group that has them, including the groups below
	// it. above are the tallies of a group and of the groups above it.
	groups map[string]*tally
	above  map[string][]*tally
	users  users
	// looked are the groups that were read, by path.
	looked map[string]procfs.PIDsGroup
	// spaces are the address spaces that were looked at, by container.
	spaces map[*inspect.Container][]*procfs.AddressSpace
	// numbers is how many numbers the kernel cannot assign.
	numbers procfs.Opt[int]
}

func countTasks(ix *inspect.Index) *tallies {
	s := &tallies{ix: ix, facts: ix.Capture.Limits, whole: wholeHost(ix), groups: map[string]*tally{}, above: map[string][]*tally{}, looked: map[string]procfs.PIDsGroup{}}
	for _, group := range slices.Backward(s.facts.Groups) { // the first one counts
		s.looked[group.Path] = group
	}
	s.users, s.numbers, s.spaces = newUsers(s), s.countNumbers(), spacesOf(ix)
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

// talliesAbove are the tallies of a group and of the groups above it. They are kept, because
// many processes are in one group.
func (s *tallies) talliesAbove(path string) []*tally {
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
func wholeHost(ix *inspect.Index) procfs.Absence {
	snapshot := &ix.Capture.Snapshot
	switch {
	case !snapshot.Whole:
		return procfs.Unread
	case ix.HidesProcesses():
		return procfs.Denied
	case len(snapshot.Unreadable()) > 0:
		return snapshot.Unreadable()[0].Why
	case !showsKernel(ix):
		return procfs.Unsupported // the /proc of a nested PID namespace
	default:
		return ""
	}
}

// showsKernel reports whether kernel threads are visible, which are only in the host's PID
// namespace.
func showsKernel(ix *inspect.Index) bool {
	return slices.ContainsFunc(ix.Processes(), func(p *procfs.Process) bool { return p.KernelThread })
}

func (s *tallies) limitsOf(c *inspect.Container) []Limit {
	list := s.groupLimits(c)
	list = append(list, s.processLimits(c)...)
	list = append(list, s.engineLimits(c)...)
	list = append(list, s.users.limitsOf(c)...)
	list = append(list, s.namespaceLimits(c)...)
	return append(list, s.hostLimits(c)...)
}

// fill copies to a limit what its tally counted, unless the tally is incomplete.
func (l *Limit) fill(t *tally, unseen procfs.Absence) {
	l.Unseen = unseen
	if t != nil {
		l.Fill, l.Shares = t.Fill, t.shares()
	}
}

// tally counts tasks by kind and by container.
type tally struct {
	Fill
	by map[*inspect.Container]*Fill
	// sorted is nil before the first call of shares.
	sorted []Share
}

func (t *tally) add(p *procfs.Process, owner *inspect.Container) {
	t.Fill.add(p)
	if t.by == nil {
		t.by = map[*inspect.Container]*Fill{}
	}
	if t.by[owner] == nil {
		t.by[owner] = &Fill{}
	}
	t.by[owner].add(p)
}

// shares are sorted by size, then by name.
func (t *tally) shares() []Share {
	if t.sorted != nil {
		return t.sorted // many containers share the limit
	}
	var list []Share
	for c, fill := range t.by {
		list = append(list, Share{c, fill.Tasks()})
	}
	slices.SortFunc(list, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Tasks, a.Tasks), cmp.Compare(shareName(a), shareName(b)))
	})
	t.sorted = list
	return list
}

func shareName(h Share) string {
	if h.Container == nil {
		return ""
	}
	return h.Container.Name
}
