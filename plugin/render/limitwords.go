package render

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect/limit"
)

// mostHolders is how many holders are named.
const mostHolders = 2

// holders is what holds the container's own limit, and whose tasks hold one
// that is shared.
func holders(l *limit.Limit) Safe {
	if l.Unseen != "" || l.Tasks() == 0 {
		return "-"
	}
	if l.Scope == limit.ScopeContainer || l.Scope == limit.ScopeInside {
		return fillWords(l.Fill)
	}
	var words []Safe
	for i, h := range l.Shares {
		if i == mostHolders && len(l.Shares) > mostHolders+1 {
			words = append(words, Say("%d more", len(l.Shares)-i))
			break
		}
		name := Safe("host")
		if h.Container != nil {
			name = Escape(h.Container.Name)
		}
		words = append(words, name+" "+count(h.Tasks))
	}
	return join(words, ", ")
}

// fillWords is "2,999 zombies, 13 processes", the most first.
func fillWords(f limit.Fill) Safe {
	type kind struct {
		n    int
		noun string
	}
	kinds := []kind{{f.Processes, "process"}, {f.Threads, "thread"}, {f.Zombies, "zombie"}}
	slices.SortStableFunc(kinds, func(a, b kind) int { return cmp.Compare(b.n, a.n) })
	var words []Safe
	for _, k := range kinds {
		if k.n > 0 {
			words = append(words, counted(k.n, k.noun))
		}
	}
	return join(words, ", ")
}

// limitVerdict is the sentence of a container, with what to type next.
func (s Screen) limitVerdict(c *limit.Set, named bool) {
	name := Safe("")
	if named {
		name = Escape(c.Container.Name) + ": "
	}
	command := ""
	if first := c.First(); first != nil {
		next, meaning := limit.Next(first)
		if command = next; meaning != "" {
			command += "   (" + meaning + ")"
		}
	}
	s.nextLine(name+Escape(c.Sentence())+".", command)
}
