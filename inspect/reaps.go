package inspect

import (
	"fmt"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// reaps says whether the init of the process's PID namespace waits for the
// orphans that it adopts, and how that is known.
func (ix *Index) reaps(p *procfs.Process) (Verdict, string) {
	if p.Depth() == 0 {
		return Yes, "in the host's PID namespace the shim adopts orphans, and reaps"
	}
	init := ix.InitOf(p)
	if init == nil {
		return Unknown, "the init of its PID namespace is not known"
	}
	if init.MainThreadExited() {
		return Unknown, "its main thread has exited, and what is left of it cannot be read"
	}
	if halted := ix.HaltOf(init); halted != HaltNone {
		return Unknown, "it is " + string(halted) + ", and waits for nobody now"
	}
	rules := []func(*Index, *procfs.Process) (Verdict, string){(*Index).hasNotReaped, (*Index).kernelReaps, (*Index).waitsForAny, (*Index).programReaps, (*Index).cannotReap, (*Index).listensToChildren}
	if ix.programOf(init).isShell() {
		rules = append(rules[:3:3], (*Index).shellReaps)
	}
	for _, rule := range rules {
		if verdict, why := rule(ix, init); verdict != Unknown {
			return verdict, why
		}
	}
	if ix.Attention(init) == nil || !ix.programOf(init).readable {
		return Unknown, "it takes the right to trace PID 1 to tell"
	}
	if heard := ix.Hear(init, procfs.SIGCHLD); heard.How == HearingDropped && leavesNoZombies(init) == Unknown {
		return Unknown, "it does not listen to SIGCHLD; whether it has asked the kernel to reap for it (SA_NOCLDWAIT) /proc does not show"
	}
	return Unknown, "nothing tells before it has an orphan to wait for"
}

// hasNotReaped: it has adopted zombies that were there at both looks.
func (ix *Index) hasNotReaped(init *procfs.Process) (Verdict, string) {
	n := 0
	for _, child := range ix.Children(init.PID) {
		if _, still := ix.SeenAgain(child); still && ix.IsAdopted(child) {
			n++
		}
	}
	switch {
	case n == 0:
		return Unknown, ""
	case n == 1:
		return No, "it has not waited for a zombie that it adopted"
	default:
		return No, fmt.Sprintf("it has not waited for %d zombies that it adopted", n)
	}
}

// kernelReaps: for a process that ignores SIGCHLD the kernel leaves no zombies.
func (ix *Index) kernelReaps(init *procfs.Process) (Verdict, string) {
	if init.Signals.Ignored.Has(procfs.SIGCHLD) {
		return Yes, "it ignores SIGCHLD, so the kernel leaves it no zombies"
	}
	if leavesNoZombies(init) == Yes {
		return Yes, "it has set SA_NOCLDWAIT (" + fromKernel + "), so the kernel leaves it no zombies"
	}
	return Unknown, ""
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
func (ix *Index) waitsForAny(init *procfs.Process) (Verdict, string) {
	a := ix.Attention(init)
	if a == nil {
		return Unknown, ""
	}
	for _, t := range a.Threads {
		call := t.Syscall.Or(procfs.Syscall{})
		if takesAnyChild(call) {
			return Yes, "it waits for any child (" + call.Name + ")"
		}
	}
	return Unknown, ""
}

// programReaps is what is known of programs.
func (ix *Index) programReaps(init *procfs.Process) (Verdict, string) {
	what := ix.programOf(init)
	switch what.kind {
	case kindInit, kindSupervisor:
		return Yes, what.describe(init) + " is there to reap"
	case kindTool:
		return No, what.name + " waits for no other child than its own"
	case kindRuby:
		return ix.rubyReaps(init, what)
	case kindNode, kindJava:
		return No, what.name + " waits only for what it has started itself"
	case kindGo:
		return ix.goReaps(init)
	}
	return Unknown, ""
}

// waitsByItself: the words by which a Ruby program waits for any child.
var waitsByItself = pattern.Lazy(`(?i)(\bwait|CH?LD\b)`)

// rubyReaps: ruby catches SIGCHLD for everybody, so that it does not tell whether
// the program waits for any child, as some masters of workers do. One that has
// no children does not, nor does one on the command line without a word of it.
func (ix *Index) rubyReaps(init *procfs.Process, what program) (Verdict, string) {
	script := inlineProgram(init)
	if waitsByItself().MatchString(script) || script == "" && len(ix.livingChildren(init)) > 0 {
		return Unknown, ""
	}
	return No, what.name + " waits only for what it has started itself"
}

// shellReaps: a shell reaps while it waits for a command. While it reads, one
// that is told of a child's end may do so, and dash and BusyBox's do not.
func (ix *Index) shellReaps(init *procfs.Process) (Verdict, string) {
	what := ix.programOf(init)
	switch ix.mainCall(init).Name {
	case "rt_sigsuspend":
		return Yes, what.describe(init) + ", a shell, waits for any child"
	case "read", "poll", "ppoll":
		if what.kind == kindAlmquist {
			return No, what.describe(init) + " waits for input, and for no child before it has some"
		}
	}
	return Unknown, ""
}

// mainCall is the system call in which the main thread sleeps.
func (ix *Index) mainCall(p *procfs.Process) procfs.Syscall {
	a := ix.Attention(p)
	if a == nil || len(a.Threads) == 0 {
		return procfs.Syscall{}
	}
	return a.Threads[0].Syscall.Or(procfs.Syscall{})
}

// goReaps: every Go program catches SIGCHLD, and the runtime waits only for what
// it has started.
func (ix *Index) goReaps(init *procfs.Process) (Verdict, string) {
	executable := ix.Attention(init).Program.Or(procfs.Program{})
	switch {
	case !slices.Contains(executable.Marks, goWaits):
		return No, "a Go program without a function that waits for children"
	case slices.ContainsFunc(goReaps, func(mark string) bool { return slices.Contains(executable.Marks, mark) }):
		return Unknown, ""
	default:
		return No, "a Go program waits only for what it has started itself, and none of its functions is called after reaping"
	}
}

// hasLeftZombie reports whether the init has at both looks a zombie that SA_NOCLDWAIT
// would not have left it: one that was started when it had its handlers installed, and
// that nobody traces.
func (ix *Index) hasLeftZombie(init *procfs.Process) bool {
	return slices.ContainsFunc(ix.Children(init.PID), func(child *procfs.Process) bool {
		_, still := ix.SeenAgain(child)
		return still && child.TracerPID == 0 && procfs.TicksToDuration(child.StartTicks) > procfs.TicksToDuration(init.StartTicks)+settlingTime
	})
}

// cannotReap: its program holds no function by which it could.
func (ix *Index) cannotReap(init *procfs.Process) (Verdict, string) {
	a := ix.Attention(init)
	if a == nil {
		return Unknown, ""
	}
	executable, ok := a.Program.Get()
	if !ok {
		return Unknown, ""
	}
	if waits, known := executable.Waits.Get(); known && len(waits) == 0 {
		return No, ix.programOf(init).name + " uses no function that waits for children"
	}
	return Unknown, ""
}

// longSleep is the least sleep of a program that is not about to look for
// children that nobody told it of.
const longSleep = time.Minute

// listensToChildren: what is told when a child ends, and waits for any by its
// code, reaps. What an interpreter's program does is not in its code; where it is
// not told, and sleeps on, it does not. Other programs could have set SA_NOCLDWAIT,
// by which the kernel reaps for them and which /proc does not show.
func (ix *Index) listensToChildren(init *procfs.Process) (Verdict, string) {
	what := ix.programOf(init)
	if !what.readable {
		return Unknown, ""
	}
	forAny := ix.Attention(init).Program.Or(procfs.Program{}).WaitsForAny.Or(false)
	heard := ix.Hear(init, procfs.SIGCHLD)
	told := heard.How == HearingCaught || heard.How == HearingAwaited || heard.How == HearingRead
	deaf := (heard.How == HearingDropped || heard.How == HearingPends) && heard.Certainty == Certain
	switch {
	case told && forAny && what.kind != kindScript && what.kind != kindRuby:
		return Yes, "it listens to SIGCHLD, and its code waits for any child"
	case deaf && what.kind == kindScript && ix.sleepsAtLeast(init, longSleep):
		return No, "it does not listen to SIGCHLD, and nothing wakes it when a child ends"
	case deaf && leavesNoZombies(init) == No && ix.sleepsAtLeast(init, longSleep):
		return No, "it does not listen to SIGCHLD, has not set SA_NOCLDWAIT (" + fromKernel + "), and nothing wakes it when a child ends"
	case deaf && ix.hasLeftZombie(init) && ix.sleepsAtLeast(init, longSleep):
		return No, "it does not listen to SIGCHLD, has left a zombie, so that the kernel does not reap for it, and nothing wakes it when a child ends"
	}
	return Unknown, ""
}
