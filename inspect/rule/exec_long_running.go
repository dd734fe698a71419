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
	ID:          "exec-long-running",
	Worst:       inspect.SeverityNote,
	Title:       "A docker exec or health check has run for an hour or more",
	Means:       "A docker exec was started an hour ago or more, and still runs. Or a health check has not finished for that long.",
	Matters:     "It may be a forgotten shell with the rights of the container. No docker command lists exec sessions.",
	Proof:       "The parent of the process is the shim, and the process is not the main process. Its start time gives its age. The engine reports whether the exec was detached (-d). A detached exec has no output to a client (OpenStdout, OpenStderr of GET /exec/ID/json). For other sessions it cannot be determined whether the client is still there. The engine reports the same in both cases.",
	Mend:        "docker pidns tree shows the session. Use kill to end it, and kill -HUP for a shell on a terminal. No docker command ends an exec session. Processes that it started in the background keep running.",
	NeedsEngine: true,
	check:       checkExecs,
}

// longExec is the age from which an exec session is reported.
const longExec = time.Hour

func checkExecs(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		for _, row := range l.Index.Rows(c) {
			if row.Role != inspect.RoleExec || row.Process.IsZombie() || row.Elapsed < longExec {
				continue
			}
			list = append(list, Finding{
				Severity: inspect.SeverityNote, Container: c, Process: row.Process, Now: l.Index.KillCommand(row.Process, endingOption(row.Process)),
				Evidence: []string{fmt.Sprintf("%s has run for %s (%d)", sessionWords(c, row.Process), span(row.Elapsed), row.Process.PID), l.clientWords(c, row.Process)},
			})
		}
	}
	return list
}

// endingOption is the option of kill. An interactive shell ignores SIGTERM, and exits when its
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

// clientWords say whether a client waits for the session.
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
