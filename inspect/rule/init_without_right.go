package rule

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
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
		others := slices.DeleteFunc(slices.Clone(f.Evidence), func(said string) bool { return said == f.Barred.Why })
		list = append(list, Finding{
			Severity: inspect.SeverityWarning, Container: c, Process: f.Barred.From, Cure: f.Cure.Text,
			Merge: f.Barred.From.Comm + " " + f.Barred.To.Comm, Evidence: append([]string{f.Barred.Why}, others...), Adds: []string{},
		})
	}
	return list
}
