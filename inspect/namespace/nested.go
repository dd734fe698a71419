package namespace

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// FindNested finds the PID namespaces inside the container, each by its init, with the
// number of processes in it.
func FindNested(ix *inspect.Index, c *inspect.Container) []Nested {
	main := ix.Main(c)
	var list []Nested
	for _, p := range ix.ProcessesOf(c) {
		if main != nil && p != main && ix.IsNSInit(p) && p.Depth() > main.Depth() {
			list = append(list, Nested{Init: p, Chain: ix.ContainerPIDs(c, p), Processes: countInside(ix, p), InnerEngine: ix.IsInnerContainer(c, p)})
		}
	}
	return list
}

// Nested is a PID namespace inside a container.
type Nested struct {
	Init  *procfs.Process
	Chain []int
	// Processes is how many are in it, including its init and those in deeper namespaces.
	Processes int
	// InnerEngine is true if it is a container of a nested engine.
	InnerEngine bool
}

// countInside counts the processes in the PID namespace of an init or in a deeper one,
// including those that entered it, and their children. What is found of one process holds
// for its descendants.
func countInside(ix *inspect.Index, init *procfs.Process) int {
	n, inside := 0, map[*procfs.Process]bool{}
	var climbed []*procfs.Process
	for _, p := range ix.Processes() {
		climbed = climbed[:0]
		found, known := false, false
		for q := p; q != nil && q.Depth() >= init.Depth(); q = ix.Parent(q) {
			if found, known = inside[q]; known {
				break
			}
			inside[q] = false // also where a reused PID makes a process its own ancestor
			climbed = append(climbed, q)
			if found = q == init || hasEntered(ix, q, init); found {
				break
			}
		}
		for _, q := range climbed {
			inside[q] = found
		}
		if found {
			n++
		}
	}
	return n
}

// hasEntered reports whether the process is proved to be in the init's namespace, or is an
// exec session: its parent is the same shim.
func hasEntered(ix *inspect.Index, p, init *procfs.Process) bool {
	mine, ok := p.Namespace(procfs.PIDNamespace).Get()
	inits, okInit := init.Namespace(procfs.PIDNamespace).Get()
	if ok && okInit {
		return mine == inits
	}
	parent := ix.Parent(init)
	return parent != nil && p.ParentPID == parent.PID && inspect.ShimName(parent) != "" && p.Depth() == init.Depth() && !ix.IsNSInit(p)
}
