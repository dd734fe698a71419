package limit

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Set is all limits that apply to a fork or a new thread in one container, and limits outside in
// which its tasks are counted.
type Set struct {
	Container *inspect.Container
	// Limits are ordered from the container outwards: its processes, its control group, the
	// groups above, the groups inside, the limits of its processes, of the engine, of its users,
	// of the host.
	Limits []Limit
	// Unread are those that may be nearer than the first, because they could not be read
	// completely.
	Unread []*Limit
	// NotLookedAt are other causes of a failing fork or thread, which are not read.
	NotLookedAt []string
}

// First is the limit with the least left of those that apply to a fork, nil if none could be
// read. Of equal limits it is the innermost.
func (c *Set) First() *Limit {
	for i := range c.Limits {
		if c.Limits[i].First {
			return &c.Limits[i]
		}
	}
	return nil
}

// Own is the limit of the container's own control group, even if it is unlimited, nil if that
// group is not known.
func (c *Set) Own() *Limit {
	for i := range c.Limits {
		if l := &c.Limits[i]; l.Kind == PIDs && l.Scope == ScopeContainer {
			return l
		}
	}
	return nil
}

// Beside are the limits that do not apply to a fork of the container, but deserve to be
// mentioned: limits of threads, of the engine, of the host's users.
func (c *Set) Beside() []*Limit {
	var list []*Limit
	for i := range c.Limits {
		if l := &c.Limits[i]; l.Stops() != Forks && l.DeservesWord() {
			list = append(list, l)
		}
	}
	return list
}

// Near are the limits that deserve to be mentioned: the first, then those beside it.
func (c *Set) Near() []*Limit {
	list := c.Beside()
	if first := c.First(); first != nil && first.DeservesWord() {
		list = slices.Insert(list, 0, first)
	}
	return list
}

// Sooner are the limits of threads, not near, at which a thread fails before the first limit is
// reached.
func (c *Set) Sooner() []*Limit {
	var list []*Limit
	for i := range c.Limits {
		l := &c.Limits[i]
		if room, ok := l.Room().Get(); ok && l.Stops() == Threads && !l.DeservesWord() && l.isNotable() && (c.First() == nil || room < c.First().Left().Or(0)) {
			list = append(list, l)
		}
	}
	return list
}

// Certain reports whether no unread limit can be reached before the first.
func (c *Set) Certain() bool { return len(c.Unread) == 0 }

// Find finds for each container the limits that apply to its next fork. The capture must have
// LimitFacts.
func Find(ix *inspect.Index, containers []*inspect.Container) []Set {
	tasks := countTasks(ix)
	list := make([]Set, len(containers))
	for i, c := range containers {
		list[i] = Set{Container: c, Limits: tasks.limitsOf(c)}
		list[i].judge(ix.Capture.Limits.Tasks)
		list[i].NotLookedAt = tasks.notLookedAt(c)
	}
	return list
}

// judge marks the first limit and those that may come before it.
func (c *Set) judge(tasks procfs.Opt[int]) {
	var first *Limit
	for i := range c.Limits {
		l := &c.Limits[i]
		left, ok := l.Left().Get()
		if ok && l.Stops() == Forks && (first == nil || left < first.Left().Or(0)) {
			first = l
		}
	}
	if first != nil {
		first.First = true
	}
	for i := range c.Limits {
		l := &c.Limits[i]
		least, limited := l.leastLeft(tasks)
		if limited && l.Stops() == Forks && !l.Left().Held() && (first == nil || least < first.Left().Or(0)) {
			c.Unread = append(c.Unread, l)
		}
	}
}
