package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
)

var workersKilledUnheard = Rule{
	ID:      "workers-killed-unheard",
	Command: "signals",
	Worst:   inspect.SeverityWarning,
	Title:   "PID 1 stops at once, and its workers are killed unheard",
	Means:   "Who is told to stop ends at once, mostly a shell, and does not wait for the program that it has started, although that has a handler for the stop signal.",
	Matters: "docker stop is quick and looks clean, but when PID 1 ends the kernel kills the rest: the program's handler never runs, or is cut off.",
	Proof:   "Who is told has no handler and dies by the signal, or is a shell whose trap does not pass it on, or does not wait afterwards; and a process below catches the stop signal (SigCgt).",
	Mend:    "Start the program with exec; or a trap that passes the signal on and then waits: trap 'kill -TERM $pid; wait $pid' TERM. tini -g is no help where the shell has no trap: it dies at once, and the rest with it.",
	check:   checkWorkers,

	NeedsTrace: true,
}

func checkWorkers(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		f, known := l.forecast(c)
		if !known || f.Barred != nil || len(f.Lost.Processes) == 0 {
			continue
		}
		list = append(list, Finding{
			Severity: inspect.SeverityWarning, Container: c, Process: f.Lost.Processes[0], Evidence: append([]string{f.Lost.Words()}, f.Evidence...),
			Merge: fmt.Sprint(f.Signal),
			Cure:  f.Cure.Text,
		})
	}
	return list
}
