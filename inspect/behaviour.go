package inspect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// What programs make of a signal that they have heard. A handler is no exit, so
// nothing here is certain.

func (ix *Index) judgeProgram(p *procfs.Process, n int, heard Heard, forwards int) Judgement {
	what := ix.programOf(p)
	why := []string{heard.Why}
	switch {
	case !what.readable:
		return Judgement{OutcomeUnknown, Uncertain, nil, append(why, "what program that is takes the right to read its executable")}
	case what.kind == kindInit && forwards > 0:
		return ix.judgeForwarded(p, n, what, why, forwards-1)
	case what.kind == kindShell && heard.How == HearingCaught:
		return ix.judgeShell(p, n, what, why)
	}
	if text, outcome := ix.runtimeHandler(p, n, what, heard); text != "" {
		certainty := Likely
		if outcome == OutcomeUnknown {
			certainty = Uncertain
		}
		return Judgement{outcome, certainty, nil, append(why, text)}
	}
	return Judgement{OutcomeHandled, Likely, nil, append(why, "a program that listens to its stop signal mostly ends on it")}
}

// judgeForwarded: behind an init that passes signals on, the program that it
// has started decides.
func (ix *Index) judgeForwarded(p *procfs.Process, n int, what program, why []string, forwards int) Judgement {
	children := ix.livingChildren(p)
	if len(children) == 0 {
		return Judgement{OutcomeHandled, Likely, nil, append(why, what.name+" has no program left to wait for")}
	}
	child := children[0]
	j := ix.judgeSignal(child, n, forwards)
	passed := fmt.Sprintf("%s passes %s on to %s (%d) and ends with it", what.name, procfs.SignalName(n), child.Comm, child.PID)
	j.Evidence = append(append(why, passed), j.Evidence...)
	if j.Certainty == Certain {
		j.Certainty = Likely
	}
	if j.Outcome == OutcomeIgnored && j.Blocker == nil {
		j.Blocker = child
	}
	return j
}

// runtimeHandler knows the handlers that language runtimes install for
// everybody, which do not say what the program wants. "" where there is nothing
// to know.
func (ix *Index) runtimeHandler(p *procfs.Process, n int, what program, heard Heard) (string, StopOutcome) {
	if heard.How != HearingCaught {
		return "", ""
	}
	name := procfs.SignalName(n)
	switch what.kind {
	case kindNode:
		return ix.nodeHandler(p, n)
	case kindGo:
		if slices.Contains([]int{1, procfs.SIGINT, procfs.SIGTERM}, n) {
			return "a Go program exits on " + name + ", unless it handles it itself", OutcomeHandled
		}
		if procfs.DefaultAction(n) != procfs.ActionCore {
			return "every Go program catches " + name + " and does nothing about it unless it was told to: /proc cannot tell", OutcomeUnknown
		}
	case kindJava:
		if n == procfs.SIGQUIT {
			return "a Java machine answers SIGQUIT with a thread dump", OutcomeIgnored
		}
	}
	return "", ""
}

// nodeHandler: node catches SIGINT and SIGTERM for everybody, with a handler
// that resets itself and raises the signal again, which the kernel then drops
// for an init. Whether the program has a handler of its own looks the same.
func (ix *Index) nodeHandler(p *procfs.Process, n int) (string, StopOutcome) {
	switch {
	case n == 10:
		return "node answers SIGUSR1 by starting its debugger", OutcomeIgnored
	case n != procfs.SIGINT && n != procfs.SIGTERM, !ix.IsNSInit(p):
		return "", ""
	default:
		return fmt.Sprintf("node always catches %s; unless the program has a handler of its own it then has no effect on PID 1, and /proc cannot tell which", procfs.SignalName(n)), OutcomeUnknown
	}
}

// judgeShell: a shell runs a trap when its foreground child has ended. While it
// waits for background children, or has none, it does so at once.
func (ix *Index) judgeShell(p *procfs.Process, n int, what program, why []string) Judgement {
	why = append(why, fmt.Sprintf("%s runs its trap for %s only between commands", what.name, procfs.SignalName(n)))
	child := ix.foregroundChild(p)
	switch {
	case child == nil:
		return Judgement{OutcomeHandled, Likely, nil, append(why, "it waits for no foreground child")}
	case ix.endsWithin(child, ix.graceOf(p)):
		return Judgement{OutcomeHandled, Likely, child, append(why, fmt.Sprintf("its foreground child %s (%d) ends in time by itself", child.Comm, child.PID))}
	default:
		return Judgement{OutcomeDelayed, Likely, child, append(why, fmt.Sprintf("it waits for its foreground child %s (%d), which hears nothing of it", child.Comm, child.PID))}
	}
}

// foregroundChild is the child for which a shell waits before it does anything
// else, nil if it waits for none. A shell that is to be woken by signals is in
// sigsuspend, or has started its children in the background.
func (ix *Index) foregroundChild(shell *procfs.Process) *procfs.Process {
	a := ix.attention[shell.Key]
	if a == nil || len(a.Threads) == 0 {
		return nil
	}
	call := a.Threads[0].Syscall.Or(procfs.Syscall{})
	if call.Name != "wait4" && call.Name != "waitid" {
		return nil
	}
	children := ix.livingChildren(shell)
	for _, child := range slices.Backward(children) { // the youngest is the one in front
		if !ix.inBackground(shell, child) {
			return child
		}
	}
	return nil
}

// inBackground: a shell without job control starts "command &" with SIGINT and
// SIGQUIT ignored.
func (ix *Index) inBackground(shell, child *procfs.Process) bool {
	ignored := func(p *procfs.Process, n int) bool { return p.Signals.Ignored.Has(n) }
	return ignored(child, procfs.SIGINT) && ignored(child, procfs.SIGQUIT) && !(ignored(shell, procfs.SIGINT) && ignored(shell, procfs.SIGQUIT))
}

// graceOf is the grace period of the process's container.
func (ix *Index) graceOf(p *procfs.Process) time.Duration {
	if c := ix.OwnerOf(p).Container; c != nil {
		return c.StopTimeout
	}
	return 0
}

// endsWithin: the process sleeps for a time that will be over.
func (ix *Index) endsWithin(p *procfs.Process, grace time.Duration) bool {
	a := ix.attention[p.Key]
	if a == nil || len(a.Threads) != 1 || grace <= 0 || ix.programOf(p).name != "sleep" {
		return false
	}
	call := a.Threads[0].Syscall.Or(procfs.Syscall{})
	ns, ok := a.Threads[0].TimeoutNS.Get()
	return ok && strings.HasSuffix(call.Name, "nanosleep") && time.Duration(ns) < grace
}
