package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// Inits returns the container's PID 1 and the program that it has started where
// both are inits that pass signals on; nil, nil elsewhere.
func (ix *Index) Inits(c *Container) (outer, inner *procfs.Process) {
	main := ix.bindings[c.ID].Main
	if main == nil || !ix.IsNSInit(main) || ix.programOf(main).kind != kindInit {
		return nil, nil
	}
	children := ix.livingChildren(main)
	if len(children) == 0 || ix.programOf(children[0]).kind != kindInit {
		return nil, nil
	}
	return main, children[0]
}

// MisplacedInit is a supervisor that is made to be PID 1 and that the container's
// init has started instead, or nil.
func (ix *Index) MisplacedInit(c *Container) *procfs.Process {
	main := ix.bindings[c.ID].Main
	if main == nil {
		return nil
	}
	p := ix.lastTold(main)
	if what := ix.programOf(p); ix.IsNSInit(p) || !what.first {
		return nil
	}
	return p
}

// MayTrace reports whether what takes the right to trace the process was read.
func (ix *Index) MayTrace(p *procfs.Process) bool {
	a := ix.attention[p.Key]
	return a != nil && a.SignalFDs.Absence() != procfs.Denied
}

// Children are the processes whose parent has this host PID.
func (ix *Index) Children(pid int) []*procfs.Process {
	if ix.family == nil {
		ix.family = ix.processes.byParent()
	}
	return ix.family.of(pid)
}

// StaysUninterruptible reports whether the process was in state D when the
// snapshot was taken and when its attention was asked, and where it sleeps.
func (ix *Index) StaysUninterruptible(p *procfs.Process) (channel procfs.Opt[string], still bool) {
	a := ix.attention[p.Key]
	if p.State != procfs.StateUninterruptible || a == nil || len(a.Threads) == 0 || a.Threads[0].State != procfs.StateUninterruptible {
		return procfs.None[string](procfs.Unread), false
	}
	return a.Threads[0].WaitChannel, true
}

// Sleeps is how often the process's main thread has gone to sleep by itself, unread
// where it was not asked: two looks with the same number saw one sleep.
func (ix *Index) Sleeps(p *procfs.Process) procfs.Opt[int] {
	if threads := ix.threadsOf(p); len(threads) > 0 {
		return threads[0].Sleeps
	}
	return procfs.None[int](procfs.Unread)
}

// Process is the process with this key, nil if the capture does not have it.
func (ix *Index) Process(key procfs.Key) *procfs.Process {
	if p := ix.processes.at(key.PID); p != nil && p.Key == key {
		return p
	}
	return nil
}

// JoinsAnother reports whether the container was told to use another container's
// namespace of this type.
func (ix *Index) JoinsAnother(c *Container, t procfs.NamespaceType) bool {
	return joinedRef(c.DeclaredMode(t)) != ""
}
