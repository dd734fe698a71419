package signal

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// CureKind is what a cure changes.
type CureKind string

// The kinds of cures.
const (
	// CureNone: nothing is known to be wrong, or nothing that helps.
	CureNone CureKind = ""
	// CureInit puts docker-init in front of the main process (--init).
	CureInit CureKind = "init"
	// CureStopSignal sends another signal first (--stop-signal).
	CureStopSignal CureKind = "stop-signal"
	// CureStopTimeout waits longer before SIGKILL (--stop-timeout).
	CureStopTimeout CureKind = "stop-timeout"
	// CureScript has a shell start its program with exec, or wait for it in the
	// background.
	CureScript CureKind = "script"
	// CureHandler is for a program to change.
	CureHandler CureKind = "handler"
	// CureStopped is for whoever has stopped a process to see to.
	CureStopped CureKind = "stopped"
)

// Cure is a lasting change that makes docker stop work. What it comes to is a forecast
// like any other: see Forecast.Then.
type Cure struct {
	Kind CureKind
	// Signal is the stop signal to set, 0 where one that is listened to must be found.
	Signal int
	// Text says it in words; "" for no cure.
	Text string
}

// cure is the lasting change that makes docker stop work.
func (d *delivery) cure(f *Forecast) Cure {
	main := f.Process
	switch {
	case f.Now != "":
		return Cure{Kind: CureStopped, Text: "find out who stopped it"}
	case (d.program.kind == kindNode || d.resetsItself()) && d.init && f.Outcome != OutcomeHandled && diesBy(d.n):
		return Cure{Kind: CureInit, Text: fmt.Sprintf("--init (compose: init: true) yes: %s is not PID 1 then, and ends either way", d.program.name)}
	case f.Outcome == OutcomeHandled || f.Outcome == OutcomeUnknown || main.MainThreadExited():
		return Cure{}
	case f.Outcome == OutcomeDelayed:
		return d.delayCure()
	case f.Interactive:
		return Cure{Kind: CureStopSignal, Signal: sigHUP, Text: "--stop-signal SIGHUP, by which an interactive shell ends"}
	case f.Blocker != nil:
		return Cure{Kind: CureHandler, Text: fmt.Sprintf("%s must handle %s, or another --stop-signal that it listens to", f.Blocker.Comm, d.name())}
	case main.Signals.Ignored.Has(d.n):
		return Cure{Kind: CureStopSignal, Signal: f.Instead, Text: fmt.Sprintf("--init no: %s ignores %s; --stop-signal with one that it listens to%s", main.Comm, d.name(), orInstead(f))}
	case d.init && d.heard.How == HearingDropped && diesBy(d.n):
		return Cure{Kind: CureInit, Text: "--init (compose: init: true) yes" + orInstead(f)}
	default:
		return Cure{Kind: CureStopSignal, Signal: f.Instead, Text: "--stop-signal with one that it listens to" + orInstead(f)}
	}
}

// delayCure is for what hears its stop signal and is held up; none where who holds it
// up is no matter of the container's.
func (d *delivery) delayCure() Cure {
	what := d.lastTold().program
	switch {
	case d.isFinishing():
		return Cure{}
	case what.isShell():
		return Cure{Kind: CureScript, Text: "the script: start the program with exec, or in the background and wait for it"}
	case what.kind == kindPostgres:
		return Cure{Kind: CureStopSignal, Signal: procfs.SIGINT, Text: "--stop-signal SIGINT, at which postgres ends its clients"}
	case what.lingers > 0:
		return Cure{Kind: CureStopTimeout, Text: fmt.Sprintf("--stop-timeout above %.0f", what.lingers.Seconds())}
	default:
		return Cure{}
	}
}

// Then is what docker stop would come to with the cure, judged by the same code as
// without it, in the same grace period and behind a shim that runs; false where that
// cannot be told before somebody has carried it out.
func (f *Forecast) Then(cure Cure) (Judgement, bool) {
	d := f.delivery
	switch cure.Kind {
	case CureInit:
		return f.inGrace(d.behindInit()).atMostLikely(), true
	case CureStopSignal:
		if cure.Signal == 0 {
			return Judgement{}, false
		}
		return f.inGrace(d.deliver(cure.Signal)), true
	case CureScript:
		child := d.lastTold().foregroundChild()
		if child == nil {
			return Judgement{}, false
		}
		return f.inGrace(child.asInit(d.init).deliver(d.n)).atMostLikely(), true
	default:
		return Judgement{}, false
	}
}

// behindInit is the delivery as docker-init passes it on: the subject is no init then.
func (d *delivery) behindInit() *delivery { return d.asInit(false).deliver(d.n) }

// asInit is the subject as it would be as the init of a PID namespace, or below one.
func (s *subject) asInit(init bool) *subject {
	other := *s
	other.init = init
	return &other
}

// atMostLikely: what has not been seen to be so is not certain.
func (j Judgement) atMostLikely() Judgement {
	if j.Certainty == inspect.Certain {
		j.Certainty = inspect.Likely
	}
	return j
}

// haltedBy is the process that was stopped (SIGSTOP) and would have to act, nil where
// that is not what is in the way: what drops the signal drops it when it goes on, too.
func (d *delivery) haltedBy(f *Forecast) *procfs.Process {
	switch {
	case f.Outcome == OutcomeHangs:
		return f.Blocker
	case f.Outcome != OutcomeIgnored:
		return nil
	}
	for _, p := range []*procfs.Process{f.Blocker, f.Process} {
		if p != nil && p.State == procfs.StateStopped {
			if how := Hear(d.ix, p, d.n).How; how != HearingDropped && how != HearingUnknown {
				return p
			}
		}
	}
	return nil
}

// diesBy reports whether the default action of the signal ends a process that is not an
// init.
func diesBy(n int) bool {
	action := procfs.DefaultAction(n)
	return action == procfs.ActionTerminate || action == procfs.ActionCore
}

// heardInstead is a signal to which the subject listens where it does not listen
// to this one, 0 if none is known. SIGHUP is none: to what has no terminal it says that
// files are to be opened anew.
func (d *delivery) heardInstead() int {
	if d.heard.How != HearingDropped || d.program.isShell() { // a shell's SIGINT is for its terminal
		return 0
	}
	for _, other := range []int{procfs.SIGTERM, procfs.SIGINT, procfs.SIGQUIT} {
		switch d.deliver(other).heard.How {
		case HearingCaught, HearingAwaited, HearingRead:
			return other
		}
	}
	return 0
}

func orInstead(f *Forecast) string {
	if f.Instead == 0 {
		return ""
	}
	return fmt.Sprintf("; or --stop-signal %s, which it listens to", procfs.SignalName(f.Instead))
}
