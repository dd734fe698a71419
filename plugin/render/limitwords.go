package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// limitName is the kernel's word for it; of a user's, with the user as the
// container has it.
func limitName(l *inspect.Limit) string {
	if l.Kind != inspect.LimitUser {
		return string(l.Kind)
	}
	if l.Scope == inspect.ScopeCreator {
		return "NPROC"
	}
	uid, known := l.UID.Get()
	return fmt.Sprintf("NPROC (%s)", user(uid, known))
}

// limitPlace says whose limit it is.
func limitPlace(l *inspect.Limit) string {
	switch l.Scope {
	case inspect.ScopeContainer:
		if declared, ok := l.Container.PIDsLimit.Get(); ok && procfs.Some(int(declared)) == l.Max {
			return "--pids-limit"
		}
		return "its cgroup"
	case inspect.ScopeParent:
		if l.Path == "/.." {
			return "groups above, not seen"
		}
		return Escape(l.Path)
	case inspect.ScopeInside:
		if l.Kind == inspect.LimitNumbers {
			return "its PID namespace"
		}
		return "its " + Escape(insidePath(l))
	case inspect.ScopeUser:
		if l.Exempt {
			return fmt.Sprintf("uid %d, exempt", l.HostUID)
		}
		return Escape(l.Path)
	case inspect.ScopeCreator:
		return fmt.Sprintf("uid %d, made its user ns", l.HostUID)
	default:
		return "host"
	}
}

// insidePath is the part of a group's path behind the container's own.
func insidePath(l *inspect.Limit) string {
	_, rest, ok := strings.Cut(l.Path, l.Container.ID)
	if at := strings.IndexByte(rest, '/'); ok && at >= 0 {
		return rest[at:]
	}
	return l.Path
}

// mostHolders is how many holders are named.
const mostHolders = 2

// holders is what holds the container's own limit, and whose tasks hold one
// that is shared.
func holders(l *inspect.Limit) string {
	if l.Unseen != "" || l.Tasks() == 0 {
		return "-"
	}
	if l.Scope == inspect.ScopeContainer || l.Scope == inspect.ScopeInside {
		return fillWords(l.Fill)
	}
	var words []string
	for i, h := range l.Holders {
		if i == mostHolders && len(l.Holders) > mostHolders+1 {
			words = append(words, fmt.Sprintf("%d more", len(l.Holders)-i))
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
func fillWords(f inspect.Fill) string {
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
func (s Screen) limitVerdict(c *inspect.ContainerLimits, named bool) {
	name := ""
	if named {
		name = Escape(c.Container.Name) + ": "
	}
	first := c.First()
	if first == nil {
		s.Line(name + "which limit is hit first cannot be told.")
		return
	}
	command, meaning := inspect.NextForLimit(first)
	if meaning != "" {
		command += "   (" + meaning + ")"
	}
	sentence := name + firstSentence(c, first)
	s.nextLine(sentence, Escape(command))
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

func firstSentence(c *inspect.ContainerLimits, first *inspect.Limit) string {
	left := first.Left().Or(0)
	var line string
	switch {
	case left == 0:
		line = fmt.Sprintf("fork fails now: %s is full", limitTitle(first))
	case !c.Certain():
		line = fmt.Sprintf("of those that could be read, %s is hit first: %s left", limitTitle(first), count(left))
	default:
		line = fmt.Sprintf("%s is hit first: %s left", limitTitle(first), count(left))
	}
	line += mostlyHeld(first)
	if n := first.Refused.Or(0); n > 0 {
		line += fmt.Sprintf("; fork has failed %s in it", times(n))
	}
	if !c.Certain() {
		line += "; " + unreadTitles(c) + " may come before it"
	}
	return line + "."
}

// unreadTitles names what could not be read, each name once.
func unreadTitles(c *inspect.ContainerLimits) string {
	var titles []string
	for _, l := range c.Unread {
		if title := limitTitle(l); !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	return strings.Join(titles, ", ")
}

// limitTitle is its name, and whose it is where there are several of the name.
func limitTitle(l *inspect.Limit) string {
	if l.Scope == inspect.ScopeParent || l.Scope == inspect.ScopeInside {
		return limitName(l) + " of " + limitPlace(l)
	}
	return limitName(l)
}

// mostlyHeld says what fills it where that is no ordinary processes.
func mostlyHeld(l *inspect.Limit) string {
	switch rest := l.Tasks() - l.Zombies; {
	case l.HeldByZombies() && rest == 0:
		return ", all held by zombies"
	case l.HeldByZombies():
		return fmt.Sprintf(", all but %s held by zombies", count(rest))
	case l.HeldByThreads():
		return fmt.Sprintf(", %s of %s held by further threads", count(l.Threads), count(l.Tasks()))
	default:
		return ""
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return counted(n, "time")
}
