package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

// remarked finds the remarks of one kind about the containers' namespaces. A finding is an
// error if the container has lost what it joined the namespace for.
func remarked(kind namespace.RemarkKind, severity inspect.Severity) func(*Look) []Finding {
	return func(l *Look) []Finding {
		var list []Finding
		for _, c := range l.Containers {
			for _, r := range l.remarksOf(c) {
				if r.Kind == kind {
					severity := severity
					if r.Lost {
						severity = inspect.SeverityError
					}
					list = append(list, Finding{Severity: severity, Container: c, Process: r.Process, Evidence: []string{r.Text}, Now: r.Next, Cure: r.Cure})
				}
			}
		}
		return list
	}
}

// remarksOf are the remarks on the container's namespaces, made once for all rules.
func (l *Look) remarksOf(c *inspect.Container) []namespace.Remark {
	if _, made := l.remarks[c]; !made {
		l.remarks[c] = namespace.Remarks(l.Index, c)
	}
	return l.remarks[c]
}
