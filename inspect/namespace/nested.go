package namespace

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// FindNested are the PID namespaces inside the container, each by its init, with
// the number of the processes in it.
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
	// Processes is how many are in it, its init and deeper ones included.
	Processes int
	// InnerEngine: it is a container of an engine that runs inside.
	InnerEngine bool
}

func countInside(ix *inspect.Index, init *procfs.Process) int {
	n := 0
	for _, p := range ix.Processes() {
		if isInside(ix, p, init) {
			n++
		}
	}
	return n
}

// isInside: the process is in the PID namespace of that init or in a deeper
// one, however it or one above it got there.
func isInside(ix *inspect.Index, p, init *procfs.Process) bool {
	for range len(ix.Processes()) {
		if p == nil || p.Depth() < init.Depth() {
			return false
		}
		if p == init || hasEntered(ix, p, init) {
			return true
		}
		p = ix.Parent(p)
	}
	return false
}

// hasEntered: the process is proved to be in the init's namespace, or is an
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
