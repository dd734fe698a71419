package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var shimStopped = Rule{
	ID:      "shim-stopped",
	Worst:   inspect.SeverityError,
	Title:   "The shim is stopped. docker exec, top and stop hang",
	Means:   "The engine starts, watches and stops the container through its shim. That process is stopped and does not run.",
	Matters: "docker exec, top and stop of this container hang. Docker would not notice that the container exits.",
	Proof:   "The parent of the main process has State T. Its arguments show that it is the shim.",
	Mend:    "Use kill -CONT on the shim to resume it. Find out what stopped it.",
	check:   checkShims,
}

func checkShims(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		shim := l.Index.Binding(c).Shim
		if shim == nil || shim.State != procfs.StateStopped {
			continue
		}
		list = append(list, Finding{
			Severity: inspect.SeverityError, Container: c, Process: shim, Now: l.Index.KillCommand(shim, "-CONT "),
			Evidence: []string{fmt.Sprintf("Its shim (%d) is stopped, so docker exec, top and stop hang", shim.PID)},
			Cure:     "find out what sent it SIGSTOP",
		})
	}
	return list
}
