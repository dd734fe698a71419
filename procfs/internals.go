package procfs

// Internals is what the kernel knows of a process and no file of /proc shows. Only package
// taskiter reads it.
type Internals struct {
	// Subreaper is true if orphans below the process are reparented to it, as prctl(2) sets it
	// with PR_SET_CHILD_SUBREAPER (signal->is_child_subreaper).
	Subreaper bool
	// Unkillable is true if the kernel discards signals without a handler, as for the init of
	// a PID namespace (SIGNAL_UNKILLABLE in signal->flags).
	Unkillable bool
	// NoChildWait is true if the process leaves no zombies, because its action for SIGCHLD has
	// SA_NOCLDWAIT (sighand->action).
	NoChildWait bool
	// Resetting are the signals whose handler runs only once, and is then replaced by the
	// default action: SA_RESETHAND (sighand->action).
	Resetting SignalSet
	// Undeferred are the signals that can interrupt their own handler: SA_NODEFER. With
	// SA_RESETHAND, that is what signal(2) of System V installs in every program.
	Undeferred SignalSet
	// Threads are the masks of all threads, the main one first.
	Threads []ThreadMasks
	// Partial is true if they are from a survey, which does not read Resetting, Undeferred and
	// Threads.
	Partial bool `json:",omitzero"`
}

// ThreadMasks are the signals that one thread blocks or waits for.
type ThreadMasks struct {
	// TID is the thread's number in the /proc that was read.
	TID int
	// Blocked are the signals that it blocks at the moment (task->blocked).
	Blocked SignalSet
	// Awaited are the signals for which it waits in sigtimedwait(2), and which it blocks
	// otherwise. The kernel does not count them as blocked meanwhile (task->real_blocked less
	// task->blocked).
	Awaited SignalSet
}
