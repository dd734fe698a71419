package procfs

// Internals is what the kernel knows of a process and shows in no file of /proc.
// Only package taskiter reads it.
type Internals struct {
	// Subreaper: it adopts the orphans below it, as prctl(2) has it with
	// PR_SET_CHILD_SUBREAPER (signal->is_child_subreaper).
	Subreaper bool
	// Unkillable: the kernel drops what has no handler, as it does for the init of
	// a PID namespace (SIGNAL_UNKILLABLE in signal->flags).
	Unkillable bool
	// NoChildWait: it leaves no zombies, since its action for SIGCHLD has
	// SA_NOCLDWAIT (sighand->action).
	NoChildWait bool
	// Resetting are the signals whose handler is good for one time, after which the
	// default action is back: SA_RESETHAND (sighand->action).
	Resetting SignalSet
	// Undeferred are the signals whose handler they interrupt themselves: SA_NODEFER.
	// With SA_RESETHAND that is what signal(2) of System V installs for everybody.
	Undeferred SignalSet
	// Threads are the masks of all threads, the main one first.
	Threads []ThreadMasks
	// Partial: they are of a survey, which does not ask for Resetting, Undeferred
	// and Threads.
	Partial bool `json:",omitzero"`
}

// ThreadMasks are the signals that one thread holds back.
type ThreadMasks struct {
	// TID is the thread's number in the /proc that was read.
	TID int
	// Blocked are those that it blocks at the moment (task->blocked).
	Blocked SignalSet
	// Awaited are those that it awaits in sigtimedwait(2) and blocks otherwise: the
	// kernel does not count them as blocked meanwhile (task->real_blocked less
	// task->blocked).
	Awaited SignalSet
}
