package signal

import (
	"fmt"
	"math"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// halted judges a process that does not run. It cannot act, but SIGKILL still reaches it.
func (d *delivery) halted() (Judgement, bool) {
	p := d.process
	switch {
	case d.isFinishing():
		return Judgement{OutcomeDelayed, inspect.Likely, firstOf(StillInside(d.ix, p)), []string{
			"It has exited and waits in the kernel until its PID namespace is empty (zap_pid_ns_processes). SIGKILL has no effect",
		}}, true
	case p.MainThreadExited() && d.init:
		return Judgement{OutcomeDelayed, inspect.Likely, nil, []string{
			"Its main thread has exited while other threads run. Docker considers it exited, and docker stop waits in vain",
		}}, true
	case p.TracerPID != 0 && d.n != procfs.SIGKILL:
		return Judgement{OutcomeUnknown, inspect.Uncertain, nil, []string{fmt.Sprintf("Process %d traces it and decides which signals it receives", p.TracerPID)}}, true
	case d.n == procfs.SIGKILL || d.heard.How == HearingDropped || d.heard.How == HearingUnknown:
		return Judgement{}, false
	case p.State == procfs.StateStopped && d.n != procfs.SIGCONT:
		return Judgement{OutcomeIgnored, inspect.Likely, p, []string{"It is stopped (State T) and reacts only to SIGCONT and SIGKILL"}}, true
	case d.heard.How == HearingKills && d.mainCall().InVFork():
		return Judgement{}, false // a default action ends that sleep
	case (p.State == procfs.StateUninterruptible || d.mainCall().InVFork()) && !d.ix.IsPaused(p):
		return d.uninterruptible(), true
	default:
		return Judgement{}, false
	}
}

// uninterruptible judges a process in uninterruptible sleep, which runs no handler. After
// vfork, a process sleeps like this until its child has started a program. Meanwhile it blocks
// signals that it does not block at other times.
func (d *delivery) uninterruptible() Judgement {
	children := d.ix.LivingChildren(d.process)
	if d.mainCall().InVFork() && len(children) > 0 {
		child := children[len(children)-1]
		return Judgement{OutcomeDelayed, inspect.Likely, child, []string{fmt.Sprintf("It is in vfork until its child %d starts a program or exits", child.PID)}}
	}
	return Judgement{OutcomeUnknown, inspect.Uncertain, nil, []string{"It is in uninterruptible sleep (State D) and reacts only after that sleep"}}
}

// patience is a multiple of the grace period. A thread that sleeps at least this long is
// likely not to wake in time.
const patience = 10

// pending judges a process in which a pending signal is taken only by a thread that wakes for
// another reason. A process that blocks a signal takes it when it wakes, if it has a handler
// or is an init.
func (d *delivery) pending() Judgement {
	if j, known := d.ownMeaning(); known && j.Outcome == OutcomeIgnored {
		return j
	}
	takes := d.handling().Caught.Has(d.n) || d.program.kind == kindInit || d.program.kind == kindSupervisor
	switch grace := d.gracePeriod(); {
	case takes && d.wakesWithin(grace):
		woken := *d
		woken.heard.Why += ", but a thread wakes up repeatedly"
		return woken.byProgram()
	case d.sleepsAtLeast(patience * min(grace, math.MaxInt64/patience)):
		return d.comesTo(OutcomeIgnored, inspect.Likely, "Every thread sleeps for longer than the grace period")
	default:
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, "Whether it is delivered later cannot be determined")
	}
}

func firstOf(list []*procfs.Process) *procfs.Process {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}
