package inspecttest

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Signals is the set of these signal numbers.
func Signals(numbers ...int) procfs.SignalSet {
	var set procfs.SignalSet
	for _, n := range numbers {
		set |= 1 << (n - 1)
	}
	return set
}

// Caught gives the process handlers for these signals (SigCgt).
func Caught(n ...int) Change { return func(p *procfs.Process) { p.Signals.Caught = Signals(n...) } }

// Ignored has the process ignore these signals (SigIgn).
func Ignored(n ...int) Change { return func(p *procfs.Process) { p.Signals.Ignored = Signals(n...) } }

// Blocked has the process block these signals (SigBlk).
func Blocked(n ...int) Change { return func(p *procfs.Process) { p.Signals.Blocked = Signals(n...) } }

// InGroup puts the process into a process group.
func InGroup(pgid int) Change { return func(p *procfs.Process) { p.PGID = pgid } }

// Sleeping is a thread in a system call that ends only when something happens.
func Sleeping(call string) procfs.ThreadAttention {
	return procfs.ThreadAttention{
		State: "S", Syscall: procfs.Some(procfs.Syscall{Name: call}),
		Awaited: procfs.None[procfs.SignalSet](procfs.NotHeld), TimeoutNS: procfs.None[int64](procfs.NotHeld),
	}
}

// Waiting is a thread that waits for one child, or for any.
func Waiting(call string, forAny bool) procfs.ThreadAttention {
	t := Sleeping(call)
	args := [6]uint64{7}
	if forAny {
		args[0] = 1<<32 - 1
	}
	t.Syscall = procfs.Some(procfs.Syscall{Name: call, Args: args})
	return t
}

// Resumed is a thread whose sleep was interrupted, as docker pause does: how much
// of it is left nobody can read.
func Resumed() procfs.ThreadAttention {
	t := Sleeping("restart_syscall")
	t.TimeoutNS = procfs.None[int64](procfs.Unsupported)
	return t
}

// Calling is a thread in a system call with these arguments.
func Calling(call string, args ...uint64) procfs.ThreadAttention {
	t := Sleeping(call)
	syscall := procfs.Syscall{Name: call}
	copy(syscall.Args[:], args)
	t.Syscall = procfs.Some(syscall)
	return t
}

// SleepingFor is a thread in a system call that ends after d at the latest.
func SleepingFor(call string, d time.Duration) procfs.ThreadAttention {
	t := Sleeping(call)
	t.TimeoutNS = procfs.Some(int64(d))
	return t
}

// Awaiting is a thread that takes these signals from sigtimedwait(2).
func Awaiting(n ...int) procfs.ThreadAttention {
	t := Sleeping("rt_sigtimedwait")
	t.Awaited = procfs.Some(Signals(n...))
	return t
}

// Attending changes what a process listens to.
type Attending = func(*procfs.Attention)

// Attend says what a process of the world listens to: it is readable, and its
// main thread sleeps in pause unless a change says otherwise.
func (w *World) Attend(pid int, change ...Attending) *World {
	var p *procfs.Process
	for i := range w.Snapshot.Processes {
		if w.Snapshot.Processes[i].PID == pid {
			p = &w.Snapshot.Processes[i]
		}
	}
	a := procfs.Attention{
		Key: p.Key, SignalFDs: procfs.Some([]procfs.SignalSet{}), Stdin: procfs.Some(procfs.Descriptor{Path: "/dev/null"}),
		Program: procfs.Some(procfs.Program{Path: "/bin/" + p.Comm, Bits: 64, Waits: procfs.Some([]string{})}),
		Threads: []procfs.ThreadAttention{Sleeping("pause")},
	}
	for _, f := range change {
		f(&a)
	}
	for i := range a.Threads {
		t := &a.Threads[i]
		if i == 0 {
			t.TID, t.Blocked = p.PID, p.Signals.Blocked
		} else {
			t.TID = 1000*p.PID + i
		}
	}
	w.Capture.Attention = append(w.Capture.Attention, a)
	return w
}

// Asleep gives the process these threads, the main one first.
func Asleep(list ...procfs.ThreadAttention) Attending {
	return func(a *procfs.Attention) { a.Threads = list }
}

