package namespace

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// FindNested are the PID namespaces inside the container, each with its init and the number of
// its processes.
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
	// Processes is how many processes are in it, with its init and with deeper namespaces.
	Processes int
	// InnerEngine is true if it is a container of a nested engine.
	InnerEngine bool
}

// countInside counts the processes in the PID namespace of that init or in a deeper one,
// however they got there. The result for one process holds for all processes below it.
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
			inside[q] = false // and so of who is its own ancestor, by a number used again
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
// exec session, because its parent is the same shim.
func hasEntered(ix *inspect.Index, p, init *procfs.Process) bool {
	mine, ok := p.Namespace(procfs.PIDNamespace).Get()
	inits, okInit := init.Namespace(procfs.PIDNamespace).Get()
	if ok && okInit {
		return mine == inits
	}
	parent := ix.Parent(init)
	return parent != nil && p.ParentPID == parent.PID && inspect.ShimName(parent) != "" && p.Depth() == init.Depth() && !ix.IsNSInit(p)
}
