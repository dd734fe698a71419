package signal

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// stopCure is the lasting change that makes docker stop work, "" where nothing
// is known to be wrong.
func stopCure(ix *inspect.Index, f *Forecast) string {
	main := f.Process
	switch {
	case f.Now != "":
		return "find out who stopped it"
	case (programOf(ix, main).kind == kindNode || resetsItself(main, f.Signal)) && ix.IsNSInit(main) && f.Outcome != OutcomeHandled && diesBy(f.Signal):
		return fmt.Sprintf("--init (compose: init: true) yes: %s is not PID 1 then, and ends either way", programOf(ix, main).name)
	case f.Outcome == OutcomeHandled || f.Outcome == OutcomeUnknown || main.MainThreadExited():
		return ""
	case f.Outcome == OutcomeDelayed:
		return delayCure(ix, main)
	case f.Interactive:
		return "--stop-signal SIGHUP, by which an interactive shell ends"
	case f.Blocker != nil:
		return fmt.Sprintf("%s must handle %s, or another --stop-signal that it listens to", f.Blocker.Comm, procfs.SignalName(f.Signal))
	case main.Signals.Ignored.Has(f.Signal):
		return fmt.Sprintf("--init no: %s ignores %s; --stop-signal with one that it listens to%s", main.Comm, procfs.SignalName(f.Signal), orInstead(f))
	case ix.IsNSInit(main) && Hear(ix, main, f.Signal).How == HearingDropped && diesBy(f.Signal):
		return "--init (compose: init: true) yes" + orInstead(f)
	default:
		return "--stop-signal with one that it listens to" + orInstead(f)
	}
}

// haltedBy is the process that was stopped (SIGSTOP) and would have to act, nil where
// that is not what is in the way: what drops the signal drops it when it goes on, too.
func haltedBy(ix *inspect.Index, f *Forecast) *procfs.Process {
	switch {
	case f.Outcome == OutcomeHangs:
		return f.Blocker
	case f.Outcome != OutcomeIgnored:
		return nil
	}
	for _, p := range []*procfs.Process{f.Blocker, f.Process} {
		if p != nil && p.State == procfs.StateStopped {
			if how := Hear(ix, p, f.Signal).How; how != HearingDropped && how != HearingUnknown {
				return p
			}
		}
	}
	return nil
}

// delayCure is for what hears its stop signal and is held up; "" where who holds it
// up is no matter of the container's.
func delayCure(ix *inspect.Index, main *procfs.Process) string {
	what := programOf(ix, lastTold(ix, main))
	switch {
	case IsFinishing(ix, main):
		return ""
	case what.isShell():
		return "the script: start the program with exec, or in the background and wait for it"
	case what.kind == kindPostgres:
		return "--stop-signal SIGINT, at which postgres ends its clients"
	case what.lingers > 0:
		return fmt.Sprintf("--stop-timeout above %.0f", what.lingers.Seconds())
	default:
		return ""
	}
}

// diesBy: what is no init any more ends by it.
func diesBy(n int) bool {
	action := procfs.DefaultAction(n)
	return action == procfs.ActionTerminate || action == procfs.ActionCore
}

// heardInstead is a signal to which the process listens where it does not listen
// to n, 0 if none is known. SIGHUP is none: to what has no terminal it says that
// files are to be opened anew.
func heardInstead(ix *inspect.Index, p *procfs.Process, n int) int {
	if Hear(ix, p, n).How != HearingDropped || programOf(ix, p).isShell() { // a shell's SIGINT is for its terminal
		return 0
	}
	for _, other := range []int{procfs.SIGTERM, procfs.SIGINT, procfs.SIGQUIT} {
		switch Hear(ix, p, other).How {
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
