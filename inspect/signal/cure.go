package signal

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// CureKind is what a cure changes.
type CureKind string

// The kinds of cures.
const (
	// CureNone: nothing is known to be wrong, or nothing that helps.
	CureNone CureKind = ""
	// CureInit puts docker-init in front of the main process (--init), with another stop
	// signal where that alone does not help.
	CureInit CureKind = "init"
	// CureStopSignal sends another signal first (--stop-signal).
	CureStopSignal CureKind = "stop-signal"
	// CureStopTimeout waits longer before SIGKILL (--stop-timeout).
	CureStopTimeout CureKind = "stop-timeout"
	// CureCapability gives PID 1 the right to signal others (--cap-add KILL).
	CureCapability CureKind = "capability"
	// CureScript has a shell start its program with exec, or pass the signal on and wait.
	CureScript CureKind = "script"
	// CureHandler is for a program to change.
	CureHandler CureKind = "handler"
	// CureStopped is for whoever has stopped a process to see to.
	CureStopped CureKind = "stopped"
)

// Change is how a container would be made otherwise. The zero Change is none.
type Change struct {
	// Init: docker-init stands in front of the main process (HostConfig.Init).
	Init bool
	// Exec is the program that the shell starts with exec, so that it takes the shell's
	// place, nil for none.
	Exec *procfs.Process
	// PassOn: the shell has a trap that sends the signal to what it has started, and waits
	// for that.
	PassOn bool
	// Kill: its processes have CAP_KILL (HostConfig.CapAdd).
	Kill bool
	// Signal is the stop signal, 0 for the present one (Config.StopSignal).
	Signal int
	// Timeout is the grace period, 0 for the present one (Config.StopTimeout).
	Timeout time.Duration
}

// Cure is a lasting change that makes docker stop work.
type Cure struct {
	Kind CureKind
	// Change is what is made otherwise, none where that is for a program or a person.
	Change Change
	// Promise is what docker stop comes to then, judged by the same code as without it;
	// nil where that cannot be told before somebody has carried it out.
	Promise *Promise
	// Text says it in words; "" for no cure.
	Text string
}

// Promise is what docker stop comes to after a change.
type Promise struct {
	Judgement
	// Lost are those who are killed without having used their handlers.
	Lost Lost
}

// holds: docker stop works then, and nobody is lost by it.
func (p *Promise) holds() bool {
	return p.Outcome == OutcomeHandled && len(p.Lost.Processes) == 0
}

// cure is the lasting change that makes docker stop work: the first of those that could
// help of which the forecast is good, or else the first that makes it quick.
func (d *delivery) cure(f *Forecast) Cure {
	switch {
	case f.Now != "":
		return Cure{Kind: CureStopped, Text: "Find out what stopped it"}
	case f.Process.MainThreadExited() || d.isFinishing():
		return Cure{}
	case f.Outcome == OutcomeHandled && f.Barred == nil && len(f.Lost.Processes) == 0:
		return Cure{}
	}
	var better *Cure
	for _, change := range d.changes(f) {
		promise := f.Then(change)
		cure := Cure{Kind: change.kind(), Change: change, Promise: &promise}
		if promise.holds() {
			cure.Text = d.cureText(f, &cure)
			return cure
		}
		if better == nil && promise.Outcome == OutcomeHandled && f.Outcome != OutcomeHandled {
			better = &cure
		}
	}
	if better != nil {
		better.Text = d.cureText(f, better)
		return *better
	}
	return d.handlerCure(f)
}

// handlerCure is for the program itself to change, where nothing else is known to help;
// none where it is not known what is wrong.
func (d *delivery) handlerCure(f *Forecast) Cure {
	switch {
	case d.passage().told.worksFirst():
		return Cure{Kind: CureStopTimeout, Text: "Set a --stop-timeout that is longer than its work takes"}
	case f.Outcome == OutcomeIgnored && f.Timeout != 0:
		return Cure{Kind: CureHandler, Text: d.mustHandle(f)}
	default:
		return Cure{}
	}
}

// kind is what the change is, or the most of it.
func (c Change) kind() CureKind {
	switch {
	case c.Exec != nil || c.PassOn:
		return CureScript
	case c.Kill:
		return CureCapability
	case c.Init:
		return CureInit
	case c.Signal != 0:
		return CureStopSignal
	case c.Timeout != 0:
		return CureStopTimeout
	default:
		return CureNone
	}
}

// Options are the options of docker run that make the change; none where the program or
// a script has to be changed.
func (c Change) Options() []string {
	options := []string{}
	if c.Exec != nil || c.PassOn {
		return options
	}
	if c.Init {
		options = append(options, "--init")
	}
	if c.Kill {
		options = append(options, "--cap-add", "KILL")
	}
	if c.Signal != 0 {
		options = append(options, "--stop-signal", procfs.SignalName(c.Signal))
	}
	if c.Timeout != 0 {
		options = append(options, "--stop-timeout", seconds(c.Timeout))
	}
	return options
}
