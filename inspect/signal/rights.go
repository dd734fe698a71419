package signal

import (
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// MaySignal says whether the kernel lets one process send signal n to another. It needs a
// common user ID, or CAP_KILL in the user namespace of the receiver (kill(2); kill_ok_by_cred
// of kernel/signal.c). A security module can refuse more (AppArmor, SELinux). That is not
// checked.
func MaySignal(from, to *procfs.Process, n int) inspect.Verdict {
	switch {
	case from == to, n == procfs.SIGCONT && from.SID == to.SID:
		return inspect.Yes
	case from.StatOnly || to.StatOnly:
		return inspect.Unknown
	case sharesUser(from.UIDs, to.UIDs):
		return inspect.Yes
	}
	capabilities, known := from.Effective.Get()
	mine, okMine := from.Namespace(procfs.UserNamespace).Get()
	theirs, okTheirs := to.Namespace(procfs.UserNamespace).Get()
	switch kills := capabilities.Has(procfs.CapKill); {
	case !known:
		return inspect.Unknown
	case kills && okMine && mine == procfs.InitialUserNamespace: // it is the ancestor of all others
		return inspect.Yes
	case !okMine || !okTheirs || mine != theirs: // the sender may be the owner of the namespace
		return inspect.Unknown
	case kills:
		return inspect.Yes
	default:
		return inspect.No
	}
}

// sharesUser reports whether the real or effective user of the sender is the real or saved
// user of the receiver.
func sharesUser(from, to procfs.UIDs) bool {
	return slices.Contains([]int{to.Real, to.Saved}, from.Real) || slices.Contains([]int{to.Real, to.Saved}, from.Effective)
}

// Barred is a process that must forward the stop signal to another process, and may not.
type Barred struct {
	From, To *procfs.Process
	// Why is a sentence about it, and part of the forecast's evidence.
	Why string
}

// barredFrom is the first of the subject's children to which it may not send signal n, nil for
// none.
func (s *subject) barredFrom(children []*subject, n int) *subject {
	if s.mayKill {
		return nil
	}
	for _, child := range children {
		if MaySignal(s.process, child.process, n) == inspect.No {
			return child
		}
	}
	return nil
}

// writesToWorkers are programs that make their workers exit by a pipe or a socket. They need
// no right to signal them (as measured).
var writesToWorkers = []string{nginx, apache}

// barredBelow judges a program that may not signal one of its children. Below a supervisor it
// also judges children that may not signal their own children.
func (d *delivery) barredBelow() (Judgement, bool) {
	if slices.Contains(writesToWorkers, d.program.name) {
		return Judgement{}, false
	}
	mustSignal := slices.Contains([]string{phpFPM, s6svscan}, d.program.name)
	if child := d.barredFrom(d.children(), d.n); child != nil && mustSignal {
		return d.comesTo(OutcomeIgnored, inspect.Likely, d.mayNotTell(child, d.n)+", and waits for it"), true
	} else if child != nil {
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, d.mayNotTell(child, d.n)+". Whether it must, and what happens otherwise, cannot be determined"), true
	}
	if d.program.kind != kindSupervisor {
		return Judgement{}, false
	}
	for _, p := range d.below() {
		parent := subjectOf(d.ix, p)
		parent.assumed = d.assumed
		if child := parent.barredFrom(parent.children(), d.n); child != nil && mustSignal {
			return d.comesTo(OutcomeIgnored, inspect.Likely, parent.mayNotTell(child, d.n)+", and is waited for"), true
		} else if child != nil {
			return d.comesTo(OutcomeUnknown, inspect.Uncertain, parent.mayNotTell(child, d.n)+". What happens then cannot be determined"), true
		}
	}
	return Judgement{}, false
}

// mayNotTell says why the subject may not forward the signal to the child.
func (s *subject) mayNotTell(child *subject, n int) string {
	return fmt.Sprintf("%s may not send %s to %s (%d), which runs as user %d, because it has no CAP_KILL",
		s.describe(), procfs.SignalName(n), child.process.Comm, child.process.PID, child.process.UIDs.Real)
}

// withoutRight is what an init does if it may not signal the program that it has started.
func (d *delivery) withoutRight(child *subject, n int) Judgement {
	why := d.mayNotTell(child, n)
	switch d.program.name {
	case tini:
		return d.comesTo(OutcomeHandled, inspect.Likely, why, "It treats that as fatal and exits. The kernel then kills the other processes of its PID namespace")
	case dumbInit, catatonit:
		return d.heldUpBy(child, OutcomeIgnored, inspect.Likely, why, "It continues")
	default:
		return d.heldUpBy(child, OutcomeUnknown, inspect.Uncertain, why)
	}
}
