package inspect

import (
	"cmp"
	"iter"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// IsNSInit reports whether p is the init of a PID namespace below that of the /proc that was
// read: it has PID 1 there.
func (ix *Index) IsNSInit(p *procfs.Process) bool { return p.Depth() > 0 && p.InnermostPID() == 1 }

// InitOf returns the init of the process's own PID namespace, to which orphans are reparented.
// It is proved by the namespace's inode, else found by the chain of parents, else as declared by
// the process's container. It is nil if it cannot be determined, and for processes of the host's
// namespace.
func (ix *Index) InitOf(p *procfs.Process) *procfs.Process {
	if p.Depth() == 0 {
		return nil
	}
	if inode, ok := p.Namespace(procfs.PIDNamespace).Get(); ok {
		return ix.nsInits[inode]
	}
	if init := ix.initAbove(p); init != nil {
		return init
	}
	return ix.declaredInit(p)
}

// ReaperOf returns the init to which the process is reparented when its parent exits: that of
// its PID namespace or, for a namespace's own init, that of the namespace around it. It is nil
// if it cannot be determined, or is outside of containers.
func (ix *Index) ReaperOf(p *procfs.Process) *procfs.Process {
	if !ix.IsNSInit(p) {
		return ix.InitOf(p)
	}
	parent := ix.Parent(p)
	if parent == nil || parent.Depth() != p.Depth()-1 {
		return nil
	}
	return ix.InitOf(parent)
}

// initAbove follows the parents of the same depth.
func (ix *Index) initAbove(p *procfs.Process) *procfs.Process {
	depth := p.Depth()
	for range len(ix.processes) {
		if p.InnermostPID() == 1 {
			return p
		}
		parent := ix.Parent(p)
		if parent == nil || parent.Depth() != depth {
			return nil
		}
		p = parent
	}
	return nil
}

// inOtherNamespace reports whether it is proved that the two are in different PID namespaces.
func inOtherNamespace(a, b *procfs.Process) bool {
	nsA, okA := a.Namespace(procfs.PIDNamespace).Get()
	nsB, okB := b.Namespace(procfs.PIDNamespace).Get()
	return okA && okB && nsA != nsB
}

// ContainerPIDs is the chain of the process's PIDs from the PID namespace of the container's
// main process inwards: one number, or more if PID namespaces nest inside the container. It is
// empty for a process that is not visible there, such as the shim.
func (ix *Index) ContainerPIDs(c *Container, p *procfs.Process) []int {
	main := ix.bindings[c.ID].Main
	if main == nil || len(p.NSPIDs) <= main.Depth() || p.Depth() == main.Depth() && inOtherNamespace(p, main) {
		return nil
	}
	return p.NSPIDs[main.Depth():]
}

// PIDSharers are the other containers whose main processes are in the container's PID namespace,
// by name. The second value is false if that cannot be determined, because namespaces could not
// be read. Then those that were configured to join it are returned.
func (ix *Index) PIDSharers(c *Container) ([]*Container, bool) {
	found, known := ix.sharers[c]
	if !known {
		found.list, found.proven = ix.findSharers(c)
		ix.sharers[c] = found
	}
	return found.list[:len(found.list):len(found.list)], found.proven
}

// sharers are the sharers of one container.
type sharers struct {
	list   []*Container
	proven bool
}

func (ix *Index) findSharers(c *Container) ([]*Container, bool) {
	var list []*Container
	proven := !ix.Capture.OthersUnread
	for other := range ix.mayShare(c) {
		if other == c || !other.IsRunning() || ix.Main(other) == nil && !other.Silent {
			continue // it has no process, or no longer has one
		}
		switch ix.SharesPIDs(c, other) {
		case Yes:
			list = append(list, other)
		case Unknown:
			proven = false
			if ix.DeclaredTogether(c, other, procfs.PIDNamespace) {
				list = append(list, other)
			}
		case No:
		}
	}
	slices.SortFunc(list, func(a, b *Container) int { return cmp.Compare(a.Name, b.Name) })
	return list, proven
}

// mayShare yields the containers that are not proved to be in another PID namespace than this one:
// those in the same, and those whose namespace could not be read.
func (ix *Index) mayShare(c *Container) iter.Seq[*Container] {
	inode, ok := ix.InodeOf(c, procfs.PIDNamespace).Get()
	if !ok {
		return ix.Containers()
	}
	if ix.withoutPIDNamespace == nil {
		ix.withoutPIDNamespace = []*Container{}
		for other := range ix.Containers() {
			if !ix.InodeOf(other, procfs.PIDNamespace).Held() {
				ix.withoutPIDNamespace = append(ix.withoutPIDNamespace, other)
			}
		}
	}
	return slices.Values(slices.Concat(ix.ContainersIn(procfs.PIDNamespace, inode), ix.withoutPIDNamespace))
}

// SharesPIDs says whether the main processes of both are in one PID namespace. It is unknown
// unless the namespaces of both could be read.
func (ix *Index) SharesPIDs(a, b *Container) Verdict {
	mainA, mainB := ix.Main(a), ix.Main(b)
	if mainA == nil || mainB == nil {
		return Unknown
	}
	nsA, okA := mainA.Namespace(procfs.PIDNamespace).Get()
	nsB, okB := mainB.Namespace(procfs.PIDNamespace).Get()
	switch {
	case !okA || !okB:
		return Unknown
	case nsA == nsB:
		return Yes
	default:
		return No
	}
}

// PIDNamespaceOwner returns the container whose main process is the init of the PID namespace of
// c's main process: c itself unless it joined another. It is nil if that is the host's namespace
// or cannot be determined.
func (ix *Index) PIDNamespaceOwner(c *Container) *Container {
	main := ix.Main(c)
	if main == nil {
		return nil
	}
	if init := ix.InitOf(main); init != nil {
		return ix.MainOf(init)
	}
	return nil
}

// declaredInit is the main process of the container that the process's container was configured
// to join, if it is an init of the same depth, else nil.
func (ix *Index) declaredInit(p *procfs.Process) *procfs.Process {
	for c := range Joined(ix.OwnerOf(p).Container, procfs.PIDNamespace, ix.ContainerNamed) {
		if main := ix.Main(c); main != nil && main.InnermostPID() == 1 && main.Depth() == p.Depth() {
			return main
		}
	}
	return nil
}
