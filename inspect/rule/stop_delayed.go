package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

var stopDelayed = Rule{
	ID:      "stop-delayed",
	Command: "signals",
	Worst:   inspect.SeverityWarning,
	Title:   "docker stop waits, because PID 1 waits for a child",
	Means:   "PID 1 receives the stop signal, but does not act on it yet. Usually it is a shell with a trap that waits for a foreground command. That command does not receive the signal. The shell runs the trap only when the command has exited.",
	Matters: "The trap runs too late. docker stop waits for its whole grace period, then kills both shell and command.",
	Proof:   "The shell catches the stop signal and is in wait4. Its child is not in the background, because the child does not ignore SIGINT and SIGQUIT.",
	Mend:    "Start the command with exec. Or start it in the background and wait for it: app & wait",
	check:   checkDelayed,

	NeedsTrace: true,
}

func checkDelayed(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		f, known := l.forecast(c)
		if !known || f.Outcome != signal.OutcomeDelayed {
			continue
		}
		list = append(list, Finding{
			Severity: inspect.SeverityWarning, Container: c, Process: f.Process, Evidence: append([]string{foreseen(f)}, f.Evidence...), Adds: []string{},
			Cure: f.Cure.Text, Brief: f.Brief(), Weight: f.Timeout.Seconds(),
		})
	}
	return list
}
