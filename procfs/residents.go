package procfs

import "slices"

// Strangers are the numbers that processes have in the PID namespace with the inode, without
// the numbers that one of the processes is proved to have there. The processes are sorted by
// PID.
func Strangers(numbers []int, inode uint64, processes []Process) []int {
	level := levelOf(inode, processes)
	if level < 0 {
		return numbers
	}
	known := map[int]bool{}
	for i := range processes {
		if p := &processes[i]; level < len(p.NSPIDs) && isWithin(inode, p, processes) {
			known[p.NSPIDs[level]] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(numbers), func(number int) bool { return known[number] })
}

// levelOf is the index of a process's number in the PID namespace among its numbers. It is
// negative if none of the processes is in that namespace.
func levelOf(inode uint64, processes []Process) int {
	for i := range processes {
		if processes[i].isIn(inode) {
			return len(processes[i].NSPIDs) - 1
		}
	}
	return -1
}

func (p *Process) isIn(inode uint64) bool { return p.Namespace(PIDNamespace) == Some(inode) }

// isWithin reports whether the process is in the PID namespace, or descends from a process in
// it. A process can leave a PID namespace only for a namespace below.
func isWithin(inode uint64, p *Process, processes []Process) bool {
	for range len(processes) {
		if p.isIn(inode) {
			return true
		}
		at, there := slices.BinarySearchFunc(processes, p.ParentPID, func(p Process, pid int) int { return p.PID - pid })
		if !there {
			return false
		}
		p = &processes[at]
	}
	return false
}
