package limit

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Set are all limits that a fork in one container has to pass.
type Set struct {
	Container *inspect.Container
	// Limits are from the container outwards: its control group, those above
	// it, those inside, its users, the host.
	Limits []Limit
	// Unread are those that could be hit before the first, because not all of
	// them could be read.
	Unread []*Limit
}

// First is the limit with the least left, nil if there is none that could be
// read. Where some are equal it is the one nearest to the container.
func (c *Set) First() *Limit {
	for i := range c.Limits {
		if c.Limits[i].First {
			return &c.Limits[i]
		}
	}
	return nil
}

// Certain reports whether no unread limit can be hit before the first.
func (c *Set) Certain() bool { return len(c.Unread) == 0 }

// Find finds for each container which limit stands against its next fork.
// The capture must hold LimitFacts.
func Find(ix *inspect.Index, containers []*inspect.Container) []Set {
	tasks := countTasks(ix)
	list := make([]Set, len(containers))
	for i, c := range containers {
		list[i] = Set{Container: c, Limits: tasks.limitsOf(c)}
		list[i].judge(ix.Capture.Limits.Tasks)
	}
	return list
}

// judge marks the first limit and those that may come before it.
func (c *Set) judge(tasks procfs.Opt[int]) {
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
