package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var initWithoutRight = Rule{
	ID:      "init-without-right",
	Command: "signals",
	Worst:   inspect.SeverityWarning,
	Title:   "PID 1 may not signal the program that it has started",
	Means:   "The init passes signals on, but its program runs as another user, and the container was started without CAP_KILL.",
	Matters: "The program never hears of docker stop. tini ends at the error, and the kernel kills the program at once; dumb-init and catatonit go on, and SIGKILL follows after the grace period.",
	Proof:   "No user ID of the init is the real or saved one of its program (Uid), and CAP_KILL is not among its effective capabilities (CapEff), in one user namespace.",
	Mend:    "--cap-add KILL (compose: cap_add: [KILL]), or the same user for both: --user in place of a change of user inside.",
	check:   checkRights,

	NeedsTrace: true,
}

func checkRights(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		f, known := l.forecast(c)
		if !known || f.Barred == nil {
			continue
		}
		from, to := f.Barred.From, f.Barred.To
		list = append(list, Finding{
			Severity: inspect.SeverityWarning, Container: c, Process: from, Cure: f.Cure.Text, Merge: from.Comm + " " + to.Comm,
			Evidence: append([]string{fmt.Sprintf("%s (%d) may not send %s to %s (%d)", from.Comm, from.PID, procfs.SignalName(f.Signal), to.Comm, to.PID)}, f.Evidence...),
			Adds:     []string{},
		})
	}
	return list
}
