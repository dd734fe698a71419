package render

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect/limit"
)

// mostHolders is how many holders are named.
const mostHolders = 2

// holders is what holds the container's own limit, or the containers whose tasks hold a shared
// one.
func holders(l *limit.Limit) Safe {
	if l.Unseen != "" || l.Tasks() == 0 {
		return "-"
	}
	if l.Scope == limit.ScopeContainer || l.Scope == limit.ScopeInside {
		return fillWords(l.Fill)
	}
	var words []Safe
	for i, h := range hostNamed(l) {
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

// hostNamed are the shares of a limit. For a limit of a user, the host's own share is among
// those that are named. Which user of the host has the same user ID may matter more than the
// largest share.
func hostNamed(l *limit.Limit) []limit.Share {
	at := slices.IndexFunc(l.Shares, func(h limit.Share) bool { return h.Container == nil })
	if l.Kind != limit.User || at < mostHolders {
		return l.Shares
	}
	shares := slices.Clone(l.Shares)
	host := shares[at]
	return slices.Insert(slices.Delete(shares, at, at+1), mostHolders-1, host)
}

// fillWords is "2,999 zombies, 13 processes", the largest number first.
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

// limitVerdict says which limit of a container is the nearest, what else deserves to be
// mentioned, and what to type, after a lead of that width. It reports whether there is something
// to fix.
func (s Screen) limitVerdict(c nearSet, lead Safe, indent int) (fixes bool) {
	s = s.on(c.Container)
	if own := c.Own(); own != nil && own.IsUnlimited() {
		who := Safe("It")
		if indent == 0 {
			who = s.name(c.Container)
		}
		s.writeWrapped(lead, indent, who+" has no pids limit of its own.")
		lead = blanks(indent)
	}
	switch first := c.First(); {
	case first == nil:
		s.writeWrapped(lead, indent, Escape(c.Sentence()))
		lead = blanks(indent)
	case !first.DeservesWord():
		s.writeWrapped(lead, indent, Escape(c.Sentence()))
		lead = blanks(indent)
		fixes = s.remedyLines(c.Next(first), indent)
	}
	fixes = s.nearVerdicts(c, lead, indent) || fixes
	for _, l := range c.Sooner() {
		s.writeWrapped(blanks(indent), indent, Escape(l.Sentence()))
	}
	return fixes
}

// nearVerdicts says how far each limit is that deserves to be mentioned, and what to type, after
// a lead of that width. It reports whether there is something to fix.
func (s Screen) nearVerdicts(c nearSet, lead Safe, indent int) (fixes bool) {
	s = s.on(c.Container)
	for _, l := range c.near {
		sentence := l.Sentence()
		if l.First {
			sentence = c.Sentence()
		}
		s.writeWrapped(lead, indent, Escape(sentence))
		lead = blanks(indent)
		fixes = s.remedyLines(c.Next(l), indent) || fixes
	}
	return fixes
}

// remedyLines write what to type about a limit. It reports whether that fixes something.
func (s Screen) remedyLines(r limit.Remedy, indent int) bool {
	if r.Looks {
		if next := s.nextHere(r.Command); next != "" {
			s.commandLine(blanks(indent), lookOn, next, "")
		}
		return false
	}
	s.fixLines(blanks(indent), r.Command, r.Effect, r.Lasting)
	return r.Command != ""
}
