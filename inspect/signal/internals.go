package signal

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// What only the kernel itself tells (procfs.Internals) decides here what the files
// of /proc leave open.

// judgeResetting: a handler with SA_RESETHAND is good for one time. Who asks for it
// means to raise the signal again after it has tidied up, which ends every process but
// an init: for that one the kernel drops it. With SA_NODEFER beside it, it is what
// signal(2) of System V installs, for handlers of all kinds.
func judgeResetting(ix *inspect.Index, p *procfs.Process, n int, what program, heard Heard) (Judgement, bool) {
	internals, known := handlersOf(p)
	if !known || heard.How != HearingCaught || !internals.Resetting.Has(n) || !ix.IsNSInit(p) {
		return Judgement{}, false
	}
	name := procfs.SignalName(n)
	switch {
	case internals.Undeferred.Has(n):
		return Judgement{OutcomeUnknown, inspect.Uncertain, nil, []string{heard.Why, "its handler resets itself (SA_RESETHAND, " + inspect.FromKernel + "): if it raises " + name + " again, the kernel drops that for PID 1, and if it exits, it ends"}}, true
	case what.kind == kindNode && (n == procfs.SIGINT || n == procfs.SIGTERM):
		// No handler that a program of node can install for these resets itself.
		return Judgement{OutcomeIgnored, inspect.Certain, nil, []string{heard.Why, fmt.Sprintf("it is node's own, which resets itself (SA_RESETHAND, %s): it raises %s again, and the kernel drops that for PID 1", inspect.FromKernel, name)}}, true
	default:
		return Judgement{OutcomeIgnored, inspect.Likely, nil, []string{heard.Why, fmt.Sprintf("its handler resets itself (SA_RESETHAND, %s): what such a handler does last is to raise %s again, and the kernel drops that for PID 1", inspect.FromKernel, name)}}, true
	}
}

// resetsItself: the handler for signal n is good for one time.
func resetsItself(p *procfs.Process, n int) bool {
	internals, _ := handlersOf(p)
	return internals.Resetting.Has(n)
}

// ownNodeHandler: what catches the signal in a node program is not what node
// installs for everybody, since that resets itself.
func ownNodeHandler(p *procfs.Process, n int) bool {
	internals, known := handlersOf(p)
	return known && !internals.Resetting.Has(n)
}

// handlersOf are the internals of a process if they tell of its handlers.
func handlersOf(p *procfs.Process) (procfs.Internals, bool) {
	internals, known := p.Internals.Get()
	return internals, known && !internals.Partial
}

// leavesNoZombies is the kernel's word on SA_NOCLDWAIT; unknown where it was not
// asked.
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

// withMasks adds what the kernel says of each thread's masks: which signals are
// awaited, whatever the reader's right to trace. Who awaits a signal that it does not
// block is not among them: the kernel does as if it were not awaited.
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

// kernelWouldDecide: what is open about the container is what the kernel's own
// iterator knows, which was not asked.
func kernelWouldDecide(ix *inspect.Index, f *Forecast) bool {
	main := f.Process
	if f.Outcome == OutcomeUnknown && f.NSInit && ix.KernelWouldTell(main) && programOf(ix, main).kind == kindNode && handling(ix, main).Caught.Has(f.Signal) {
		return true
	}
	return f.Reaps == inspect.Unknown && f.Init != nil && ix.KernelWouldTell(f.Init) && mayHaveNoChildWait(ix, f.Init)
}

// mayHaveNoChildWait: it does not listen to SIGCHLD, and nothing else tells.
func mayHaveNoChildWait(ix *inspect.Index, init *procfs.Process) bool {
	return ix.HaltOf(init) == inspect.HaltNone && programOf(ix, init).readable && Hear(ix, init, procfs.SIGCHLD).How == HearingDropped
}
