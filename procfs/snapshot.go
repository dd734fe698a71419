package procfs

import (
	"cmp"
	"slices"
	"time"
)

// Missed is a process that was there and could not be read.
type Missed struct {
	PID int
	// Why is gone (an ordinary event), denied or malformed.
	Why Absence
	// Detail names the file and what was wrong with it.
	Detail string `json:",omitzero"`
}

// Snapshot is what one /proc showed of a host's processes at one moment.
type Snapshot struct {
	// Root is the mount of /proc that was read.
	Root string
	// TakenAt is the wall-clock time, and Uptime the time since boot, at which
	// reading began (CLOCK_REALTIME, /proc/uptime).
	TakenAt time.Time
	Uptime  time.Duration
	// Whole is true if every process of the host was looked at, and not only a family.
	Whole bool
	// Unfinished is true if processes started faster than they could be read. Then some
	// processes of a family may be missing.
	Unfinished bool `json:",omitzero"`
	// Processes are the processes that were read, sorted by PID.
	Processes []Process
	// Listed are the PIDs of the processes of which nothing was read. The control group of a
	// container has listed them, and no control group lists zombies. So they were alive. They are
	// sorted.
	Listed []int `json:",omitzero"`
	// Missed are the processes that could not be read. One bad process never stops a snapshot.
	Missed []Missed `json:",omitzero"`
}

// Replace replaces processes by those of the same PID that were read in more detail, and
// removes those that were missed.
func (s *Snapshot) Replace(found []Process, missed []Missed) {
	for _, p := range found {
		if at, ok := s.Position(p.PID); ok {
			s.Processes[at] = p
		}
	}
	if len(missed) == 0 {
		return
	}
	lost := make(map[int]bool, len(missed))
	for _, m := range missed {
		lost[m.PID] = true
	}
	s.Processes = slices.DeleteFunc(s.Processes, func(p Process) bool { return lost[p.PID] })
	s.Missed = append(s.Missed, missed...)
	sortMissed(s.Missed)
}

func sortMissed(list []Missed) {
	SortLarge(list, func(a, b *Missed) int {
		return cmp.Or(a.PID-b.PID, cmp.Compare(a.Why, b.Why), cmp.Compare(a.Detail, b.Detail))
	})
}

// Position finds a process in the sorted list.
func (s *Snapshot) Position(pid int) (int, bool) {
	return slices.BinarySearchFunc(s.Processes, pid, func(p Process, pid int) int { return p.PID - pid })
}

// StartedAt is the wall-clock time of a start ticks after boot. It uses the clock as it was
// set when the snapshot was taken.
func (s *Snapshot) StartedAt(ticks uint64) time.Time {
	return s.TakenAt.Add(TicksToDuration(ticks) - s.Uptime)
}

// Elapsed is the time between a start ticks after boot and the snapshot. It is never negative.
func (s *Snapshot) Elapsed(ticks uint64) time.Duration {
	return max(s.Uptime-TicksToDuration(ticks), 0)
}

// Unreadable are the missed processes that are not simply gone. It is unknown what they could
// be.
func (s *Snapshot) Unreadable() []Missed {
	var list []Missed
	for _, m := range s.Missed {
		if m.Why != Gone {
			list = append(list, m)
		}
	}
	return list
}
