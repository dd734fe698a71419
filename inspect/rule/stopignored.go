package rule

import (
	"fmt"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var stopIgnored = Rule{
	ID:      "stop-ignored",
	Command: "signals",
	Worst:   inspect.SeverityWarning,
	Title:   "docker stop waits out its grace period and kills",
	Means:   "The main process does nothing about the stop signal, and listens to no other that would do.",
	Matters: "Every stop, restart and update takes the whole grace period and ends in SIGKILL (137): nothing is saved, closed or handed over.",
	Proof:   "The stop signal has no handler in a PID namespace's init, for which the kernel drops it, or is ignored or blocked (SigCgt, SigIgn, SigBlk), and no thread awaits it. Behind an init that passes signals on, the same of its program.",
	Mend:    "--init (compose: init: true) where the program has just no handler; else a handler. A shell on a terminal is a note: it is meant to stay.",
	check:   func(l *Look) []Finding { return l.checkStops(false) },

	NeedsTrace: true,
}

// checkStops finds main processes to which the stop signal does nothing: those
// that listen to another, or those that do not.
func (l *Look) checkStops(toAnother bool) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		f := l.forecasts[c]
		if f.Outcome != inspect.OutcomeIgnored || f.Timeout == 0 || (f.Instead != 0) != toAnother || f.Process.MainThreadExited() {
			continue
		}
		severity := inspect.SeverityWarning
		if f.Interactive {
			severity = inspect.SeverityNote
		}
		list = append(list, Finding{
			Severity: severity, Container: c, Process: f.Process, Cure: f.Cure,
			Evidence: append([]string{stopTakes(&f)}, f.Evidence...),
		})
	}
	return list
}

func stopTakes(f *inspect.Forecast) string {
	name := procfs.SignalName(f.Signal)
	if f.Timeout < 0 {
		return fmt.Sprintf("docker stop will wait forever: %s does nothing (%s)", name, f.Certainty)
	}
	return fmt.Sprintf("docker stop will take %s and kill it (137): %s does nothing (%s)", f.Timeout.Round(time.Second), name, f.Certainty)
}
