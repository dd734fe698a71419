package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// internal gives a process what the kernel's own iterator tells of it: nothing out
// of the ordinary, but for the changes.
func internal(changes ...func(*procfs.Internals)) change {
	return func(p *procfs.Process) {
		i := procfs.Internals{Threads: []procfs.ThreadMasks{{TID: p.PID, Blocked: p.Signals.Blocked}}}
		for _, f := range changes {
			f(&i)
		}
		p.Internals = procfs.Some(i)
	}
}

func resetting(n ...int) func(*procfs.Internals) {
	return func(i *procfs.Internals) { i.Resetting = signals(n...) }
}

func undeferred(n ...int) func(*procfs.Internals) {
	return func(i *procfs.Internals) { i.Undeferred = signals(n...) }
}

func awaits(n ...int) func(*procfs.Internals) {
	return func(i *procfs.Internals) { i.Threads[0].Awaited = signals(n...) }
}

func awaitsInThread(n ...int) func(*procfs.Internals) {
	return func(i *procfs.Internals) {
		i.Threads = append(i.Threads, procfs.ThreadMasks{TID: 999, Awaited: signals(n...)})
	}
}

func noChildWait(i *procfs.Internals) { i.NoChildWait = true }

func isSubreaper(i *procfs.Internals) { i.Subreaper = true }
