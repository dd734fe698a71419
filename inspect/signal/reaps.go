package signal

import (
	"fmt"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// reaps says whether the init of the process's PID namespace waits for the
// orphans that it adopts, and how that is known.
func reaps(ix *inspect.Index, p *procfs.Process) (inspect.Verdict, string) {
	if p.Depth() == 0 {
		return inspect.Yes, "in the host's PID namespace the shim adopts orphans, and reaps"
	}
	init := ix.InitOf(p)
	if init == nil {
		return inspect.Unknown, "the init of its PID namespace is not known"
	}
	if init.MainThreadExited() {
		return inspect.Unknown, "its main thread has exited, and what is left of it cannot be read"
	}
	if halted := ix.HaltOf(init); halted != inspect.HaltNone {
		return inspect.Unknown, "it is " + string(halted) + ", and waits for nobody now"
	}
	rules := []func(*inspect.Index, *procfs.Process) (inspect.Verdict, string){hasNotReaped, kernelReaps, waitsForAny, programReaps, cannotReap, listensToChildren}
	if programOf(ix, init).isShell() {
		rules = append(rules[:3:3], shellReaps)
	}
	for _, rule := range rules {
		if verdict, why := rule(ix, init); verdict != inspect.Unknown {
			return verdict, why
		}
	}
	if ix.Attention(init) == nil || !programOf(ix, init).readable {
		return inspect.Unknown, "it takes the right to trace PID 1 to tell"
	}
	if heard := Hear(ix, init, procfs.SIGCHLD); heard.How == HearingDropped && leavesNoZombies(init) == inspect.Unknown {
		return inspect.Unknown, "it does not listen to SIGCHLD; whether it has asked the kernel to reap for it (SA_NOCLDWAIT) /proc does not show"
	}
	return inspect.Unknown, "nothing tells before it has an orphan to wait for"
}

// hasNotReaped: it has adopted zombies that were there at both looks.
func hasNotReaped(ix *inspect.Index, init *procfs.Process) (inspect.Verdict, string) {
	n := 0
	for _, child := range ix.Children(init.PID) {
		if _, still := ix.SeenAgain(child); still && ix.IsAdopted(child) {
			n++
		}
	}
	switch {
	case n == 0:
		return inspect.Unknown, ""
	case n == 1:
		return inspect.No, "it has not waited for a zombie that it adopted"
	default:
		return inspect.No, fmt.Sprintf("it has not waited for %d zombies that it adopted", n)
	}
}

// kernelReaps: for a process that ignores SIGCHLD the kernel leaves no zombies.
func kernelReaps(ix *inspect.Index, init *procfs.Process) (inspect.Verdict, string) {
	if init.Signals.Ignored.Has(procfs.SIGCHLD) {
		return inspect.Yes, "it ignores SIGCHLD, so the kernel leaves it no zombies"
	}
	if leavesNoZombies(init) == inspect.Yes {
		return inspect.Yes, "it has set SA_NOCLDWAIT (" + inspect.FromKernel + "), so the kernel leaves it no zombies"
	}
	return inspect.Unknown, ""
}

// Options of wait4(2) and waitid(2).
const (
	waitExited = 0x4        // WEXITED: for the end, not only for a stop
	waitPeeks  = 0x01000000 // WNOWAIT: what has ended stays a zombie
	waitClone  = 0x80000000 // __WCLONE: only for children that send no SIGCHLD
)

// takesAnyChild: the call takes away whichever child ends.
func takesAnyChild(call procfs.Syscall) bool {
	switch who := uint32(call.Args[0]); call.Name { //nolint:gosec // an int of the system call
	case "wait4":
		return int32(who) == -1 && call.Args[2]&waitClone == 0 //nolint:gosec // likewise
	case "waitid":
		return who == 0 && call.Args[3]&waitExited != 0 && call.Args[3]&(waitPeeks|waitClone) == 0
	default:
		return false
	}
}

// waitsForAny: a thread is in wait4(-1) or waitid(P_ALL).
func waitsForAny(ix *inspect.Index, init *procfs.Process) (inspect.Verdict, string) {
	a := ix.Attention(init)
	if a == nil {
		return inspect.Unknown, ""
	}
	for _, t := range a.Threads {
		call := t.Syscall.Or(procfs.Syscall{})
		if takesAnyChild(call) {
			return inspect.Yes, "it waits for any child (" + call.Name + ")"
		}
	}
	return inspect.Unknown, ""
}

// programReaps is what is known of programs.
func programReaps(ix *inspect.Index, init *procfs.Process) (inspect.Verdict, string) {
	what := programOf(ix, init)
	switch what.kind {
	case kindInit, kindSupervisor:
		return inspect.Yes, what.describe(init) + " is there to reap"
	case kindTool:
		return inspect.No, what.name + " waits for no other child than its own"
	case kindRuby:
		return rubyReaps(ix, init, what)
	case kindNode, kindJava:
		return inspect.No, what.name + " waits only for what it has started itself"
	case kindGo:
		return goProgramReaps(ix, init)
	}
	return inspect.Unknown, ""
}

// waitsByItself: the words by which a Ruby program waits for any child.
var waitsByItself = pattern.Lazy(`(?i)(\bwait|CH?LD\b)`)

// rubyReaps: ruby catches SIGCHLD for everybody, so that it does not tell whether
// the program waits for any child, as some masters of workers do. One that has
// no children does not, nor does one on the command line without a word of it.
func rubyReaps(ix *inspect.Index, init *procfs.Process, what program) (inspect.Verdict, string) {
	script := inlineProgram(init)
	if waitsByItself().MatchString(script) || script == "" && len(ix.LivingChildren(init)) > 0 {
		return inspect.Unknown, ""
	}
	return inspect.No, what.name + " waits only for what it has started itself"
}

// shellReaps: a shell reaps while it waits for a command. While it reads, one
// that is told of a child's end may do so, and dash and BusyBox's do not.
func shellReaps(ix *inspect.Index, init *procfs.Process) (inspect.Verdict, string) {
	what := programOf(ix, init)
	switch mainCall(ix, init).Name {
	case "rt_sigsuspend":
		return inspect.Yes, what.describe(init) + ", a shell, waits for any child"
	case "read", "poll", "ppoll":
		if what.kind == kindAlmquist {
			return inspect.No, what.describe(init) + " waits for input, and for no child before it has some"
		}
	}
	return inspect.Unknown, ""
}

// mainCall is the system call in which the main thread sleeps.
func mainCall(ix *inspect.Index, p *procfs.Process) procfs.Syscall {
	a := ix.Attention(p)
	if a == nil || len(a.Threads) == 0 {
		return procfs.Syscall{}
	}
	return a.Threads[0].Syscall.Or(procfs.Syscall{})
}

// goProgramReaps: every Go program catches SIGCHLD, and the runtime waits only for what
// it has started.
func goProgramReaps(ix *inspect.Index, init *procfs.Process) (inspect.Verdict, string) {
	executable := ix.Attention(init).Program.Or(procfs.Program{})
	switch {
	case !slices.Contains(executable.Marks, goWaits):
		return inspect.No, "a Go program without a function that waits for children"
	case slices.ContainsFunc(goReaps, func(mark string) bool { return slices.Contains(executable.Marks, mark) }):
		return inspect.Unknown, ""
	default:
		return inspect.No, "a Go program waits only for what it has started itself, and none of its functions is called after reaping"
	}
}

// hasLeftZombie reports whether the init has at both looks a zombie that SA_NOCLDWAIT
// would not have left it: one that was started when it had its handlers installed, and
// that nobody traces.
func hasLeftZombie(ix *inspect.Index, init *procfs.Process) bool {
	return slices.ContainsFunc(ix.Children(init.PID), func(child *procfs.Process) bool {
		_, still := ix.SeenAgain(child)
		return still && child.TracerPID == 0 && procfs.TicksToDuration(child.StartTicks) > procfs.TicksToDuration(init.StartTicks)+settlingTime
	})
}

// cannotReap: its program holds no function by which it could.
func cannotReap(ix *inspect.Index, init *procfs.Process) (inspect.Verdict, string) {
	a := ix.Attention(init)
	if a == nil {
		return inspect.Unknown, ""
	}
	executable, ok := a.Program.Get()
	if !ok {
		return inspect.Unknown, ""
	}
	if waits, known := executable.Waits.Get(); known && len(waits) == 0 {
		return inspect.No, programOf(ix, init).name + " uses no function that waits for children"
	}
	return inspect.Unknown, ""
}

// longSleep is the least sleep of a program that is not about to look for
// children that nobody told it of.
const longSleep = time.Minute

// listensToChildren: what is told when a child ends, and waits for any by its
// code, reaps. What an interpreter's program does is not in its code; where it is
// not told, and sleeps on, it does not. Other programs could have set SA_NOCLDWAIT,
// by which the kernel reaps for them and which /proc does not show.
func listensToChildren(ix *inspect.Index, init *procfs.Process) (inspect.Verdict, string) {
	what := programOf(ix, init)
	if !what.readable {
		return inspect.Unknown, ""
	}
	forAny := ix.Attention(init).Program.Or(procfs.Program{}).WaitsForAny.Or(false)
	heard := Hear(ix, init, procfs.SIGCHLD)
	told := heard.How == HearingCaught || heard.How == HearingAwaited || heard.How == HearingRead
	deaf := (heard.How == HearingDropped || heard.How == HearingPends) && heard.Certainty == inspect.Certain
	switch {
	case told && forAny && what.kind != kindScript && what.kind != kindRuby:
		return inspect.Yes, "it listens to SIGCHLD, and its code waits for any child"
	case deaf && what.kind == kindScript && sleepsAtLeast(ix, init, longSleep):
		return inspect.No, "it does not listen to SIGCHLD, and nothing wakes it when a child ends"
	case deaf && leavesNoZombies(init) == inspect.No && sleepsAtLeast(ix, init, longSleep):
		return inspect.No, "it does not listen to SIGCHLD, has not set SA_NOCLDWAIT (" + inspect.FromKernel + "), and nothing wakes it when a child ends"
	case deaf && hasLeftZombie(ix, init) && sleepsAtLeast(ix, init, longSleep):
		return inspect.No, "it does not listen to SIGCHLD, has left a zombie, so that the kernel does not reap for it, and nothing wakes it when a child ends"
	}
	return inspect.Unknown, ""
}
