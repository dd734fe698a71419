package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
)

var mainThreadExited = Rule{
	ID:      "main-thread-exited",
	Command: "signals",
	Worst:   inspect.SeverityError,
	Title:   "The main thread of PID 1 has exited. docker stop fails",
	Means:   "The main thread of the main process has exited while other threads are still alive. The process looks like a zombie, but is not one.",
	Matters: "docker exec says that the container is stopped. docker stop waits and fails. docker rm removes the container while the process is still alive.",
	Proof:   "/proc/PID/stat shows State Z and more than one thread.",
	Mend:    "Kill the process from the host. Fix the program. It must exit with exit_group (exit), and its main thread must not exit alone.",
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
			Severity: inspect.SeverityError, Container: c, Process: main, Now: l.Index.KillCommand(main, "-9 "),
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
