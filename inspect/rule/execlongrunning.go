package rule

import (
	"fmt"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

var execLongRunning = Rule{
	ID:      "exec-long-running",
	Worst:   inspect.SeverityNote,
	Title:   "an exec session has run for long",
	Means:   "Somebody started a docker exec an hour ago or more, and it still runs.",
	Matters: "It may be a shell that somebody forgot, with the rights of the container. No docker command lists exec sessions. Whether its client is still there cannot be told.",
	Proof:   "A process whose parent is the shim, and which is not the main process; its start time.",
	Mend:    "Look at it with docker pidns tree; end it with kill.",
	check:   checkExecs,
}

// longExec is the age from which an exec session is worth a word.
const longExec = time.Hour

func checkExecs(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		for _, row := range l.Index.Rows(c) {
			if row.Role != inspect.RoleExec || row.Process.IsZombie() || row.Elapsed < longExec {
				continue
			}
			words := strings.Join(row.Process.Args.Or([]string{row.Process.Comm}), " ")
			list = append(list, Finding{
				Severity: inspect.SeverityNote, Container: c, Process: row.Process, Now: l.Index.KillCommand(row.Process, ""),
				Evidence: []string{fmt.Sprintf("docker exec of %q runs since %s (%d)", words, span(row.Elapsed), row.Process.PID)},
			})
		}
	}
	return list
}
