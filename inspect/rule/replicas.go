package rule

import (
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Replicas puts the findings of replicas together, in the order of their first: those of
// one rule and severity that say the same (Merge, Cure) of containers of one image, with
// the same command and stop timeout, about a process of the same name. In PIDs, counts and
// how certain it is they may differ.
func Replicas(findings []Finding) [][]Finding {
	var groups [][]Finding
	at := map[string]int{}
	for _, f := range findings {
		key := f.replicaKey()
		if n, seen := at[key]; seen {
			groups[n] = append(groups[n], f)
			continue
		}
		at[key] = len(groups)
		groups = append(groups, []Finding{f})
	}
	return groups
}

func (f *Finding) replicaKey() string {
	c := f.Container
	return strings.Join([]string{string(f.Severity), f.Rule, f.Merge, f.Cure, c.Image, c.Path, c.StopTimeout.String(), commOf(f.Process)}, "\x00")
}

func commOf(p *procfs.Process) string {
	if p == nil {
		return ""
	}
	return p.Comm
}
