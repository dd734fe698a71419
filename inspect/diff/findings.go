package diff

import (
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Findings says which findings came and went between two looks at one host. A finding
// is the same if its rule, its container and its process are.
func Findings(before, after rule.Report) []Change {
	var changes []Change
	then, now := keysOf(before), keysOf(after)
	for _, f := range before.Findings {
		if !now[findingKeyOf(f)] {
			changes = append(changes, changeOf(f, Went))
		}
	}
	for _, f := range after.Findings {
		if !then[findingKeyOf(f)] {
			changes = append(changes, changeOf(f, Came))
		}
	}
	return changes
}

// findingKey is what makes a finding the same.
type findingKey struct {
	rule, container string
	process         procfs.Key
}

func findingKeyOf(f rule.Finding) findingKey {
	return findingKey{f.Rule, f.Container.ID, keyOf(f.Process)}
}

func keysOf(report rule.Report) map[findingKey]bool {
	keys := make(map[findingKey]bool, len(report.Findings))
	for _, f := range report.Findings {
		keys[findingKeyOf(f)] = true
	}
	return keys
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
