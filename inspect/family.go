package inspect

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Children are the processes whose parent has this host PID.
func (ix *Index) Children(pid int) []*procfs.Process {
	if ix.family == nil {
		ix.family = ix.processes.ByParent()
	}
	return ix.family.Of(pid)
}

// LivingChildren are the process's children that are not zombies, the oldest first.
func (ix *Index) LivingChildren(p *procfs.Process) []*procfs.Process {
	var list []*procfs.Process
	for _, child := range ix.Children(p.PID) {
		if !child.IsZombie() && child != p {
			list = append(list, child)
		}
	}
	slices.SortFunc(list, func(a, b *procfs.Process) int {
		return cmp.Or(cmp.Compare(a.StartTicks, b.StartTicks), cmp.Compare(a.PID, b.PID))
	})
	return list
}

// Parent returns the process's parent, nil if the capture does not have it.
func (ix *Index) Parent(p *procfs.Process) *procfs.Process {
	parent := ix.processes.At(p.ParentPID)
	if parent == p {
		return nil
	}
	return parent
}
