package taskiter

import (
	"cmp"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// userHZ is the number of clock ticks in a second of /proc/PID/stat, on every
// machine (USER_HZ).
const userHZ = 100

// Flags of a task (include/linux/sched.h).
const (
	pfExiting       = 0x00000004
	pfKernelThread  = 0x00200000
	unkillable      = 0x00000040 // SIGNAL_UNKILLABLE of include/linux/sched/signal.h
	ticksNanosecond = uint64(time.Second) / userHZ
)

// group are the tasks of one process: its main thread, which stays until the last thread has
// exited, and the other threads by their TIDs.
type group struct {
	leader  *task
	threads []*task
}

func (g *group) pid() int { return int(g.leader.pid) }

// find is the place of a process in a list by PID.
func find(list []group, pid int) (at int, there bool) {
	return slices.BinarySearchFunc(list, pid, func(g group, pid int) int { return g.pid() - pid })
}

// groups groups the tasks by process, sorted by PID. A process whose main thread is missing
// started or exited while the kernel was asked. It is left out.
func groups(tasks []task) []group {
	list := make([]group, 0, len(tasks))
	for i := range tasks {
		if t := &tasks[i]; t.pid == t.tgid {
			list = append(list, group{leader: t})
		}
	}
	slices.SortFunc(list, func(a, b group) int { return cmp.Compare(a.leader.pid, b.leader.pid) })
	for i := range tasks {
		t := &tasks[i]
		if t.pid == t.tgid {
			continue
		}
		if at, known := find(list, int(t.tgid)); known {
			list[at].threads = append(list[at].threads, t)
		}
	}
	for _, g := range list {
		slices.SortFunc(g.threads, func(a, b *task) int { return cmp.Compare(a.pid, b.pid) })
	}
	return list
}

// ticks are the clock ticks of a start (nsec_to_clock_t of kernel/time/time.c).
func (h *head) ticks() uint64 { return h.startNS / ticksNanosecond }

func (h *head) key() procfs.Key { return procfs.Key{PID: int(h.pid), StartTicks: h.ticks()} }

func (h *head) isKernelThread() bool { return h.flags&pfKernelThread != 0 }

// live is a thread that still has an address space and namespaces: the main thread, or another
// one if the main thread has exited.
func (g *group) live() *task {
	if !g.mainExited() {
		return g.leader
	}
	for _, t := range g.threads {
		if t.flags&pfExiting == 0 {
			return t
		}
	}
	return g.threads[0]
}

func (g *group) isZombieState() bool {
	return stateOf(g.leader.state, g.leader.exitState) == procfs.StateZombie
}

func (g *group) mainExited() bool {
	return len(g.threads) > 0 && g.leader.threads > 1 && g.isZombieState()
}

// process is what the tasks show of a process. Facts that only /proc has are unread.
func (g *group) process(detail procfs.Detail, shared sharedNamespaces) procfs.Process {
	l := g.leader
	p := procfs.Process{
		Key:       l.key(),
		ParentPID: int(l.parentPID), PGID: int(l.pgid), SID: int(l.sid), TracerPID: int(l.tracer),
		State: stateOf(l.state, l.exitState), Comm: l.comm, Threads: int(l.threads),
		KernelThread: l.isKernelThread(),
		NSPIDs:       l.nsPIDs(), NSSIDs: l.nsSIDs(), UIDs: uidsOf(l.uids),
		Signals:    procfs.Signals{Pending: l.sharedPending, Blocked: l.blocked, Ignored: l.ignored, Caught: l.caught},
		WaitStatus: procfs.None[procfs.WaitStatus](procfs.NotHeld),
		Effective:  procfs.Some(l.effective),
		Namespaces: shared.of(g.live(), detail.Namespaces),
		Internals:  g.internals(),
	}
	if p.IsZombie() {
		p.WaitStatus = procfs.Some(l.exitCode)
	}
	if !detail.MainThread {
		p.Apart = g.apart(&p)
	}
	if detail.Limits {
		p.MaxProcesses = procfs.None[int](procfs.NotHeld)
		if l.maxProcesses <= 1<<63-1 && !p.IsZombie() {
			p.MaxProcesses = procfs.Some(int(l.maxProcesses))
		}
	}
	return p
}

// sharedNamespaces holds one map for all processes that are in the same namespaces. A map for
// each would be most of their memory. The maps must not be changed.
type sharedNamespaces map[namespaceSet]map[procfs.NamespaceType]procfs.Opt[uint64]

// namespaceSet are inodes in the order of namespaceOrder, and the wanted types as bits. The
// inode is 0 if the type is not wanted.
type namespaceSet struct {
	inodes [len(namespaceOrder)]uint32
	wanted uint
}

func (s sharedNamespaces) of(t *task, types []procfs.NamespaceType) map[procfs.NamespaceType]procfs.Opt[uint64] {
	if len(types) == 0 {
		return nil
	}
	var set namespaceSet
	for i, known := range namespaceOrder {
		if slices.Contains(types, known) {
			set.inodes[i] = t.namespaces[i]
			set.wanted |= 1 << i
		}
	}
	found, known := s[set]
	if !known {
		found = make(map[procfs.NamespaceType]procfs.Opt[uint64], len(types))
		for _, of := range types {
			found[of] = t.namespace(of)
		}
		s[set] = found
	}
	return found
}

// namespace is the inode of a namespace of the task. It is Gone if the task has dropped it, as
// a zombie has dropped most of its own.
func (t *task) namespace(of procfs.NamespaceType) procfs.Opt[uint64] {
	i := slices.Index(namespaceOrder[:], of)
	if i < 0 {
		return procfs.None[uint64](procfs.Unsupported)
	}
	return inodeOf(t.namespaces[i])
}

// inodeOf is the inode of a namespace, which the program writes as 0 if there is none.
func inodeOf(inode uint32) procfs.Opt[uint64] {
	if inode == 0 {
		return procfs.None[uint64](procfs.Gone)
	}
	return procfs.Some(uint64(inode))
}

func uidsOf(ids [4]uint32) procfs.UIDs {
	return procfs.UIDs{Real: int(ids[0]), Effective: int(ids[1]), Saved: int(ids[2]), FS: int(ids[3])}
}

// apart finds the threads whose namespaces are not those of the process.
func (g *group) apart(p *procfs.Process) []procfs.ApartThread {
	var apart []procfs.ApartThread
	for _, t := range g.threads {
		var left map[procfs.NamespaceType]uint64
		for _, of := range namespaceOrder {
			own, known := p.Namespace(of).Get()
			theirs, held := t.namespace(of).Get()
			if !known || !held || own == theirs {
				continue
			}
			if left == nil {
				left = map[procfs.NamespaceType]uint64{}
			}
			left[of] = theirs
		}
		if left != nil {
			apart = append(apart, procfs.ApartThread{TID: int(t.pid), NSPIDs: t.nsPIDs(), Namespaces: left})
		}
	}
	return apart
}

func (g *group) internals() procfs.Opt[procfs.Internals] {
	l := g.leader
	if l.isKernelThread() {
		return procfs.None[procfs.Internals](procfs.NotHeld)
	}
	internals := l.internals()
	internals.Resetting, internals.Undeferred = l.resets, l.undeferred
	internals.Threads = make([]procfs.ThreadMasks, 0, 1+len(g.threads))
	internals.Threads = append(internals.Threads, l.masks())
	for _, t := range g.threads {
		internals.Threads = append(internals.Threads, t.masks())
	}
	return procfs.Some(internals)
}

// internals are the internals that every head has.
func (h *head) internals() procfs.Internals {
	return procfs.Internals{Subreaper: h.subreaper, Unkillable: h.signalFlags&unkillable != 0, NoChildWait: h.noChildWait}
}

func (t *task) masks() procfs.ThreadMasks {
	return procfs.ThreadMasks{TID: int(t.pid), Blocked: t.blocked, Awaited: t.realBlocked &^ t.blocked}
}
