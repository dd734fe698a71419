package signal

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// FromKernel marks evidence that no file shows.
const FromKernel = "read from the kernel"

// This file decides, by what only the kernel itself reports (procfs.Internals), what the files
// of /proc leave open.

// resetting judges a handler with SA_RESETHAND, which runs only once. A program that installs
// it usually cleans up and raises the signal again. That terminates every process except an
// init, for which the kernel discards it. With SA_NODEFER too, it is what signal(2) of System
// V installs, for handlers of all kinds.
func (d *delivery) resetting() (Judgement, bool) {
	internals, known := handlersOf(d.process)
	if !known || d.heard.How != HearingCaught || !internals.Resetting.Has(d.n) || !d.init {
		return Judgement{}, false
	}
	name := d.name()
	switch {
	case internals.Undeferred.Has(d.n):
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, "Its handler resets itself (SA_RESETHAND, "+FromKernel+"). If the handler raises "+name+" again, the kernel discards it for PID 1. If the handler exits, the process exits"), true
	case d.program.kind == kindNode && (d.n == procfs.SIGINT || d.n == procfs.SIGTERM):
		// A handler for these signals that a node program installs never resets itself.
		return d.comesTo(OutcomeIgnored, inspect.Certain, fmt.Sprintf("It is node's default handler, which resets itself (SA_RESETHAND, %s) and raises %s again. The kernel discards that for PID 1", FromKernel, name)), true
	default:
		return d.comesTo(OutcomeIgnored, inspect.Likely, fmt.Sprintf("Its handler resets itself (SA_RESETHAND, %s). Such a handler usually raises %s again, and the kernel discards that for PID 1", FromKernel, name)), true
	}
}

// resetsItself reports whether the handler for the signal runs only once.
func (d *delivery) resetsItself() bool {
	internals, _ := handlersOf(d.process)
	return internals.Resetting.Has(d.n)
}

// hasLastingHandler reports whether the handler does not reset itself. In a program of node it
// is then not the handler that node installs in every program.
func (d *delivery) hasLastingHandler() bool {
	internals, known := handlersOf(d.process)
	return known && !internals.Resetting.Has(d.n)
}

// handlersOf are the internals of a process, if they have its handlers.
func handlersOf(p *procfs.Process) (procfs.Internals, bool) {
	internals, known := p.Internals.Get()
	return internals, known && !internals.Partial
}

// leavesNoZombies says whether the kernel reports SA_NOCLDWAIT. It is unknown if the kernel
// was not asked.
func leavesNoZombies(p *procfs.Process) inspect.Verdict {
	switch internals, known := p.Internals.Get(); {
	case !known:
		return inspect.Unknown
	case internals.NoChildWait:
		return inspect.Yes
	default:
		return inspect.No
	}
}

// withMasks adds what the kernel reports of each thread's masks: which signals threads wait
// for, without the right to trace. A thread that waits for a signal and does not block it is
// left out, because the kernel ignores that wait.
func (l listening) withMasks(p *procfs.Process, n int, attention *procfs.Attention) listening {
	internals, known := p.Internals.Get()
	if !known || len(internals.Threads) == 0 {
		return l
	}
	seen := attention != nil && len(attention.Threads) > 0
	allBlock := true
	for _, t := range internals.Threads {
		if t.Awaited.Has(n) {
			l.awaited, l.byKernel = true, true
		}
		allBlock = allBlock && t.Blocked.Has(n) && !t.Awaited.Has(n)
	}
	first := internals.Threads[0]
	l.leaderBlocks = first.Blocked.Has(n) || first.Awaited.Has(n) || seen && l.leaderBlocks
	l.allBlock = allBlock && (!seen || l.allBlock)
	// A signal that is read from a signalfd is blocked as well.
	l.known = l.known || !l.leaderBlocks || attention != nil && attention.SignalFDs.Held()
	return l
}

// kernelWouldDecide reports whether the kernel's own iterator, which was not used, would
// decide what is open about the container.
func (d *delivery) kernelWouldDecide(f *Forecast) bool {
	if f.Outcome == OutcomeUnknown && f.NSInit && d.ix.KernelWouldTell(d.process) && d.program.kind == kindNode && d.handling().Caught.Has(d.n) {
		return true
	}
	return f.Reaps == inspect.Unknown && f.Init != nil && d.ix.KernelWouldTell(f.Init) && subjectOf(d.ix, f.Init).mayHaveNoChildWait()
}

// mayHaveNoChildWait reports whether the process may have SA_NOCLDWAIT: it has no handler for
// SIGCHLD, and nothing else shows it.
func (s *subject) mayHaveNoChildWait() bool {
	return s.ix.HaltOf(s.process) == inspect.HaltNone && s.program.readable && s.deliver(procfs.SIGCHLD).heard.How == HearingDropped
}
