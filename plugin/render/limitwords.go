package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect/limit"
)

// mostHolders is how many holders are named.
const mostHolders = 2

// holders is what holds the container's own limit, and whose tasks hold one
// that is shared.
func holders(l *limit.Limit) string {
	if l.Unseen != "" || l.Tasks() == 0 {
		return "-"
	}
	if l.Scope == limit.ScopeContainer || l.Scope == limit.ScopeInside {
		return fillWords(l.Fill)
	}
	var words []string
	for i, h := range l.Shares {
		if i == mostHolders && len(l.Shares) > mostHolders+1 {
			words = append(words, fmt.Sprintf("%d more", len(l.Shares)-i))
			break
		}
		name := "host"
		if h.Container != nil {
			name = Escape(h.Container.Name)
		}
		words = append(words, name+" "+count(h.Tasks))
	}
	return strings.Join(words, ", ")
}

// fillWords is "2,999 zombies, 13 processes", the most first.
func fillWords(f limit.Fill) string {
	type kind struct {
		n    int
		noun string
	}
	kinds := []kind{{f.Processes, "process"}, {f.Threads, "thread"}, {f.Zombies, "zombie"}}
	slices.SortStableFunc(kinds, func(a, b kind) int { return cmp.Compare(b.n, a.n) })
	var words []string
	for _, k := range kinds {
		if k.n > 0 {
			words = append(words, counted(k.n, k.noun))
		}
	}
	return strings.Join(words, ", ")
}

// limitVerdict is the sentence of a container, with what to type next.
func (s Screen) limitVerdict(c *limit.Set, named bool) {
	name := ""
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
	s.nextLine(name+Escape(c.Sentence())+".", Escape(command))
}

// nextHere is what to type next about what is shown: what changes the host, or
// looks at it again, is not proposed for a saved one.
func (s Screen) nextHere(next string) string {
	switch {
	case s.From == "" || next == "":
		return next
	case !strings.HasPrefix(next, "docker pidns") || strings.Contains(next, "--watch-for"):
		return ""
	default:
		return next + " --from " + Escape(s.From)
	}
}

// nextLine is a sentence, wrapped to the screen, with what to type next behind
// or below it.
func (s Screen) nextLine(sentence, next string) {
	next = s.nextHere(next)
	const separator = "    "
	switch {
	case next == "":
		s.writeWrapped("", 0, sentence)
	case s.Width > 0 && text.StringWidth(sentence+separator+next) > s.Width:
		s.writeWrapped("", 0, sentence)
		s.Line(strings.Repeat(" ", gap) + next)
	default:
		s.Line(sentence + separator + next)
	}
}
