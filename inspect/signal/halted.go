package signal

import (
	"fmt"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// haltedJudgement: a process that does not run cannot act. SIGKILL reaches it
// all the same.
func haltedJudgement(ix *inspect.Index, p *procfs.Process, n int, heard Heard) (Judgement, bool) {
	switch {
	case IsFinishing(ix, p):
		return Judgement{OutcomeDelayed, inspect.Likely, firstHolder(ix, p), []string{
			"it has ended already, and waits in the kernel for its PID namespace to be empty (zap_pid_ns_processes): SIGKILL does nothing to it either",
		}}, true
	case p.MainThreadExited() && ix.IsNSInit(p):
		return Judgement{OutcomeDelayed, inspect.Likely, nil, []string{
			"its main thread has exited while others live: the engine takes it for ended, and docker stop waits in vain",
		}}, true
	case p.TracerPID != 0 && n != procfs.SIGKILL:
		return Judgement{OutcomeUnknown, inspect.Uncertain, nil, []string{fmt.Sprintf("process %d traces it, and decides what it hears", p.TracerPID)}}, true
	case n == procfs.SIGKILL || heard.How == HearingDropped || heard.How == HearingUnknown:
		return Judgement{}, false
	case p.State == procfs.StateStopped:
		return Judgement{OutcomeIgnored, inspect.Likely, p, []string{"it is stopped (State T), and hears nothing but SIGCONT and SIGKILL"}}, true
	case heard.How == HearingKills && mainCall(ix, p).Name == "vfork":
		return Judgement{}, false // a default action ends that sleep
	case p.State == procfs.StateUninterruptible && !ix.IsPaused(p):
		return judgeUninterruptible(ix, p), true
	default:
		return Judgement{}, false
	}
}

// judgeUninterruptible: a process in uninterruptible sleep runs no handler. One
// that has called vfork sleeps so until its child is another program.
func judgeUninterruptible(ix *inspect.Index, p *procfs.Process) Judgement {
	children := ix.LivingChildren(p)
	if mainCall(ix, p).Name == "vfork" && len(children) > 0 {
		child := children[len(children)-1]
		return Judgement{OutcomeDelayed, inspect.Likely, child, []string{fmt.Sprintf("it is in vfork until its child %d starts a program or ends", child.PID)}}
	}
	return Judgement{OutcomeUnknown, inspect.Uncertain, nil, []string{"it is in uninterruptible sleep (State D), and acts only when that is over"}}
}

// patience is how many times the grace period a thread must sleep for it to be
// likely that it does not wake in time.
const patience = 10

// judgePending: a signal that waits is taken only by a thread that wakes for
// another reason. What blocks a signal for which it has a handler, or is an init,
// takes it when it wakes.
func judgePending(ix *inspect.Index, p *procfs.Process, n int, heard Heard, forwards int) Judgement {
	what := programOf(ix, p)
	takes := handling(ix, p).Caught.Has(n) || what.kind == kindInit || what.kind == kindSupervisor
	switch grace := graceOf(ix, p); {
	case takes && wakesWithin(ix, p, grace):
		heard.Why += ", but it wakes up again and again"
		return judgeProgram(ix, p, n, heard, forwards)
	case sleepsAtLeast(ix, p, patience*grace):
		return Judgement{OutcomeIgnored, inspect.Likely, nil, []string{heard.Why, "every thread sleeps, and will for longer than the grace period"}}
	default:
		return Judgement{OutcomeUnknown, inspect.Uncertain, nil, []string{heard.Why, "whether it will be taken later cannot be told"}}
	}
}

// wakesWithin: the main thread sleeps for less than that.
func wakesWithin(ix *inspect.Index, p *procfs.Process, most time.Duration) bool {
	a := ix.Attention(p)
	if a == nil || len(a.Threads) == 0 {
		return false
	}
	ns, timed := a.Threads[0].TimeoutNS.Get()
	return timed && time.Duration(ns) < most
}

// sleepsAtLeast: every thread is in a system call that ends only when something
// happens, or after that time.
func sleepsAtLeast(ix *inspect.Index, p *procfs.Process, least time.Duration) bool {
	a := ix.Attention(p)
	return a != nil && len(a.Threads) > 0 && !slices.ContainsFunc(a.Threads, func(t procfs.ThreadAttention) bool {
		call, known := t.Syscall.Get()
		if !known || call.Name == "" {
			return true
		}
		ns, timed := t.TimeoutNS.Get()
		return timed && time.Duration(ns) < least || !timed && t.TimeoutNS.Absence() != procfs.NotHeld
	})
}

func firstHolder(ix *inspect.Index, init *procfs.Process) *procfs.Process {
	if holders := StillInside(ix, init); len(holders) > 0 {
		return holders[0]
	}
	return nil
}
