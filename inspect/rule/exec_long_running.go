package rule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var execLongRunning = Rule{
	ID:      "exec-long-running",
	Worst:   inspect.SeverityNote,
	Title:   "an exec session has run for long",
	Means:   "Somebody started a docker exec an hour ago or more, and it still runs; or a health check has not ended for so long.",
	Matters: "It may be a shell that somebody forgot, with the rights of the container. No docker command lists exec sessions.",
	Proof:   "A process whose parent is the shim, and which is not the main process; its start time. That it was detached (-d) is the engine's word: nothing of it leads to a client (OpenStdout, OpenStderr of GET /exec/ID/json). Whether the client of another is still there cannot be told: the engine shows the same of both.",
	Mend:    "Look at it with docker pidns tree; end it with kill, a shell on a terminal with kill -HUP. No docker command ends an exec session, and what it has started in the background stays.",
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
			list = append(list, Finding{
				Severity: inspect.SeverityNote, Container: c, Process: row.Process, Merge: sessionWords(c, row.Process), Now: l.Index.KillCommand(row.Process, endingOption(row.Process)),
				Evidence: []string{fmt.Sprintf("%s has run for %s (%d)", sessionWords(c, row.Process), span(row.Elapsed), row.Process.PID), l.clientWords(c, row.Process)},
			})
		}
	}
	return list
}

// endingOption of kill: an interactive shell ignores SIGTERM, and ends when its
// terminal hangs up.
func endingOption(p *procfs.Process) string {
	if p.Signals.Ignored.Has(procfs.SIGTERM) {
		return "-HUP "
	}
	return ""
}

func sessionWords(c *inspect.Container, p *procfs.Process) string {
	args := p.Args.Or([]string{p.Comm})
	if c.Health != nil && slices.Equal(args, c.Health.Command) {
		return fmt.Sprintf("The health check %q", strings.Join(args, " "))
	}
	return fmt.Sprintf("docker exec %q", strings.Join(args, " "))
}

// clientWords say whether somebody was to hear of the session.
func (l *Look) clientWords(c *inspect.Container, p *procfs.Process) string {
	e := l.Index.ExecOf(c, p)
	if e == nil {
		return "Docker does not say whether it was detached"
	}
	switch detached, known := e.Detached.Get(); {
	case !known:
		return "Docker does not say whether it was detached"
	case detached:
		return "It was detached (-d), so no client waits for it"
	default:
		return "It was not detached. Whether its client still runs cannot be determined"
	}
}
