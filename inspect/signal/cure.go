package signal

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// CureKind is what a fix changes.
type CureKind string

// The kinds of fixes.
const (
	// CureNone means that nothing is known to be wrong, or that nothing is known to help.
	CureNone CureKind = ""
	// CureInit puts docker-init in front of the main process (--init). It also sets another
	// stop signal if --init alone does not help.
	CureInit CureKind = "init"
	// CureStopSignal sends another signal first (--stop-signal).
	CureStopSignal CureKind = "stop-signal"
	// CureStopTimeout waits longer before SIGKILL (--stop-timeout).
	CureStopTimeout CureKind = "stop-timeout"
	// CureCapability gives PID 1 the right to signal other users' processes (--cap-add KILL).
	CureCapability CureKind = "capability"
	// CureScript makes a shell start its program with exec, or forward the signal and wait.
	CureScript CureKind = "script"
	// CureHandler means that the program must be changed.
	CureHandler CureKind = "handler"
	// CureStopped means that a stopped process must be resumed by the user who stopped it.
	CureStopped CureKind = "stopped"
)

// Change is a change of how a container is created. The zero Change changes nothing.
type Change struct {
	// Init puts docker-init in front of the main process (HostConfig.Init).
	Init bool
	// Exec is the program that the shell starts with exec, so that it replaces the shell. It
	// is nil for none.
	Exec *procfs.Process
	// PassOn gives the shell a trap that sends the signal to the processes it started, and
	// waits for them.
	PassOn bool
	// Kill gives its processes CAP_KILL (HostConfig.CapAdd).
	Kill bool
	// Signal is the stop signal, 0 for the present one (Config.StopSignal).
	Signal int
	// Timeout is the grace period, 0 for the present one (Config.StopTimeout).
	Timeout time.Duration
}

// Cure is a lasting fix that makes docker stop work.
type Cure struct {
	Kind CureKind
	// Change is the change of the container. It is zero if a program or a person must act.
	Change Change
	// Promise is what docker stop will do after the fix, judged by the same code as without
	// it. It is nil if that cannot be determined before the fix is made.
	Promise *Promise
	// Text describes the fix, "" for none.
	Text string
}

// Promise is what docker stop will do after a change.
type Promise struct {
	Judgement
	// Lost are the processes that are killed before they have used their handlers.
	Lost Lost
}

// holds reports whether docker stop works then, and kills no process that has a handler.
func (p *Promise) holds() bool {
	return p.Outcome == OutcomeHandled && len(p.Lost.Processes) == 0
}

// cure is the lasting fix that makes docker stop work. Of the fixes that could help, it is the
// first with a good forecast, or else the first that makes docker stop quick.
func (d *delivery) cure(f *Forecast) Cure {
	switch {
	case f.Now != "":
		return Cure{Kind: CureStopped, Text: "find out what stopped it"}
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

// handlerCure is a change of the program itself, if nothing else is known to help. It is none
// if the cause is not known.
func (d *delivery) handlerCure(f *Forecast) Cure {
	switch {
	case d.passage().told.worksFirst():
		return Cure{Kind: CureStopTimeout, Text: "set a --stop-timeout that is longer than its work takes"}
	case f.Outcome == OutcomeIgnored && f.Timeout != 0:
		return Cure{Kind: CureHandler, Text: d.mustHandle(f)}
	default:
		return Cure{}
	}
}

// kind is what the change mainly is.
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

// Options are the options of docker run that make the change. There are none if the program or
// a script must be changed.
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
