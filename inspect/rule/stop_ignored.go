package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

var stopIgnored = Rule{
	ID:      "stop-ignored",
	Command: "signals",
	Worst:   inspect.SeverityWarning,
	Title:   "docker stop waits for its grace period, then kills",
	Means:   "The stop signal has no effect on the main process. The process handles no other signal that would stop it.",
	Matters: "Every stop, restart and update takes the whole grace period and ends with SIGKILL (137). Nothing is saved, closed or handed over.",
	Proof:   "The process ignores or blocks the stop signal, or is PID 1 without a handler (SigIgn, SigBlk, SigCgt). For PID 1 of a PID namespace, the kernel discards a signal without a handler. No thread waits for the signal. If PID 1 is an init that forwards signals, the same is checked for its program.",
	Mend:    "Recreate the container with --init (compose: init: true) if the program only lacks a handler. Otherwise add a handler to the program. A shell on a terminal is only a note, because it is meant to keep running.",
	check:   func(l *Look) []Finding { return l.checkStops(false) },

	NeedsTrace: true,
}

// checkStops finds main processes on which the stop signal has no effect: either those that
// handle another signal, or those that do not.
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
			Evidence: append([]string{foreseen(f)}, f.Evidence...), Adds: []string{},
		})
	}
	return list
}

// foreseen is what docker stop will do, with its certainty.
func foreseen(f *signal.Forecast) string {
	if f.Certainty == inspect.Likely {
		return f.Sentence() + " (likely)"
	}
	return f.Sentence()
}
