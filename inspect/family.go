package inspect

import (
	"cmp"
	"slices"
	"sort"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Children are the processes whose parent has this host PID.
func (ix *Index) Children(pid int) []*procfs.Process {
	if ix.family == nil {
		ix.family = ix.processes.byParent()
	}
	return ix.family.of(pid)
}

// LivingChildren are the process's children that are no zombies, the oldest
// first.
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

// familyTable are processes sorted by their parent's PID, and then by their own.
type familyTable []*procfs.Process

// byParent is a table of the same processes.
func (t PIDTable) byParent() familyTable {
	table := slices.Clone(familyTable(t))
	slices.SortStableFunc(table, func(a, b *procfs.Process) int { return a.ParentPID - b.ParentPID })
	return table
}

// of are the children of the process with the PID, by PID.
func (t familyTable) of(parent int) []*procfs.Process {
	from := sort.Search(len(t), func(i int) bool { return t[i].ParentPID >= parent })
	to := from + sort.Search(len(t)-from, func(i int) bool { return t[from+i].ParentPID > parent })
	return t[from:to:to]
}
