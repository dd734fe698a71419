package taskiter

import (
	"slices"
	"sort"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// survey collects the processes of one look: what /proc/PID/stat holds of each, its
// PID namespace if that is wanted, and a part of its internals.
type survey struct {
	pidNamespaces bool
	processes     []procfs.Process
	// others is how many tasks the kernel has shown, with threads and without this program's
	// own. ended is true if the kernel has reported that number, at the end.
	others int
	ended  bool

	shared map[uint32]map[procfs.NamespaceType]procfs.Opt[uint64]
	cursor
}

// newSurvey returns a survey with memory for so many processes.
func newSurvey(pidNamespaces bool, room int) *survey {
	return &survey{
		pidNamespaces: pidNamespaces, processes: make([]procfs.Process, 0, room+roomForHidden),
		shared: map[uint32]map[procfs.NamespaceType]procfs.Opt[uint64]{},
	}
}

// add takes heads. A cut head is an error, because the kernel never writes a part. Heads after
// the last one are left out. Their processes started when all had been seen.
func (s *survey) add(heads []byte) error {
	s.data, s.at = heads, 0
	var h head
	for s.left() > 0 && !s.ended {
		if err := s.head(&h); err != nil {
			return err
		}
		if h.isEnd() {
			s.others, s.ended = int(h.threads-h.sid), true
			break
		}
		s.take(&h)
	}
	return nil
}

// take adds the process of a head.
func (s *survey) take(h *head) {
	s.processes = append(s.processes, procfs.Process{})
	p := &s.processes[len(s.processes)-1]
	h.survey(p)
	if s.pidNamespaces {
		p.Namespaces = onlyPIDNamespace(s.shared, h.pidNamespace)
	}
}

// all are the processes by PID, if the last record has come.
func (s *survey) all() ([]procfs.Process, error) {
	if !s.ended {
		return nil, errNoEnd
	}
	return sorted(s.processes), nil
}

// sorted sorts the processes by PID. The kernel lists them by PID, but promises no order. A
// thread that takes its process's PID by execve(2) may be seen with it again.
func sorted(processes []procfs.Process) []procfs.Process {
	if !slices.IsSortedFunc(processes, func(a, b procfs.Process) int { return a.PID - b.PID }) {
		procfs.SortProcesses(processes)
	}
	return slices.CompactFunc(processes, func(a, b procfs.Process) bool { return a.PID == b.PID })
}

// survey fills in a process that has no facts yet.
func (h *head) survey(p *procfs.Process) {
	p.Key, p.StatOnly = h.key(), true
	p.ParentPID, p.PGID, p.SID = int(h.parentPID), int(h.pgid), int(h.sid)
	p.State, p.Comm, p.Threads = stateOf(h.state, h.exitState), h.comm, int(h.threads)
	p.KernelThread = h.isKernelThread()
	internals := h.internals()
	internals.Partial = true
	p.Internals = procfs.Some(internals)
	if p.KernelThread {
		p.Internals = procfs.None[procfs.Internals](procfs.NotHeld)
	}
}

// onlyPIDNamespace gives all processes of one namespace the same map. The map must not be
// changed.
func onlyPIDNamespace(shared map[uint32]map[procfs.NamespaceType]procfs.Opt[uint64], inode uint32) map[procfs.NamespaceType]procfs.Opt[uint64] {
	known, ok := shared[inode]
	if !ok {
		known = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: inodeOf(inode)}
		shared[inode] = known
	}
	return known
}

// roomForHidden is the number of hidden processes up to which they are added without copying
// the survey.
const roomForHidden = 64

// unknown are the PIDs of a sorted list that are not among the processes, which are sorted too.
func unknown(pids []int, processes []procfs.Process) []int {
	var list []int
	for _, pid := range pids {
		for len(processes) > 0 && processes[0].PID < pid {
			processes = processes[1:]
		}
		if len(processes) == 0 || processes[0].PID != pid {
			list = append(list, pid)
		}
	}
	return list
}

// withHidden inserts the few processes among the many. Both lists are sorted.
func withHidden(many, few []procfs.Process) []procfs.Process {
	if len(few) > roomForHidden {
		many = append(many, few...)
		procfs.SortProcesses(many)
		return many
	}
	for i := range few {
		at := sort.Search(len(many), func(j int) bool { return many[j].PID >= few[i].PID })
		many = slices.Insert(many, at, few[i])
	}
	return many
}

// statOnly is a completely read process reduced to what a survey has.
func statOnly(p *procfs.Process) procfs.Process {
	return procfs.Process{
		Key: p.Key, StatOnly: true, ParentPID: p.ParentPID, State: p.State, Comm: p.Comm, Threads: p.Threads,
		KernelThread: p.KernelThread, PGID: p.PGID, SID: p.SID, Namespaces: p.Namespaces,
	}
}

// threadsOf is the number of tasks of the processes.
func threadsOf(processes []procfs.Process) (tasks int) {
	for i := range processes {
		tasks += processes[i].Threads
	}
	return tasks
}

// withoutGone leaves out processes that started and exited since a list. They are not missed.
func withoutGone(missed []procfs.Missed) []procfs.Missed {
	return slices.DeleteFunc(missed, func(m procfs.Missed) bool { return m.Why == procfs.Gone })
}
