package inspect

import (
	"fmt"
	"slices"

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
	for _, rule := range []func(*procfs.Process) (Verdict, string){ix.hasNotReaped, ix.kernelReaps, ix.waitsForAny, ix.programReaps, ix.cannotReap, ix.listensToChildren} {
		if verdict, why := rule(init); verdict != Unknown {
			return verdict, why
		}
	}
	if ix.attention[init.Key] == nil || !ix.programOf(init).readable {
		return Unknown, "it takes the right to trace PID 1 to tell"
	}
	return Unknown, "nothing tells before it has an orphan to wait for"
}

// hasNotReaped: it has adopted zombies that were there at both looks.
func (ix *Index) hasNotReaped(init *procfs.Process) (Verdict, string) {
	n := 0
	for _, child := range ix.children[init.PID] {
		if _, still := ix.seenAgain[child.Key]; still && ix.IsAdopted(child) {
			n++
		}
	}
	switch {
	case n == 0 || ix.cannotWait(init) != "":
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
	return Unknown, ""
}

// waitsForAny: a thread is in wait4(-1) or waitid(P_ALL).
func (ix *Index) waitsForAny(init *procfs.Process) (Verdict, string) {
	a := ix.attention[init.Key]
	if a == nil {
		return Unknown, ""
	}
	for _, t := range a.Threads {
		call := t.Syscall.Or(procfs.Syscall{})
		if call.Name == "wait4" && int32(uint32(call.Args[0])) == -1 || call.Name == "waitid" && uint32(call.Args[0]) == 0 { //nolint:gosec // ints of the system call
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
		return Yes, what.name + " is there to reap"
	case kindShell:
		return Yes, what.name + ", a shell, waits for any child"
	case kindTool:
		return No, what.name + " waits for no child"
	case kindNode, kindJava:
		return No, what.name + " waits only for what it has started itself"
	}
	return Unknown, ""
}

// cannotReap: its program holds no function by which it could.
func (ix *Index) cannotReap(init *procfs.Process) (Verdict, string) {
	a := ix.attention[init.Key]
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
	if slices.Contains(executable.Marks, goSection) && !slices.Contains(executable.Marks, goWaits) {
		return No, "a Go program without a function that waits for children"
	}
	return Unknown, ""
}

// listensToChildren: what has no handler for SIGCHLD, and sleeps without a
// timeout, is not woken by an orphan's end.
func (ix *Index) listensToChildren(init *procfs.Process) (Verdict, string) {
	heard := ix.Hear(init, procfs.SIGCHLD)
	if heard.How == HearingDropped && heard.Certainty == Certain && ix.sleepsForGood(init) {
		return No, "it is not told when a child ends (no handler for SIGCHLD), and sleeps without a timeout"
	}
	return Unknown, ""
}
