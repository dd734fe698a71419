package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

var stopDelayed = Rule{
	ID:      "stop-delayed",
	Command: "signals",
	Worst:   inspect.SeverityWarning,
	Title:   "PID 1 hears the stop signal, but something must end first",
	Means:   "Mostly a shell with a trap that waits for the command in front of it, which hears nothing. It runs the trap when that command has ended.",
	Matters: "The trap comes too late: docker stop waits out its grace period and kills both.",
	Proof:   "The shell catches the stop signal, is in wait4, and its child is not in the background (SIGINT and SIGQUIT are not ignored in it).",
	Mend:    "Start the command with exec, or in the background with wait behind it: app & wait",
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
			Merge: foreseenAlike(f), Cure: f.Cure.Text, Brief: f.Brief(), Weight: f.Timeout.Seconds(),
		})
	}
	return list
}
