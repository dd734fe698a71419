package inspect

import (
	"slices"
	"sort"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// pidTable are processes sorted by host PID: a large host's are found in it as fast
// as in a map, which would cost more to make than all else.
type pidTable []*procfs.Process

func newPIDTable(list []procfs.Process) pidTable {
	table := make(pidTable, len(list))
	for i := range list {
		table[i] = &list[i]
	}
	byPID := func(a, b *procfs.Process) int { return a.PID - b.PID }
	if !slices.IsSortedFunc(table, byPID) {
		slices.SortStableFunc(table, byPID)
	}
	return table
}

// find is the place of the process with the PID, if it is there.
func (t pidTable) find(pid int) (int, bool) {
	i := sort.Search(len(t), func(i int) bool { return t[i].PID >= pid })
	return i, i < len(t) && t[i].PID == pid
}

// at is the process with the PID, or nil.
func (t pidTable) at(pid int) *procfs.Process {
	if i, there := t.find(pid); there {
		return t[i]
	}
	return nil
}

// familyTable are processes sorted by their parent's PID, and then by their own.
type familyTable []*procfs.Process

// byParent is a table of the same processes.
func (t pidTable) byParent() familyTable {
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
