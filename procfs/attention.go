package procfs

// Attention is how a process handles signals beyond its masks: signals that it waits for by a
// system call or reads from a file descriptor, and what its threads wait for.
type Attention struct {
	Key
	// Ended is true if the process was gone when it was read. Then nothing else is held.
	Ended bool `json:",omitzero"`
	// Handling is the signal handling of the process when it was read, nil if that could not
	// be read.
	Handling *Handling `json:",omitzero"`
	// Threads are all threads, the main thread first. ThreadsCut is true if there are more,
	// which were not read.
	Threads    []ThreadAttention
	ThreadsCut bool `json:",omitzero"`
	// SignalFDs are the sets that it reads by signalfd(2), one for each
	// descriptor (/proc/PID/fdinfo/FD sigmask).
	SignalFDs Opt[[]SignalSet]
	// Stdin is what file descriptor 0 is (/proc/PID/fd/0, fdinfo/0 mnt_id).
	Stdin Opt[Descriptor]
	// Script is the text file that its first arguments name, as for a shell that was started
	// with a script (/proc/PID/cmdline, root, cwd). It is not held if they name none, or a
	// long one. It is denied if the process itself may not read the file. It is unread for
	// programs whose script is not needed.
	Script Opt[string] `json:",omitzero"`
	// Clients is the number of connections to listening TCP ports in its network namespace
	// (/proc/PID/net/tcp, net/tcp6), as far as the beginning of these files shows them. It is
	// unread for programs for which it is not needed.
	Clients Opt[int] `json:",omitzero"`
	// Program is what was found in its executable.
	Program Opt[Program]
}

// Handling are the masks of /proc/PID/status that all threads have in common: the
// signals that are ignored (SigIgn) and those that have a handler (SigCgt).
type Handling struct {
	Ignored, Caught SignalSet
}

// ThreadAttention is how one thread handles signals.
type ThreadAttention struct {
	// TID is the thread's number in the /proc that was read.
	TID int
	// State is its state (/proc/PID/task/TID/status State).
	State State
	// WaitChannel is the kernel function in which it sleeps (/proc/PID/task/TID/wchan). It is
	// not held if the thread does not sleep, and denied if the kernel writes 0 for lack of
	// rights. It is read for main threads, and for threads in state D.
	WaitChannel Opt[string] `json:",omitzero"`
	// Sleeps is how often the thread has gone to sleep by itself (/proc/PID/task/TID/status
	// voluntary_ctxt_switches). Two looks with the same number saw one sleep.
	Sleeps Opt[int] `json:",omitzero"`
	// Pending are the signals that wait for this thread (SigPnd), and Blocked the signals that
	// it blocks (SigBlk). While it waits for signals in sigtimedwait, the kernel shows these
	// as not blocked.
	Pending, Blocked SignalSet
	// Unsettled is true if the thread did not stay in one system call while it was read. Then
	// it may have waited for signals at a moment that was not seen. Blocked is then what any
	// look showed.
	Unsettled bool `json:",omitzero"`
	// Syscall is the system call in which it sleeps (/proc/PID/task/TID/syscall).
	Syscall Opt[Syscall]
	// Awaited are the signals for which it waits in sigtimedwait(2): the set at the first
	// argument of the call (/proc/PID/mem). It is not held in other calls.
	Awaited Opt[SignalSet]
	// TimeoutNS is the time after which a call that waits for files or time returns by itself,
	// in nanoseconds as the caller gave it. It is not held if the call waits without limit, or
	// is another call.
	TimeoutNS Opt[int64]
}

// Descriptor is an open file.
type Descriptor struct {
	// Path is the link's target (/proc/PID/fd/N).
	Path string
	// MountID is the mount that it was opened through (fdinfo/N mnt_id).
	MountID int
}
