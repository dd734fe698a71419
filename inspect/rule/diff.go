package rule

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Diff says which findings came and went between two looks at one host. A finding
// is the same if its rule, its container and its process are.
func Diff(before, after Report) []inspect.Change {
	var changes []inspect.Change
	for _, f := range before.Findings {
		if !slices.ContainsFunc(after.Findings, f.isSame) {
			changes = append(changes, f.change(inspect.Went))
		}
	}
	for _, f := range after.Findings {
		if !slices.ContainsFunc(before.Findings, f.isSame) {
			changes = append(changes, f.change(inspect.Came))
		}
	}
	return changes
}

func (f Finding) isSame(other Finding) bool {
	return f.Rule == other.Rule && f.Container.ID == other.Container.ID && keyOf(f.Process) == keyOf(other.Process)
}

func keyOf(p *procfs.Process) procfs.Key {
	if p == nil {
		return procfs.Key{}
	}
	return p.Key
}

func (f Finding) change(d inspect.Direction) inspect.Change {
	return inspect.Change{Kind: inspect.ChangeFinding, Direction: d, Container: f.Container, Process: f.Process, Text: f.Rule + ": " + f.Evidence[0]}
}
