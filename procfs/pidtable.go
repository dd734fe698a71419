package procfs

import (
	"iter"
	"slices"
	"sort"
)

// PIDTable are processes sorted by host PID. Finding a process is as fast as in a map, and
// making a map would cost more than all else.
type PIDTable []*Process

// NewPIDTable makes the table of a list. The table points to the elements of the list.
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

// Find is the index of the process with the PID, if there is one.
func (t PIDTable) Find(pid int) (int, bool) {
	i := sort.Search(len(t), func(i int) bool { return t[i].PID >= pid })
	return i, i < len(t) && t[i].PID == pid
}

// FindAll yields the indexes of those PIDs that are there. Lists of the kernel are mostly in
// order, so the search for a PID starts where the last search stopped.
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

// At is the process with the PID, nil for none.
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
