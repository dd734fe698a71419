package rule

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
)

var initWithoutRight = Rule{
	ID:      "init-without-right",
	Command: "signals",
	Worst:   inspect.SeverityWarning,
	Title:   "docker stop does not reach the program. PID 1 may not signal it",
	Means:   "The init forwards signals, but its program runs as another user. The container was started without CAP_KILL.",
	Matters: "The program never receives the stop signal. tini exits on the error, and the kernel kills the program at once. dumb-init and catatonit continue, and SIGKILL follows after the grace period.",
	Proof:   "No user ID of the init is the real or saved user ID of its program (Uid). The init has no effective CAP_KILL (CapEff). Both are in the same user namespace.",
	Mend:    "Recreate the container with --cap-add KILL (compose: cap_add: [KILL]). Or run both as the same user, with --user in place of a change of user inside.",
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
			Evidence: append([]string{f.Barred.Why}, others...), Adds: []string{},
		})
	}
	return list
}
