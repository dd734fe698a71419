package procfs

import (
	"slices"
	"time"
)

// KernelEventKind is what the kernel reported.
type KernelEventKind int

// The kinds, each after its tracepoint in the kernel.
const (
	// SignalGenerated: a signal was generated for a process (signal:signal_generate). Actor is
	// the process that ran at that moment, which has sent it if its source is a process.
	SignalGenerated KernelEventKind = iota + 1
	// OOMVictim: the OOM killer chose a process (oom:mark_victim). Actor is the process for which
	// memory was sought.
	OOMVictim
	// ProcessExited: the last thread of a process exited (sched:sched_process_exit).
	ProcessExited
	// ProcessForked: Actor created a process (sched:sched_process_fork).
	ProcessForked
	// ProcessExecuted: a process executed a program (sched:sched_process_exec).
	ProcessExecuted
	// ProcessFreed: a process was reaped, some milliseconds before (sched:sched_process_free).
	ProcessFreed
)

// KernelEvent is what the kernel reported of one process at one moment.
type KernelEvent struct {
	Kind KernelEventKind
	// Time is by the clock of this host.
	Time time.Time
	// Subject is the process that it happened to.
	Subject TracedProcess
	// Actor is the process that ran at that moment on the same processor. It is not known of
	// ProcessFreed.
	Actor TracedProcess
	// Ancestors are the ancestors of Actor, its parent first.
	Ancestors []TracedAncestor
	// Signal is what SignalGenerated has. It is nil for other kinds.
	Signal *SignalSent
	// Status is how the process exited. It is only known of ProcessExited.
	Status WaitStatus
	// VictimPID is the PID of an OOMVictim in the first PID namespace, where Subject is not known
	// (before Linux 6.8). It is 0 otherwise.
	VictimPID int
	// ReaperPID is the PID of the last parent of a process that was freed, 0 if the kernel no
	// longer knew it.
	ReaperPID int
}

// SignalSent is a signal at the moment at which the kernel generates it.
type SignalSent struct {
	Number int
	// Source says what the kernel was told of where it comes from.
	Source SignalSource
	// Code is si_code of sigaction(2): 0 for kill(2), negative for other calls, positive for what
	// the kernel found out.
	Code int
	// ToProcess is true if any thread can take it, false if it is for one thread.
	ToProcess bool
	// Result is what the kernel did with it.
	Result SignalResult
	// Handler is what the process does with such a signal, Blocked whether the thread blocks it.
	Handler SignalHandler
	Blocked bool
	// Unkillable is true for the init of a PID namespace: signals from inside, and signals without
	// a handler, are dropped (SIGNAL_UNKILLABLE, pid_namespaces(7)).
	Unkillable bool
	// ParentDeath is the signal that the process has asked for when its parent exits
	// (PR_SET_PDEATHSIG), 0 for none.
	ParentDeath int
}

// SignalSource says what came with a signal (SEND_SIG_NOINFO and SEND_SIG_PRIV of the kernel's
// include/linux/sched/signal.h).
type SignalSource int

// The sources of signals.
const (
	// SourceCaller: the running process caused it, by another call than kill(2).
	SourceCaller SignalSource = iota
	// SourceKernel: the kernel itself.
	SourceKernel
	// SourceInfo: the call of a process, or a fault of the process itself. Code says which.
	SourceInfo
)

// SignalResult is what the kernel did with a signal that it generated (TRACE_SIGNAL_DELIVERED and
// the following of the kernel's include/trace/events/signal.h).
type SignalResult int

// The results.
const (
	SignalDelivered SignalResult = iota
	// SignalIgnored: it has no effect, because the process ignores it, or is an init without a
	// handler for it.
	SignalIgnored
	// SignalAlreadyPending: the same signal waits already, and both become one.
	SignalAlreadyPending
	// SignalOverflow: a real-time signal for which there was no room. The call failed.
	SignalOverflow
	// SignalLostInfo: it is delivered without saying where it came from.
	SignalLostInfo
)

// SignalHandler is the disposition of a signal (signal(7)).
type SignalHandler int

// The dispositions.
const (
	HandlerDefault SignalHandler = iota
	HandlerIgnore
	HandlerCaught
)

// TracedProcess is a process as the kernel described it in an event.
type TracedProcess struct {
	Key
	// TID is the thread that took part.
	TID int
	// PIDs are its numbers in the PID namespaces that it is in, outermost first, from the reader's
	// on. There are none if it is not in the reader's namespace. PIDNamespaces are the inodes of
	// these namespaces. At most eight of Levels are known, the outermost.
	PIDs          []int
	PIDNamespaces []uint64
	Levels        int
	// UID is its real user ID in the initial user namespace.
	UID  uint32
	Comm string
	// Exiting is true if it is about to exit. KernelThread is true for threads of the kernel.
	Exiting, KernelThread bool
	// Cgroups are the paths of its control groups below the root of the hierarchy, that of cgroup
	// v2 first, then that of the pids controller of v1. Of deep ones only the end is known.
	Cgroups []string
}

// Traced is a process of a capture as events describe it, as far as that is known.
func (p *Process) Traced() TracedProcess {
	of := TracedProcess{Key: p.Key, TID: p.PID, PIDs: p.NSPIDs, Levels: len(p.NSPIDs), Comm: p.Comm, PIDNamespaces: make([]uint64, len(p.NSPIDs))}
	for _, group := range p.Cgroups.Or(nil) {
		of.Cgroups = append(of.Cgroups, group.Path)
	}
	if inode, known := p.Namespace(PIDNamespace).Get(); known && len(p.NSPIDs) > 0 {
		of.PIDNamespaces[len(p.NSPIDs)-1] = inode
	}
	return of
}

// TracedAncestor is an ancestor of a process in an event.
type TracedAncestor struct {
	Key
	UID  uint32
	Comm string
}

// PIDNamespace is the namespace that the process is in, and its PID there. They are 0 if they are
// not known.
func (p *TracedProcess) PIDNamespace() (inode uint64, pid int) {
	n := len(p.PIDs)
	if n == 0 || n != p.Levels {
		return 0, 0
	}
	return p.PIDNamespaces[n-1], p.PIDs[n-1]
}

// IsInitOf reports whether the process is PID 1 of a PID namespace that the other one is in.
func (p *TracedProcess) IsInitOf(other *TracedProcess) bool {
	inode, pid := p.PIDNamespace()
	if pid != 1 {
		return false
	}
	return slices.Contains(other.PIDNamespaces, inode)
}
