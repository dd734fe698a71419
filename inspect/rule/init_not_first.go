package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

var initNotFirst = Rule{
	ID:      "init-not-first",
	Worst:   inspect.SeverityNote,
	Title:   "a supervisor that is mostly PID 1 is not",
	Means:   "systemd and s6-svscan are mostly PID 1 of their container, and run here below an init.",
	Matters: "systemd runs as a user's instance then, and starts no system; s6-overlay refuses to start. s6-svscan alone works and stops in order; it does not reap what others leave behind, which the init does.",
	Proof:   "The program that the container's init has started holds what only they do, by its executable.",
	Mend:    "Leave --init out if the image was made to start without it.",
	check:   checkInitNotFirst,

	NeedsTrace: true,
}

func checkInitNotFirst(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		if p := signal.MisplacedInit(l.Index, c); p != nil {
			list = append(list, Finding{
				Severity: inspect.SeverityNote, Container: c, Process: p, Merge: p.Comm, Cure: "Leave --init out if the image was made to start without it",
				Evidence: []string{fmt.Sprintf("%s (%d) is usually PID 1, and runs below an init here", p.Comm, p.PID)},
			})
		}
	}
	return list
}
