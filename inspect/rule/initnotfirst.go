package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
)

var initNotFirst = Rule{
	ID:      "init-not-first",
	Worst:   inspect.SeverityWarning,
	Title:   "a supervisor that must be PID 1 is not",
	Means:   "systemd and s6-svscan are made to be PID 1, and run here below another.",
	Matters: "They refuse to start, or do not reap and do not stop what they should.",
	Proof:   "The program that the container's init has started holds what only they do, by its executable.",
	Mend:    "Leave --init out for this image.",
	check:   checkInitNotFirst,

	NeedsTrace: true,
}

func checkInitNotFirst(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		if p := l.Index.MisplacedInit(c); p != nil {
			list = append(list, Finding{
				Severity: inspect.SeverityWarning, Container: c, Process: p, Cure: "leave --init out: this image brings its own",
				Evidence: []string{fmt.Sprintf("%s (%d) is made to be PID 1, and is not", p.Comm, p.PID)},
			})
		}
	}
	return list
}
