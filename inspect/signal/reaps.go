package signal

import (
	"fmt"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// reaps says whether the init of the process's PID namespace reaps orphans, and how that is
// known.
func reaps(ix *inspect.Index, p *procfs.Process) (inspect.Verdict, string) {
	if p.Depth() == 0 {
		return inspect.Yes, "In the host's PID namespace, orphaned processes are reparented to the shim, which reaps them"
	}
	init := ix.InitOf(p)
	if init == nil {
		return inspect.Unknown, "The init of its PID namespace is unknown"
	}
	return subjectOf(ix, init).reaps()
}

// Reaps says whether a process reaps the orphans that are reparented to it, and how that is
// known. It is unknown if the process's signal handling was not read.
func Reaps(ix *inspect.Index, p *procfs.Process) (inspect.Verdict, string) {
	return subjectOf(ix, p).reaps()
}

// reaps says whether the subject, the init of a PID namespace, reaps orphans.
func (s *subject) reaps() (inspect.Verdict, string) {
	if s.process.MainThreadExited() {
		return inspect.Unknown, "Its main thread has exited, and its other threads cannot be read"
	}
	if halted := s.ix.HaltOf(s.process); halted != inspect.HaltNone {
		return inspect.Unknown, "It is " + string(halted) + " and cannot wait now"
	}
	rules := []func() (inspect.Verdict, string){s.hasNotReaped, s.kernelReaps, s.waitsForAny, s.programReaps, s.cannotReap, s.listensToChildren}
	if s.program.isShell() {
		rules = append(rules[:3:3], s.shellReaps)
	}
	for _, rule := range rules {
		if verdict, why := rule(); verdict != inspect.Unknown {
			return verdict, why
		}
	}
	if s.attention == nil || s.attention.Program.Absence() == procfs.Denied {
		return inspect.Unknown, "That needs the right to trace PID 1"
	}
	if !s.program.readable {
		return inspect.Unknown, s.whyUnreadable()
	}
	if s.deliver(procfs.SIGCHLD).heard.How == HearingDropped && leavesNoZombies(s.process) == inspect.Unknown {
		return inspect.Unknown, "It has no SIGCHLD handler. The kernel would reap for it if it has set SA_NOCLDWAIT, which /proc does not show"
	}
	return inspect.Unknown, "It has not adopted a process yet"
}

// hasNotReaped says whether it has orphans that were zombies at both looks.
func (s *subject) hasNotReaped() (inspect.Verdict, string) {
	n := 0
	for _, child := range s.ix.Children(s.process.PID) {
		if _, still := s.ix.SeenAgain(child); still && s.ix.IsAdopted(child) {
			n++
		}
	}
	switch {
	case n == 0:
		return inspect.Unknown, ""
	case n == 1:
		return inspect.No, "It has not waited for 1 adopted zombie"
	default:
		return inspect.No, fmt.Sprintf("It has not waited for %d adopted zombies", n)
	}
}

// kernelReaps is about a process that ignores SIGCHLD. The kernel leaves no zombies for it.
func (s *subject) kernelReaps() (inspect.Verdict, string) {
	if s.process.Signals.Ignored.Has(procfs.SIGCHLD) {
		return inspect.Yes, "It ignores SIGCHLD, so the kernel reaps its children"
	}
	if leavesNoZombies(s.process) == inspect.Yes {
		return inspect.Yes, "It has set SA_NOCLDWAIT (" + FromKernel + "), so the kernel reaps its children"
	}
	return inspect.Unknown, ""
}

// Options of wait4(2) and waitid(2).
const (
	waitExited = 0x4        // WEXITED: for an exit, not only for a stop
	waitPeeks  = 0x01000000 // WNOWAIT: the exited process stays a zombie
	waitClone  = 0x80000000 // __WCLONE: only for children that send no SIGCHLD
)

// takesAnyChild reports whether the call reaps any child that exits.
func takesAnyChild(call procfs.Syscall) bool {
	switch who := uint32(call.Args[0]); call.Name { // an int of the system call
	case "wait4":
		return int32(who) == -1 && call.Args[2]&waitClone == 0 // likewise
	case "waitid":
		return who == 0 && call.Args[3]&waitExited != 0 && call.Args[3]&(waitPeeks|waitClone) == 0
	default:
		return false
	}
}

// waitsForAny says whether a thread is in wait4(-1) or waitid(P_ALL).
func (s *subject) waitsForAny() (inspect.Verdict, string) {
	for _, t := range s.threads() {
		if call := t.Syscall.Or(procfs.Syscall{}); takesAnyChild(call) {
			return inspect.Yes, "It waits for any child (" + call.Name + ")"
		}
	}
	return inspect.Unknown, ""
}

// programReaps is what is known of the program.
func (s *subject) programReaps() (inspect.Verdict, string) {
	switch s.program.kind {
	case kindInit, kindSupervisor:
		return inspect.Yes, s.describe() + " is an init that reaps"
	case kindTool:
		return inspect.No, s.program.name + " waits only for its own children"
	case kindRuby:
		return s.rubyReaps()
	case kindNode, kindJava:
		return inspect.No, s.program.name + " waits only for processes that it started"
	case kindGo:
		return s.goProgramReaps()
	}
	return inspect.Unknown, ""
}

// waitsByItself finds the words by which a Ruby program waits for any child.
var waitsByItself = pattern.Lazy(`(?i)(\bwait|CH?LD\b)`)

// rubyReaps is about a program of ruby, which always catches SIGCHLD. So the handler does not
// show whether the program waits for any child, as some masters of workers do. A program
// without children does not wait, and neither does a program on the command line without a
// word of it.
func (s *subject) rubyReaps() (inspect.Verdict, string) {
	script := s.inlineProgram()
	if waitsByItself().MatchString(script) || script == "" && len(s.ix.LivingChildren(s.process)) > 0 {
		return inspect.Unknown, ""
	}
	return inspect.No, s.program.name + " waits only for processes that it started"
}

// shellReaps is about a shell, which reaps while it waits for a command. While it reads, a
// shell that receives SIGCHLD may reap. dash and BusyBox's shell do not.
func (s *subject) shellReaps() (inspect.Verdict, string) {
	switch s.mainCall().Name {
	case "rt_sigsuspend":
		return inspect.Yes, s.describe() + ", a shell, waits for any child"
	case "read", "poll", "ppoll":
		if s.program.kind == kindAlmquist {
			return inspect.No, s.describe() + " waits for input, and for its children only after that"
		}
	}
	return inspect.Unknown, ""
}

// goProgramReaps is about a Go program. Every Go program catches SIGCHLD, and the runtime
// waits only for processes that it has started.
func (s *subject) goProgramReaps() (inspect.Verdict, string) {
	executable := s.executable()
	switch {
	case !slices.Contains(executable.Marks, goWaits):
		return inspect.No, "A Go program without a function that waits for children"
	case slices.ContainsFunc(goReaps, func(mark string) bool { return slices.Contains(executable.Marks, mark) }):
		return inspect.Unknown, ""
	default:
		return inspect.No, "A Go program waits only for processes that it started, and none of its functions has a name about reaping"
	}
}

// hasLeftZombie reports whether the init has, at both looks, a zombie that SA_NOCLDWAIT would
// have prevented. The zombie was started after the handlers were installed, and is not traced.
func (s *subject) hasLeftZombie() bool {
	return slices.ContainsFunc(s.ix.Children(s.process.PID), func(child *procfs.Process) bool {
		_, still := s.ix.SeenAgain(child)
		return still && child.TracerPID == 0 && procfs.TicksToDuration(child.StartTicks) > procfs.TicksToDuration(s.process.StartTicks)+settlingTime
	})
}

// cannotReap says whether the program has no function that could reap.
func (s *subject) cannotReap() (inspect.Verdict, string) {
	if waits, known := s.executable().Waits.Get(); known && s.program.readable && len(waits) == 0 {
		return inspect.No, s.program.name + " uses no function that waits for children"
	}
	return inspect.Unknown, ""
}

// longSleep is the shortest sleep of a program that is not about to look for children by
// itself.
const longSleep = time.Minute

// listensToChildren is about a process that catches SIGCHLD. If its code waits for any child,
// it reaps. The code of an interpreter does not show what its program does. Without a handler,
// a process that sleeps on does not reap. Other programs could have set SA_NOCLDWAIT. The
// kernel then reaps for them, and /proc does not show it.
func (s *subject) listensToChildren() (inspect.Verdict, string) {
	what := s.program
	if !what.readable {
		return inspect.Unknown, ""
	}
	forAny := s.executable().WaitsForAny.Or(false)
	heard := s.deliver(procfs.SIGCHLD).heard
	told := heard.How == HearingCaught || heard.How == HearingAwaited || heard.How == HearingRead
	deaf := (heard.How == HearingDropped || heard.How == HearingPends) && heard.Certainty == inspect.Certain
	switch {
	case told && forAny && what.kind != kindScript && what.kind != kindRuby:
		return inspect.Yes, "It has a SIGCHLD handler, and its code waits for any child"
	case deaf && what.kind == kindScript && s.sleepsAtLeast(longSleep):
		return inspect.No, "It has no SIGCHLD handler, so nothing wakes it when a child exits"
	case deaf && leavesNoZombies(s.process) == inspect.No && s.sleepsAtLeast(longSleep):
		return inspect.No, "It has no SIGCHLD handler and has not set SA_NOCLDWAIT (" + FromKernel + "), so nothing wakes it when a child exits"
	case deaf && s.hasLeftZombie() && s.sleepsAtLeast(longSleep):
		return inspect.No, "It has no SIGCHLD handler, so nothing wakes it when a child exits. It has left a zombie, so the kernel does not reap for it"
	}
	return inspect.Unknown, ""
}
