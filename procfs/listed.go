package procfs

import "slices"

// Pointed are the PIDs of the processes that are only listed, and that are a parent of one of
// these processes, or the leader of the session of a zombie among these. They are sorted.
func (s *Snapshot) Pointed(by []Process) []int {
	var pids []int
	add := func(pid int) {
		if _, listed := slices.BinarySearch(s.Listed, pid); listed {
			pids = append(pids, pid)
		}
	}
	last := 0 // processes with the same parent often follow each other
	for i := range by {
		p := &by[i]
		if p.ParentPID != last {
			add(p.ParentPID)
			last = p.ParentPID
		}
		if p.IsZombie() && p.SID != p.ParentPID {
			add(p.SID)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

// Take adds processes that were only listed, and have been read now. Those that were missed are
// not listed any more.
func (s *Snapshot) Take(found []Process, missed []Missed) {
	if len(found)+len(missed) == 0 {
		return
	}
	read := make([]int, 0, len(found)+len(missed))
	for i := range found {
		read = append(read, found[i].PID)
	}
	for _, m := range missed {
		read = append(read, m.PID)
	}
	slices.Sort(read)
	s.Listed = slices.DeleteFunc(s.Listed, func(pid int) bool {
		_, is := slices.BinarySearch(read, pid)
		return is
	})
	s.Processes, s.Missed = append(s.Processes, found...), append(s.Missed, missed...)
	SortProcesses(s.Processes)
	sortMissed(s.Missed)
}

// Fill takes those that are only listed from what was read later. Processes that have exited
// since, or that have started since and have got such a PID, are left out.
func (s *Snapshot) Fill(later []Process) {
	s.Take(slices.DeleteFunc(slices.Clone(later), func(p Process) bool {
		_, listed := slices.BinarySearch(s.Listed, p.PID)
		return !listed || p.IsZombie() || TicksToDuration(p.StartTicks) > s.Uptime
	}), nil)
}
