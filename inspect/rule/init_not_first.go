package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

var initNotFirst = Rule{
	ID:      "init-not-first",
	Worst:   inspect.SeverityNote,
	Title:   "A supervisor made to be PID 1 runs below another init",
	Means:   "systemd and s6-svscan are usually PID 1 of their container. Here such a supervisor runs below an init.",
	Matters: "systemd then runs as a user's instance and starts no system. s6-overlay refuses to start. s6-svscan alone works and stops in order. It does not reap the orphans of other processes, but the init does.",
	Proof:   "The init of the container started a program that is such a supervisor. The contents of its executable show this.",
	Mend:    "Leave out --init if the image was made to start without it.",
	check:   checkInitNotFirst,

	NeedsTrace: true,
}

func checkInitNotFirst(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		if p := signal.MisplacedInit(l.Index, c); p != nil {
			list = append(list, Finding{
				Severity: inspect.SeverityNote, Container: c, Process: p, Cure: "leave --init out if the image was made to start without it",
				Evidence: []string{fmt.Sprintf("%s (%d) is usually PID 1, and runs below an init here", p.Comm, p.PID)},
			})
		}
	}
	return list
}