// Runs lets the executable hold these marks, and wait for children.
func Runs(marks ...string) Attending {
	return func(a *procfs.Attention) {
		p := a.Program.Or(procfs.Program{})
		p.Marks, p.Waits = marks, procfs.Some([]string{"waitpid"})
		a.Program = procfs.Some(p)
	}
}

// WithSignalFD gives the process a signalfd(2) for these signals.
func WithSignalFD(n ...int) Attending {
	return func(a *procfs.Attention) { a.SignalFDs = procfs.Some([]procfs.SignalSet{Signals(n...)}) }
}

// Script is the text that a shell executes.
func Script(text string) Attending {
	return func(a *procfs.Attention) { a.Script = procfs.Some(text) }
}

// OnTerminal has the process read from a terminal.
func OnTerminal(a *procfs.Attention) {
	a.Stdin = procfs.Some(procfs.Descriptor{Path: "/dev/pts/0"})
}

// Denied leaves what an ordinary user sees of other users' processes: the masks of
// their threads, and no more.
func Denied(a *procfs.Attention) {
	a.SignalFDs = procfs.None[[]procfs.SignalSet](procfs.Denied)
	a.Program = procfs.None[procfs.Program](procfs.Denied)
	for i := range a.Threads {
		t := &a.Threads[i]
		t.Syscall, t.Awaited, t.TimeoutNS = procfs.None[procfs.Syscall](procfs.Denied), procfs.None[procfs.SignalSet](procfs.Denied), procfs.None[int64](procfs.Denied)
	}
}

// The marks by which programs are recognised.
var (
	BashMarks = []string{"BASH_VERSINFO", "CDPATH", "OPTIND"}
	DashMarks = []string{"turning off NDELAY mode"}
	TiniMarks = []string{"tini version "}
	NodeMarks = []string{"napi_module_register"}
)

// Alone is a container whose PID 1 is process 101 with these changes.
func Alone(comm string, change ...Change) *World {
	return NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a")).
		Process(101, 100, comm, append([]func(*procfs.Process){In("a", 1), NS(7)}, change...)...)
}

// Term is the stop signal that most containers have.
const Term = procfs.SIGTERM

// Pending has these signals wait to be delivered to the process (ShdPnd, SigPnd).
func Pending(n ...int) Change { return func(p *procfs.Process) { p.Signals.Pending = Signals(n...) } }

// TracedBy has the process with this host PID trace it.
func TracedBy(pid int) Change { return func(p *procfs.Process) { p.TracerPID = pid } }

// Unsettled has the main thread not stand still while it was read.
func Unsettled(a *procfs.Attention) { a.Threads[0].Unsettled = true }

// Finishing is an init that has ended and waits in the kernel for its PID namespace to
// be empty.
func Finishing(a *procfs.Attention) { a.Threads[0].WaitChannel = procfs.Some("zap_pid_ns_processes") }

// Later is what the process had told the kernel when it was asked what it listens to,
// which was after its status was read.
func Later(caught, ignored procfs.SignalSet) Attending {
	return func(a *procfs.Attention) { a.Handling = &procfs.Handling{Caught: caught, Ignored: ignored} }
}

// Linked maps shared libraries into the process.
func Linked(libraries ...string) Attending {
	return func(a *procfs.Attention) {
		p := a.Program.Or(procfs.Program{})
		p.Libraries = libraries
		a.Program = procfs.Some(p)
	}
}

// CannotWait lets the executable use no function that waits for children.
func CannotWait(a *procfs.Attention) {
	p := a.Program.Or(procfs.Program{})
	p.Waits = procfs.Some([]string{})
	a.Program = procfs.Some(p)
}

// As has the process run as this user (Uid).
func As(uid int) Change {
	return func(p *procfs.Process) {
		p.UIDs = procfs.UIDs{Real: uid, Effective: uid, Saved: uid, FS: uid}
	}
}

// Capabilities are its effective ones (CapEff).
func Capabilities(c procfs.Capabilities) Change {
	return func(p *procfs.Process) { p.Effective = procfs.Some(c) }
}

// UserNS puts the process into the user namespace with this inode number.
func UserNS(inode uint64) Change {
	return func(p *procfs.Process) { p.Namespaces[procfs.UserNamespace] = procfs.Some(inode) }
}
