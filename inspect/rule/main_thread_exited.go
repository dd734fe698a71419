package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
)

var mainThreadExited = Rule{
	ID:      "main-thread-exited",
	Command: "signals",
	Worst:   inspect.SeverityError,
	Title:   "PID 1 is half dead: its main thread has exited",
	Means:   "The main thread of the main process has exited while other threads live on. It looks like a zombie, and is none.",
	Matters: "docker exec says that the container is stopped, docker stop takes its time and fails, and docker rm removes the container while the process lives on.",
	Proof:   "State Z with more than one thread in /proc/PID/stat.",
	Mend:    "Kill it from the host; the program must end with exit_group (exit), not let its main thread end alone.",
	check:   checkMainThread,
}

func checkMainThread(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		main := l.Index.Binding(c).Main
		if !main.MainThreadExited() {
			continue
		}
		list = append(list, Finding{
			Severity: inspect.SeverityError, Container: c, Process: main, Merge: main.Comm, Now: l.Index.KillCommand(main, "-9 "),
			Evidence: []string{fmt.Sprintf("The main thread of %s (%d) has exited, but %s on", main.Comm, main.PID, livesOn(main.Threads-1))},
			Cure:     "The program must not exit its main thread alone",
		})
	}
	return list
}

func livesOn(threads int) string {
	if threads == 1 {
		return "1 thread lives"
	}
	return fmt.Sprintf("%d threads live", threads)
}
