package procfs

import (
	"iter"
	"slices"
	"sort"
)

// PIDTable are processes sorted by host PID: a large host's are found in it as fast
// as in a map, which would cost more to make than all else.
type PIDTable []*Process

// NewPIDTable makes the table of a list, to whose elements it points.
func NewPIDTable(list []Process) PIDTable {
	table := make(PIDTable, len(list))
	for i := range list {
		table[i] = &list[i]
	}
	byPID := func(a, b *Process) int { return a.PID - b.PID }
	if !slices.IsSortedFunc(table, byPID) {
		slices.SortStableFunc(table, byPID)
	}
	return table
}

// Find is the place of the process with the PID, if it is there.
func (t PIDTable) Find(pid int) (int, bool) {
	i := sort.Search(len(t), func(i int) bool { return t[i].PID >= pid })
	return i, i < len(t) && t[i].PID == pid
}

// FindAll yields the places of those PIDs that are there. Lists of the kernel are mostly
// in order, so that the next one is where the last one was not.
func (t PIDTable) FindAll(pids []int) iter.Seq[int] {
	return func(yield func(int) bool) {
		next := 0
		for _, pid := range pids {
			i, there := next, next < len(t) && t[next].PID == pid
			if !there {
				i, there = t.Find(pid)
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

// At is the process with the PID, or nil.
func (t PIDTable) At(pid int) *Process {
	if i, there := t.Find(pid); there {
		return t[i]
	}
	return nil
}

// FamilyTable are processes sorted by their parent's PID, and then by their own.
type FamilyTable []*Process

// ByParent is a table of the same processes.
func (t PIDTable) ByParent() FamilyTable {
	table := slices.Clone(FamilyTable(t))
	slices.SortStableFunc(table, func(a, b *Process) int { return a.ParentPID - b.ParentPID })
	return table
}

// Of are the children of the process with the PID, by PID.
func (t FamilyTable) Of(parent int) []*Process {
	from := sort.Search(len(t), func(i int) bool { return t[i].ParentPID >= parent })
	to := from + sort.Search(len(t)-from, func(i int) bool { return t[from+i].ParentPID > parent })
	return t[from:to:to]
}
