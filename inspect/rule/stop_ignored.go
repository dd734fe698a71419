package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
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
		f, known := l.forecast(c)
		if !known || f.Outcome != signal.OutcomeIgnored || f.Barred != nil || f.Timeout == 0 || (f.Instead != 0) != toAnother {
			continue
		}
		severity := inspect.SeverityWarning
		if f.Interactive {
			severity = inspect.SeverityNote
		}
		list = append(list, Finding{
			Severity: severity, Container: c, Process: f.Process, Now: f.Now, Cure: f.Cure.Text,
			Brief: f.Brief(), Weight: f.Timeout.Seconds(),
			Evidence: append([]string{foreseen(f)}, f.Evidence...), Adds: []string{}, Merge: foreseenAlike(f),
		})
	}
	return list
}

// foreseenAlike tells forecasts apart that say different things of replicas.
func foreseenAlike(f *signal.Forecast) string {
	blocker := ""
	if f.Blocker != nil {
		blocker = f.Blocker.Comm
	}
	return fmt.Sprint(f.Signal, f.Outcome, blocker)
}

// foreseen is what docker stop will do, and how sure that is.
func foreseen(f *signal.Forecast) string {
	if f.Certainty == inspect.Likely {
		return f.Sentence() + " (likely)"
	}
	return f.Sentence()
}
