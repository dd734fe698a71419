package diff

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Findings says which findings came and went between two looks at one host. A finding
// is the same if its rule, its container and its process are.
func Findings(before, after rule.Report) []Change {
	var changes []Change
	for _, f := range before.Findings {
		if !holds(after, f) {
			changes = append(changes, changeOf(f, Went))
		}
	}
	for _, f := range after.Findings {
		if !holds(before, f) {
			changes = append(changes, changeOf(f, Came))
		}
	}
	return changes
}

// holds reports whether the report has the same finding.
func holds(report rule.Report, f rule.Finding) bool {
	return slices.ContainsFunc(report.Findings, func(other rule.Finding) bool {
		return f.Rule == other.Rule && f.Container.ID == other.Container.ID && keyOf(f.Process) == keyOf(other.Process)
	})
}

func keyOf(p *procfs.Process) procfs.Key {
	if p == nil {
		return procfs.Key{}
	}
	return p.Key
}

func changeOf(f rule.Finding, d Direction) Change {
	return Change{Kind: KindFinding, Direction: d, Container: f.Container, Process: f.Process, Text: f.Rule + ": " + f.Evidence[0]}
}
