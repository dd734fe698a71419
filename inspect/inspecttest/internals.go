package inspecttest

import "github.com/docker-pidns/docker-pidns/procfs"

// Internal gives a process what the kernel's own iterator tells of it: nothing out
// of the ordinary, but for the changes.
func Internal(changes ...func(*procfs.Internals)) Change {
	return func(p *procfs.Process) {
		i := procfs.Internals{Threads: []procfs.ThreadMasks{{TID: p.PID, Blocked: p.Signals.Blocked}}}
		for _, f := range changes {
			f(&i)
		}
		p.Internals = procfs.Some(i)
	}
}

// Resetting has handlers with SA_RESETHAND for these signals.
func Resetting(n ...int) func(*procfs.Internals) {
	return func(i *procfs.Internals) { i.Resetting = Signals(n...) }
}

// Undeferred has handlers with SA_NODEFER for these signals.
func Undeferred(n ...int) func(*procfs.Internals) {
	return func(i *procfs.Internals) { i.Undeferred = Signals(n...) }
}

// Awaits has the main thread await these signals (real_blocked).
func Awaits(n ...int) func(*procfs.Internals) {
	return func(i *procfs.Internals) { i.Threads[0].Awaited = Signals(n...) }
}

// AwaitsInThread has another thread await these signals.
func AwaitsInThread(n ...int) func(*procfs.Internals) {
	return func(i *procfs.Internals) {
		i.Threads = append(i.Threads, procfs.ThreadMasks{TID: 999, Awaited: Signals(n...)})
	}
}

// NoChildWait has set SA_NOCLDWAIT.
func NoChildWait(i *procfs.Internals) { i.NoChildWait = true }

// IsSubreaper is a child subreaper (PR_SET_CHILD_SUBREAPER).
func IsSubreaper(i *procfs.Internals) { i.Subreaper = true }
