package limit

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Set are all limits that a fork or a thread in one container has to pass, and limits
// outside that its tasks count in.
type Set struct {
	Container *inspect.Container
	// Limits are from the container outwards: its processes, its control group, those
	// above it, those inside, its processes', the engine's, its users', the host's.
	Limits []Limit
	// Unread are those that may be nearer than the first, because not all of them could be
	// read.
	Unread []*Limit
	// NotLookedAt are other causes of a failing fork or thread, which are not read.
	NotLookedAt []string
}

// First is the limit with the least left of those that a fork has to pass, nil if none
// could be read. Where some are equal it is the innermost.
func (c *Set) First() *Limit {
	for i := range c.Limits {
		if c.Limits[i].First {
			return &c.Limits[i]
		}
	}
	return nil
}

// Own is the limit of the container's own control group, whether there is one or not; nil
// where that group is not known.
func (c *Set) Own() *Limit {
	for i := range c.Limits {
		if l := &c.Limits[i]; l.Kind == PIDs && l.Scope == ScopeContainer {
			return l
		}
	}
	return nil
}

// Beside are the limits that no fork of the container has to pass, and that still deserve
// a word: of threads, of the engine, of the host's users.
func (c *Set) Beside() []*Limit {
	var list []*Limit
	for i := range c.Limits {
		if l := &c.Limits[i]; l.Stops() != Forks && l.DeservesWord() {
			list = append(list, l)
		}
	}
	return list
}

// Near are the limits that deserve a word: the first, then those beside it.
func (c *Set) Near() []*Limit {
	list := c.Beside()
	if first := c.First(); first != nil && first.DeservesWord() {
		list = slices.Insert(list, 0, first)
	}
	return list
}

// Sooner are the limits of threads, not near, at which a thread fails before the first
// limit of all.
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

// Certain reports whether no unread limit can be hit before the first.
func (c *Set) Certain() bool { return len(c.Unread) == 0 }

// Find finds for each container the limits that its next fork has to pass.
// The capture must hold LimitFacts.
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
