package inspect

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func signals(numbers ...int) procfs.SignalSet {
	var set procfs.SignalSet
	for _, n := range numbers {
		set |= 1 << (n - 1)
	}
	return set
}

func caught(n ...int) change { return func(p *procfs.Process) { p.Signals.Caught = signals(n...) } }

func ignored(n ...int) change { return func(p *procfs.Process) { p.Signals.Ignored = signals(n...) } }

func blocked(n ...int) change { return func(p *procfs.Process) { p.Signals.Blocked = signals(n...) } }

func inGroup(pgid int) change { return func(p *procfs.Process) { p.PGID = pgid } }

// sleeping is a thread in a system call that ends only when something happens.
func sleeping(call string) procfs.ThreadAttention {
	return procfs.ThreadAttention{
		State: "S", Syscall: procfs.Some(procfs.Syscall{Name: call}),
		Awaited: procfs.None[procfs.SignalSet](procfs.NotHeld), TimeoutNS: procfs.None[int64](procfs.NotHeld),
	}
}

func waiting(call string, forAny bool) procfs.ThreadAttention {
	t := sleeping(call)
	args := [6]uint64{7}
	if forAny {
		args[0] = 1<<32 - 1
	}
	t.Syscall = procfs.Some(procfs.Syscall{Name: call, Args: args})
	return t
}

// resumed is a thread whose sleep was interrupted, as docker pause does: how much
// of it is left nobody can read.
func resumed() procfs.ThreadAttention {
	t := sleeping("restart_syscall")
	t.TimeoutNS = procfs.None[int64](procfs.Unsupported)
	return t
}

// calling is a thread in a system call with these arguments.
func calling(call string, args ...uint64) procfs.ThreadAttention {
	t := sleeping(call)
	syscall := procfs.Syscall{Name: call}
	copy(syscall.Args[:], args)
	t.Syscall = procfs.Some(syscall)
	return t
}

func sleepingFor(call string, d time.Duration) procfs.ThreadAttention {
	t := sleeping(call)
	t.TimeoutNS = procfs.Some(int64(d))
	return t
}

func awaiting(n ...int) procfs.ThreadAttention {
	t := sleeping("rt_sigtimedwait")
	t.Awaited = procfs.Some(signals(n...))
	return t
}

type attend = func(*procfs.Attention)

// attention says what a process of the world listens to: it is readable, and its
// main thread sleeps in pause unless a change says otherwise.
func (w *world) attention(pid int, change ...attend) *world {
	var p *procfs.Process
	for i := range w.Snapshot.Processes {
		if w.Snapshot.Processes[i].PID == pid {
			p = &w.Snapshot.Processes[i]
		}
	}
	a := procfs.Attention{
		Key: p.Key, SignalFDs: procfs.Some([]procfs.SignalSet{}), Stdin: procfs.Some(procfs.Descriptor{Path: "/dev/null"}),
		Program: procfs.Some(procfs.Program{Path: "/bin/" + p.Comm, Bits: 64, Waits: procfs.Some([]string{})}),
		Threads: []procfs.ThreadAttention{sleeping("pause")},
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
	w.Attention = append(w.Attention, a)
	return w
}

func asleep(list ...procfs.ThreadAttention) attend {
	return func(a *procfs.Attention) { a.Threads = list }
}

func runs(marks ...string) attend {
	return func(a *procfs.Attention) {
		p := a.Program.Or(procfs.Program{})
		p.Marks, p.Waits = marks, procfs.Some([]string{"waitpid"})
		a.Program = procfs.Some(p)
	}
}

func withSignalFD(n ...int) attend {
	return func(a *procfs.Attention) { a.SignalFDs = procfs.Some([]procfs.SignalSet{signals(n...)}) }
}

func script(text string) attend {
	return func(a *procfs.Attention) { a.Script = procfs.Some(text) }
}

func onTerminal(a *procfs.Attention) {
	a.Stdin = procfs.Some(procfs.Descriptor{Path: "/dev/pts/0"})
}

// denied: an ordinary user sees the masks of other users' threads, and no more.
func denied(a *procfs.Attention) {
	a.SignalFDs = procfs.None[[]procfs.SignalSet](procfs.Denied)
	a.Program = procfs.None[procfs.Program](procfs.Denied)
	for i := range a.Threads {
		t := &a.Threads[i]
		t.Syscall, t.Awaited, t.TimeoutNS = procfs.None[procfs.Syscall](procfs.Denied), procfs.None[procfs.SignalSet](procfs.Denied), procfs.None[int64](procfs.Denied)
	}
}

var (
	bashMarks = []string{"BASH_VERSINFO", "CDPATH", "OPTIND"}
	dashMarks = []string{"turning off NDELAY mode"}
	tiniMarks = []string{"tini version "}
	nodeMarks = []string{"napi_module_register"}
)

// alone is a container whose PID 1 is process 101 with these changes.
func alone(comm string, change ...change) *world {
	return newWorld().container("demo", "a", 101).process(100, 1, "containerd-shim", shimOf("a")).
		process(101, 100, comm, append([]func(*procfs.Process){in("a", 1), ns(7)}, change...)...)
}

const term = procfs.SIGTERM
