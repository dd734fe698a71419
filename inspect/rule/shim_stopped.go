package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var shimStopped = Rule{
	ID:      "shim-stopped",
	Worst:   inspect.SeverityError,
	Title:   "the container's shim is stopped",
	Means:   "The process through which the engine starts, watches and stops the container does not run.",
	Matters: "docker exec, top and stop of this container hang, and its exit would not be noticed.",
	Proof:   "State T of the main process's parent, which is the shim by its arguments.",
	Mend:    "Let it go on: kill -CONT. Find out who stopped it.",
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
			Cure:     "Find out what sent it SIGSTOP",
		})
	}
	return list
}
