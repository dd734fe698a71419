package procfs

import "slices"

// Key identifies a process as long as the host is up. A PID alone does not, because the kernel
// reuses it.
type Key struct {
	// PID is the process's number in the PID namespace of the /proc that was
	// read (/proc/PID).
	PID int
	// StartTicks is the time of its start in clock ticks (1/100 s) since boot
	// (/proc/PID/stat field 22).
	StartTicks uint64
}

// ZombieSeen is a zombie at a second look: the same process, and its parent at that time.
type ZombieSeen struct {
	Key
	// ParentPID is the parent's PID (/proc/PID/stat field 4).
	ParentPID int
}

// Thread is a thread other than the main one, by the status of its TID.
type Thread struct {
	// PID is the process that it belongs to (/proc/TID/status Tgid).
	PID int
	// NSPIDs is its TID in each nested PID namespace, outermost first (NSpid).
	NSPIDs []int
}

// ApartThread is a thread that is in other namespaces than its process, whose
// namespaces are those of the main thread.
type ApartThread struct {
	// TID is the thread's number in the /proc that was read
	// (/proc/PID/task/TID).
	TID int
	// NSPIDs is its TID in each nested PID namespace, outermost first
	// (/proc/PID/task/TID/status NSpid).
	NSPIDs []int
	// Namespaces are the inode numbers of those that differ
	// (/proc/PID/task/TID/ns/*).
	Namespaces map[NamespaceType]uint64
}

// State is the one-letter process state of /proc/PID/stat field 3.
type State string

// The states that matter here. The others (S, I, ...) are kept as the kernel wrote them.
const (
	StateZombie  State = "Z"
	StateStopped State = "T"
	StateTraced  State = "t"
	// StateUninterruptible is also the state of processes in a frozen group of cgroup v1.
	StateUninterruptible State = "D"
	// StateDead is the state of a process that is reaped while it is read.
	StateDead State = "X"
)

// UIDs are the four user IDs of /proc/PID/status "Uid", as the user namespace
// of the reader sees them.
type UIDs struct {
	Real, Effective, Saved, FS int
}

// Signals are the signal masks of /proc/PID/status. The masks of a zombie are those that it had
// while it lived.
type Signals struct {
	// Pending are the signals waiting for the process as a whole (ShdPnd).
	Pending SignalSet
	// Blocked are the signals that the main thread blocks (SigBlk).
	Blocked SignalSet
	// Ignored are the signals that are ignored (SigIgn).
	Ignored SignalSet
	// Caught are the signals that have a handler (SigCgt).
	Caught SignalSet
}

