package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
)

var workersKilledUnheard = Rule{
	ID:      "workers-killed-unheard",
	Command: "signals",
	Worst:   inspect.SeverityWarning,
	Title:   "docker stop kills child processes before they can shut down",
	Means:   "The process that receives the stop signal, usually a shell, exits at once. It does not wait for the program that it started. That program has a handler for the stop signal.",
	Matters: "docker stop is quick and looks clean. But when PID 1 exits, the kernel kills all other processes. The handler of the program never runs, or is interrupted.",
	Proof:   "Either the receiver has no handler and the signal terminates it. Or the receiver is a shell whose trap does not forward the signal, or does not wait afterwards. A process below it catches the stop signal (SigCgt).",
	Mend:    "Start the program with exec. Or set a trap that forwards the signal and then waits: trap 'kill -TERM $pid; wait $pid' TERM. tini -g does not help if the shell has no trap. The signal terminates that shell at once, and the other processes are killed.",
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
			Cure: f.Cure.Text,
		})
	}
	return list
}
