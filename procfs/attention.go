package procfs

// Attention is what a process listens to beside what its masks say: signals
// that it awaits by a system call or reads from a file descriptor, and what its
// threads wait for.
type Attention struct {
	Key
	// Ended: it was gone by the time it was asked; nothing else is held then.
	Ended bool `json:",omitzero"`
	// Handling is what the process had told the kernel to do when it was asked; nil
	// if that could not be read.
	Handling *Handling `json:",omitzero"`
	// Threads are all threads, the main one first, and ThreadsCut says that there are
	// more, of which nothing is known.
	Threads    []ThreadAttention
	ThreadsCut bool `json:",omitzero"`
	// SignalFDs are the sets that it reads by signalfd(2), one for each
	// descriptor (/proc/PID/fdinfo/FD sigmask).
	SignalFDs Opt[[]SignalSet]
	// Stdin is what file descriptor 0 is (/proc/PID/fd/0, fdinfo/0 mnt_id).
	Stdin Opt[Descriptor]
	// Script is the text file that its first arguments name, as a shell's do that
	// was started with a script (/proc/PID/cmdline, root, cwd): not held where they
	// name none, or a long one; denied where the process itself may not read the file;
	// unread of programs whose script nobody wants.
	Script Opt[string] `json:",omitzero"`
	// Clients is how many connections there are to TCP ports at which somebody listens in
	// its network namespace (/proc/PID/net/tcp, net/tcp6), as far as the beginning of these
	// files tells: unread of programs of which nobody wants to know.
	Clients Opt[int] `json:",omitzero"`
	// Program is what was found in its executable.
	Program Opt[Program]
}

// Handling are the masks of /proc/PID/status that all threads have in common: the
// signals that are ignored (SigIgn) and those that have a handler (SigCgt).
type Handling struct {
	Ignored, Caught SignalSet
}

// ThreadAttention is one thread's part.
type ThreadAttention struct {
	// TID is the thread's number in the /proc that was read.
	TID int
	// State is its state (/proc/PID/task/TID/status State).
	State State
	// WaitChannel is the kernel function in which it sleeps
	// (/proc/PID/task/TID/wchan); not held where it does not sleep, denied where the
	// kernel writes 0 for want of rights. Read of main threads, and of those in
	// state D.
	WaitChannel Opt[string] `json:",omitzero"`
	// Sleeps is how often it has gone to sleep by itself
	// (/proc/PID/task/TID/status voluntary_ctxt_switches): two looks with the same
	// number saw one sleep.
	Sleeps Opt[int] `json:",omitzero"`
	// Pending are the signals that wait for this thread (SigPnd), Blocked those
	// that it blocks (SigBlk). While it awaits signals in sigtimedwait, the
	// kernel shows these as not blocked.
	Pending, Blocked SignalSet
	// Unsettled: it did not stay in one system call while it was read, so that it
	// may have awaited signals at a moment that was not seen. Blocked is then what
	// any look showed.
	Unsettled bool `json:",omitzero"`
	// Syscall is the call that it sleeps in (/proc/PID/task/TID/syscall).
	Syscall Opt[Syscall]
	// Awaited are the signals that it awaits in sigtimedwait(2): the set that the
	// call's first argument points to (/proc/PID/mem). Not held in other calls.
	Awaited Opt[SignalSet]
	// TimeoutNS is the time after which a call that waits for files or time
	// returns by itself, in nanoseconds as the caller gave it: not held where it
	// waits without end or in no such call.
	TimeoutNS Opt[int64]
}

// Descriptor is an open file.
type Descriptor struct {
	// Path is the link's target (/proc/PID/fd/N).
	Path string
	// MountID is the mount that it was opened through (fdinfo/N mnt_id).
	MountID int
}
