package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

var doubleInit = Rule{
	ID:      "double-init",
	Worst:   inspect.SeverityNote,
	Title:   "One init runs below another. Only one of them is needed",
	Means:   "The container was started with --init, and its image starts an init of its own.",
	Matters: "The container works, but one init is superfluous. tini warns that it is not PID 1 and does not reap, unless started with -s (subreaper).",
	Proof:   "PID 1 is an init that forwards signals, and so is the program that it started. The contents of their executables show this.",
	Mend:    "Leave out --init, or remove the init from the image.",
	check:   checkDoubleInit,

	NeedsTrace: true,
}

func checkDoubleInit(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		outer, inner := signal.Inits(l.Index, c)
		if inner == nil {
			continue
		}
		list = append(list, Finding{
			Severity: inspect.SeverityNote, Container: c, Process: inner, Cure: "remove one of the two inits",
			Evidence: []string{fmt.Sprintf("%s (PID 1) starts %s (%d), which is an init too", outer.Comm, inner.Comm, inner.PID)},
		})
	}
	return list
}
