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
	Means:   "A shell is told to stop and ends without telling the program that it has started, although that has a handler for the stop signal.",
	Matters: "docker stop is quick and looks clean, but when PID 1 ends the kernel kills the rest: the program's handler never runs.",
	Proof:   "Who is told is a shell that ends by the signal or by a trap that signals nobody, no init signals the whole process group, and a process below catches the stop signal (SigCgt).",
	Mend:    "Start the program with exec; or tini -g, which signals the process group; or a trap that kills and waits for it.",
	check:   checkWorkers,

	NeedsTrace: true,
}

func checkWorkers(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		f, known := l.forecast(c)
		if !known || len(f.Lost) == 0 {
			continue
		}
		list = append(list, Finding{
			Severity: inspect.SeverityWarning, Container: c, Process: f.Lost[0], Evidence: append([]string{f.LostWords()}, f.Evidence...),
			Merge: fmt.Sprint(f.Signal),
			Cure:  "start it with exec, or let the init signal the process group (tini -g)",
		})
	}
	return list
}
