package signal

import (
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// This file says what the kernel does with a signal from outside. What programs do with it is
// in behaviour.go.

// Hearing is the effect of a signal that is sent to a process.
type Hearing string

// The effects.
const (
	// HearingKills means that the default action terminates the process.
	HearingKills Hearing = "kills"
	// HearingStops means that the signal stops the process until SIGCONT.
	HearingStops Hearing = "stops"
	// HearingDropped means that the kernel discards the signal. It is ignored, or the process
	// is the init of a PID namespace and has no handler for it.
	HearingDropped Hearing = "dropped"
	// HearingCaught means that a handler runs.
	HearingCaught Hearing = "caught"
	// HearingAwaited means that a thread takes the signal from sigtimedwait(2).
	HearingAwaited Hearing = "awaited"
	// HearingRead means that the process reads the signal from a signalfd(2).
	HearingRead Hearing = "signalfd"
	// HearingPends means that every thread blocks the signal, and none takes it now.
	HearingPends Hearing = "pends"
	// HearingUnknown means that more rights are needed to determine it.
	HearingUnknown Hearing = "unknown"
)

// Heard is the effect of one signal on a process, and how certain it is.
type Heard struct {
	How       Hearing
	Certainty inspect.Certainty
	// Why names what the kernel shows.
	Why string
}

// Hear says what effect signal n has, if it is sent from outside the PID namespace of the
// process.
func Hear(ix *inspect.Index, p *procfs.Process, n int) Heard {
	return subjectOf(ix, p).deliver(n).heard
}

func (d *delivery) hear() Heard {
	if d.process.IsZombie() {
		return Heard{HearingDropped, inspect.Certain, "It is a zombie, so it has already exited"}
	}
	if d.n == procfs.SIGKILL {
		return Heard{HearingKills, inspect.Certain, "SIGKILL from outside the PID namespace kills every process"}
	}
	if d.n == procfs.SIGSTOP {
		return Heard{HearingStops, inspect.Certain, "SIGSTOP from outside the PID namespace stops every process"}
	}
	name, l, handling := d.name(), d.listening(), d.handling()
	switch {
	case l.awaited && l.leaderBlocks:
		return Heard{HearingAwaited, inspect.Certain, "A thread waits for " + name + " in sigtimedwait" + l.source()}
	case l.read && l.leaderBlocks && d.reads():
		return Heard{HearingRead, inspect.Certain, name + " is read from a signalfd"}
	case l.allBlock:
		return Heard{HearingPends, l.sureIfKnown(), fmt.Sprintf("Every thread blocks %s and none waits for it now", name)}
	case handling.Ignored.Has(d.n): // whichever thread takes it, it does nothing
		return Heard{HearingDropped, l.sureIfKnown(), name + " is ignored"}
	case handling.Caught.Has(d.n):
		return Heard{HearingCaught, inspect.Certain, name + " has a handler"}
	default:
		return d.hearByDefault(l)
	}
}

// listening is what the threads of a process do about one signal.
type listening struct {
	// known is true if the signals that threads wait for and descriptors read could be read.
	// unsettled is true if a thread did not stand still for it.
	known, unsettled bool
	// cut is true if there were more threads or descriptors than are looked at.
	cut bool
	// leaderBlocks is true if the main thread blocks the signal, or waits for it in
	// sigtimedwait. Otherwise the kernel discards at once what is ignored, or has no handler
	// in an init, whatever other threads wait for.
	leaderBlocks bool
	// allBlock is true if every thread blocks the signal, and none waits for it.
	allBlock      bool
	awaited, read bool
	// byKernel is true if the kernel itself reported that a thread waits for it.
	byKernel bool
}

// source names the source of facts that are not from /proc.
func (l listening) source() string {
	if l.byKernel {
		return " (real_blocked, " + FromKernel + ")"
	}
	return ""
}

// sureIfKnown is the certainty of the masks. They are certain only if no thread waits for the
// signal.
func (l listening) sureIfKnown() inspect.Certainty {
	if l.known && !l.unsettled {
		return inspect.Certain
	}
	return inspect.Likely
}

// listening is what the threads of the process do about the signal.
func (d *delivery) listening() listening {
	return d.listeningByProc().withMasks(d.process, d.n, d.attention)
}

func (d *delivery) listeningByProc() listening {
	p, n, a := d.process, d.n, d.attention
	l := listening{leaderBlocks: p.Signals.Blocked.Has(n)}
	l.allBlock = l.leaderBlocks
	if a == nil || len(a.Threads) == 0 {
		return l
	}
	// A program that has just been started, or has started another, may install handlers a
	// moment later.
	l.unsettled = a.Handling != nil && *a.Handling != procfs.Handling{Ignored: p.Signals.Ignored, Caught: p.Signals.Caught}
	sets, known := a.SignalFDs.Get()
	l.known = known && !a.ThreadsCut
	l.cut = a.ThreadsCut || a.SignalFDs.Absence() == procfs.TooLong
	l.read = slices.ContainsFunc(sets, func(set procfs.SignalSet) bool { return set.Has(n) })
	l.allBlock, l.leaderBlocks = true, false
	for _, t := range a.Threads {
		if t.Awaited.Absence() != "" && t.Awaited.Absence() != procfs.NotHeld {
			l.known = false
		}
		l.unsettled = l.unsettled || t.Unsettled
		awaits := t.Awaited.Or(0).Has(n)
		l.awaited = l.awaited || awaits
		l.allBlock = l.allBlock && t.Blocked.Has(n) && !awaits
		if t.TID == p.PID {
			l.leaderBlocks = t.Blocked.Has(n) || awaits
		}
	}
	return l
}

// reads reports whether a thread runs, or waits for files. Otherwise no thread reads the
// signalfd.
func (s *subject) reads() bool {
	return slices.ContainsFunc(s.threads(), func(t procfs.ThreadAttention) bool {
		call, known := t.Syscall.Get()
		return !known || !slices.Contains(idleCalls, call.Name)
	})
}

// idleCalls are the system calls in which a thread does not wait for a file.
var idleCalls = []string{"nanosleep", "clock_nanosleep", "futex", "pause", "rt_sigsuspend", "rt_sigtimedwait", "wait4", "waitid"}

func (d *delivery) hearByDefault(l listening) Heard {
	name, comm := d.name(), d.process.Comm
	action := procfs.DefaultAction(d.n)
	switch {
	case !l.known && d.init && l.cut:
		return Heard{HearingUnknown, inspect.Uncertain, name + " has no handler. Whether a thread waits for it is unknown, because not all threads or descriptors are read"}
	case !l.known && d.init:
		return Heard{HearingUnknown, inspect.Uncertain, name + " has no handler. Whether a thread waits for it cannot be determined without the right to trace the process"}
	case action == procfs.ActionIgnore || action == procfs.ActionContinue:
		return Heard{HearingDropped, l.sureIfKnown(), fmt.Sprintf("%s has no handler and has no effect by default", name)}
	case l.unsettled && d.program.kind == kindInit:
		return Heard{HearingAwaited, inspect.Likely, comm + " was not seen at rest, where it waits for " + name}
	case d.init:
		return Heard{HearingDropped, l.sureIfKnown(), fmt.Sprintf("%[2]s is PID 1 and has no %[1]s handler, so the kernel discards the signal", name, comm)}
	case action == procfs.ActionStop:
		return Heard{HearingStops, l.sureIfKnown(), name + " has no handler and stops a process by default"}
	default:
		return Heard{HearingKills, l.sureIfKnown(), fmt.Sprintf("%[2]s is not PID 1 and has no %[1]s handler, so the signal terminates it", name, comm)}
	}
}
