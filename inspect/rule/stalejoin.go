package rule

import "github.com/docker-pidns/docker-pidns/inspect"

var staleJoin = Rule{
	ID:      "stale-join",
	Worst:   inspect.SeverityError,
	Title:   "a joined namespace is no longer its owner's",
	Means:   "The container was told to use another's network or ipc namespace (container:X). X was restarted since, and has a new one; this container kept the old.",
	Matters: "The two no longer share anything: no network between them, no port published by X. docker inspect still says container:X.",
	Proof:   "The inode numbers of /proc/PID/ns of both main processes differ.",
	Mend:    "docker restart of this container, after every restart of X.",
	check:   func(l *Look) []Finding { return l.checkJoins(inspect.SharingStale, inspect.SeverityError) },

	NeedsTrace: true,
}

// checkJoins finds broken joins of one kind.
func (l *Look) checkJoins(verdict inspect.SharingVerdict, severity inspect.Severity) []Finding {
	var list []Finding
	for _, row := range l.Index.Sharing(l.Containers) {
		for _, m := range row {
			if m.Verdict != verdict {
				continue
			}
			if r, broken := inspect.BrokenJoin(m); broken {
				list = append(list, Finding{Severity: severity, Container: m.Container, Process: l.Index.Binding(m.Container).Main, Evidence: []string{r.Text}, Now: r.Next})
			}
		}
	}
	return list
}
