package inspect

import (
	"iter"
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

// findAll yields the places of those PIDs that are there. Lists of the kernel are mostly
// in order, so that the next one is where the last one was not.
func (t pidTable) findAll(pids []int) iter.Seq[int] {
	return func(yield func(int) bool) {
		next := 0
		for _, pid := range pids {
			i, there := next, next < len(t) && t[next].PID == pid
			if !there {
				i, there = t.find(pid)
			}
			if !there {
				continue
			}
			if !yield(i) {
				return
			}
			next = i + 1
		}
	}
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