// Process is what /proc showed of one process at one moment.
type Process struct {
	Key
	// StatOnly is true if only its stat was read, and at most its PID namespace and control
	// groups. Values of other files are unread, including NSPIDs.
	StatOnly bool `json:",omitzero"`
	// ParentPID is the parent's PID in the same /proc; 0 for the host's first
	// process and for kernel threads (/proc/PID/stat field 4).
	ParentPID int
	// State is the state of the main thread (/proc/PID/stat field 3).
	State State
	// Comm is the name the process gave itself, at most 15 bytes, any bytes
	// (/proc/PID/stat field 2).
	Comm string
	// Threads is the number of threads, the main one included; 1 for a zombie
	// (/proc/PID/stat field 20).
	Threads int
	// KernelThread is true if it has no user space (/proc/PID/stat field 9, PF_KTHREAD).
	KernelThread bool `json:",omitzero"`
	// PGID and SID are its process group and session in the same /proc. They
	// outlive the processes they are named after (/proc/PID/stat fields 5, 6).
	PGID int
	SID  int
	// NSPIDs is its PID in each nested PID namespace, outermost first
	// (/proc/PID/status NSpid). The first equals PID.
	NSPIDs []int
	// NSSIDs is its session ID in the same namespaces (NSsid). It is 0 if the session began
	// outside of that namespace.
	NSSIDs []int `json:",omitzero"`
	// TracerPID is the process that traces it by ptrace(2), or 0
	// (/proc/PID/status TracerPid).
	TracerPID int `json:",omitzero"`
	// UIDs are its user IDs (/proc/PID/status Uid).
	UIDs UIDs
	// Signals are its signal masks (/proc/PID/status).
	Signals Signals
	// Args is its argument vector, which it may overwrite itself
	// (/proc/PID/cmdline); not held by zombies and kernel threads.
	Args Opt[[]string] `json:",omitzero"`
	// ArgsCut is true if it has more arguments than Args, which has only those within
	// [MostCmdline].
	ArgsCut bool `json:",omitzero"`
	// WaitStatus is how a zombie exited (/proc/PID/stat field 52). Only zombies hold it. It is
	// denied without the right to trace, because the kernel then shows 0.
	WaitStatus Opt[WaitStatus] `json:",omitzero"`
	// Namespaces are the inode numbers of /proc/PID/ns/*. A missing type was not read.
	Namespaces map[NamespaceType]Opt[uint64] `json:",omitzero"`
	// Apart are the threads that are in other namespaces, as far as the types in
	// Namespaces were read and held.
	Apart []ApartThread `json:",omitzero"`
	// UIDMap is the map of its user namespace (/proc/PID/uid_map).
	UIDMap Opt[[]IDMapping] `json:",omitzero"`
	// Cgroups are its control groups, one for each hierarchy
	// (/proc/PID/cgroup).
	Cgroups Opt[[]Cgroup] `json:",omitzero"`
	// EtcMounts are the files that are mounted over /etc/hostname, /etc/hosts and
	// /etc/resolv.conf, as ParseEtcMounts has them; not held by zombies
	// (/proc/PID/mountinfo).
	EtcMounts Opt[[]string] `json:",omitzero"`
	// MaxProcesses is its soft RLIMIT_NPROC (/proc/PID/limits). It is not held if it is
	// unlimited, or for a zombie, which cannot fork.
	MaxProcesses Opt[int] `json:",omitzero"`
	// Effective are its effective capabilities, in its own user namespace
	// (/proc/PID/status CapEff).
	Effective Opt[Capabilities] `json:",omitzero"`
	// Internals are facts that no file shows. They are unread unless a collector has read them
	// from the kernel, and not held by kernel threads.
	Internals Opt[Internals] `json:",omitzero"`
}

// IsZombie reports whether the whole process has exited and waits to be reaped. State Z alone
// does not prove it: a main thread that has exited has it too while other threads still run.
func (p *Process) IsZombie() bool { return p.State == StateZombie && p.Threads <= 1 }

// MainThreadExited reports whether the main thread has exited while other threads of the
// process still run.
func (p *Process) MainThreadExited() bool { return p.State == StateZombie && p.Threads > 1 }

// Namespace returns the inode number of the process's namespace of type t.
func (p *Process) Namespace(t NamespaceType) Opt[uint64] { return p.Namespaces[t] }

// InnermostPID is the process's PID in its own PID namespace.
func (p *Process) InnermostPID() int {
	if len(p.NSPIDs) == 0 {
		return 0
	}
	return p.NSPIDs[len(p.NSPIDs)-1]
}

// Depth is the number of PID namespaces between the /proc that was read and
// the process: 0 for a process of the same namespace.
func (p *Process) Depth() int { return max(len(p.NSPIDs)-1, 0) }

// LeadsSession reports whether the process is its session's leader.
func (p *Process) LeadsSession() bool { return p.SID == p.PID }

// SortProcesses sorts by PID.
func SortProcesses(ps []Process) {
	if !slices.IsSortedFunc(ps, func(a, b Process) int { return a.PID - b.PID }) {
		SortLarge(ps, func(a, b *Process) int { return a.PID - b.PID })
	}
}

// SortLarge sorts large values, and keeps the order of equal ones. It sorts pointers, because the
// compiler makes the code once for all types of pointers, and the helper has to be small.
func SortLarge[T any](list []T, compare func(a, b *T) int) {
	of := slices.Clone(list)
	order := make([]*T, len(of))
	for i := range of {
		order[i] = &of[i]
	}
	slices.SortStableFunc(order, compare)
	for i, p := range order {
		list[i] = *p
	}
}
