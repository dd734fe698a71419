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

// hostNamed are the shares of a limit with the host's own among those that are named where
// it is a user's: whose number that is on the host may matter more than who has most.
func hostNamed(l *limit.Limit) []limit.Share {
	at := slices.IndexFunc(l.Shares, func(h limit.Share) bool { return h.Container == nil })
	if l.Kind != limit.User || at < mostHolders {
		return l.Shares
	}
	shares := slices.Clone(l.Shares)
	host := shares[at]
	return slices.Insert(slices.Delete(shares, at, at+1), mostHolders-1, host)
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

// limitVerdict is which limit of a container is hit first, and what deserves a word beside
// that, with what to type next.
func (s Screen) limitVerdict(c nearSet, named bool) {
	name := Safe("")
	if named {
		name = Escape(c.Container.Name) + ": "
	}
	switch first := c.First(); {
	case first == nil:
		s.nextLine(name+Escape(c.Sentence())+".", "")
	case !first.DeservesWord():
		s.nextLine(name+Escape(c.Sentence())+".", remedyWords(c.Next(first)))
	}
	s.nearVerdicts(c, name)
	for _, l := range c.Sooner() {
		s.nextLine(name+Escape(l.Sentence())+".", "")
	}
}

// nearVerdicts is a line for each limit that deserves a word.
func (s Screen) nearVerdicts(c nearSet, name Safe) {
	for _, l := range c.near {
		sentence := l.Sentence()
		if l.First {
			sentence = c.Sentence()
		}
		remedy := c.Next(l)
		if remedy.Effect != "" {
			sentence += "; " + remedy.Effect
		}
		s.nextLine(name+Escape(sentence)+".", remedyWords(remedy))
	}
}

// remedyWords is what to type, and what is to be known of it.
func remedyWords(r limit.Remedy) string {
	if r.Command == "" || r.Lasting == "" {
		return r.Command + r.Lasting
	}
	return r.Command + "   (" + r.Lasting + ")"
}
