package limit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Name is the kernel's word for it; of a user's, with the user as the
// container has it.
func (l *Limit) Name() string {
	switch {
	case l.Kind == AddressSpace:
		return "RLIMIT_AS"
	case l.Kind != User:
		return string(l.Kind)
	case l.Scope == ScopeCreator || l.Scope == ScopeNeighbour:
		return "NPROC"
	}
	user := "?"
	switch uid, known := l.UID.Get(); {
	case known && uid == 0:
		user = "root"
	case known:
		user = strconv.Itoa(uid)
	}
	return "NPROC (" + user + ")"
}

// Place says whose limit it is.
func (l *Limit) Place() string {
	switch l.Scope {
	case ScopeContainer:
		if declared, ok := l.Container.PIDsLimit.Get(); ok && procfs.Some(int(declared)) == l.Max {
			return "--pids-limit"
		}
		return "its cgroup"
	case ScopeParent:
		if l.Path == "/.." {
			return "groups above, not seen"
		}
		return l.Path
	case ScopeInside:
		if l.Kind == Numbers {
			return "its PID namespace"
		}
		return "its " + l.insidePath()
	case ScopeUser:
		if l.Exempt {
			return fmt.Sprintf("uid %d, exempt", l.HostUID)
		}
		return l.Path
	case ScopeProcess:
		return l.who()
	case ScopeEngine:
		return "engine's " + l.Path
	case ScopeNeighbour:
		return fmt.Sprintf("uid %d on the host", l.HostUID)
	case ScopeCreator:
		return fmt.Sprintf("uid %d, made its user ns", l.HostUID)
	default:
		return "host"
	}
}

// insidePath is the part of a group's path behind the container's own.
func (l *Limit) insidePath() string {
	_, rest, ok := strings.Cut(l.Path, l.Container.ID)
	if at := strings.IndexByte(rest, '/'); ok && at >= 0 {
		return rest[at:]
	}
	return l.Path
}

// Sentence says which limit is hit first, how much of it is left, what holds it, and
// which others that could not be read may come before it.
func (c *Set) Sentence() string {
	first := c.First()
	if first == nil {
		return "which limit is hit first cannot be told"
	}
	left := first.Left().Or(0)
	var line string
	switch {
	case left == 0:
		line = fmt.Sprintf("fork fails now: %s is full", first.title())
	case !c.Certain():
		line = fmt.Sprintf("of those that could be read, %s is hit first: %s left", first.title(), inspect.Count(left))
	default:
		line = fmt.Sprintf("%s is hit first: %s left", first.title(), inspect.Count(left))
	}
	if c.stopsThreadsSooner() {
		line = "for forks, " + line
	}
	line += first.mostlyHeld()
	if n := first.Refused.Or(0); n > 0 {
		line += fmt.Sprintf("; fork has failed %s in it", inspect.Times(n))
	}
	if !c.Certain() {
		line += "; " + c.unreadTitles() + " may come before it"
	}
	return line
}

// Sentence says of a limit that no fork of the container has to pass what fails at it, and
// how far it is.
func (l *Limit) Sentence() string {
	switch l.Stops() {
	case Threads:
		return l.threadSentence()
	case Sessions:
		return l.engineSentence(l.IsFull())
	case Neighbours:
		return l.neighbourSentence(l.IsFull())
	default:
		return ""
	}
}

// threadSentence says for how many threads of the process there is room. How large their
// stacks are is up to its C library.
func (l *Limit) threadSentence() string {
	room, with := l.Room().Or(0), ""
	if l.Kind == AddressSpace {
		with = " with a stack of " + l.Kind.Amount(l.Stack)
	}
	if room == 0 {
		return fmt.Sprintf("no further thread of %s%s can start: %s has %s left, fork still works", l.who(), with, l.Name(), l.Kind.Amount(l.Left().Or(0)))
	}
	return fmt.Sprintf("%s has room for at most %s of %s%s", l.Name(), inspect.Counted(room, "further thread"), l.who(), with)
}

// engineSentence says what the engine cannot do for the container when the group is full.
func (l *Limit) engineSentence(full bool) string {
	what, whose := "no container can be started", "of "+l.Process.Comm
	if inspect.ShimName(l.Process) != "" {
		what, whose = "docker exec and health checks fail", "of its shim"
	}
	where := fmt.Sprintf("pids.max of %s, the group %s", l.Path, whose)
	if full {
		return fmt.Sprintf("%s now: %s, is full", what, where)
	}
	return fmt.Sprintf("%s when %s, is full: %s left", what, where, inspect.Count(l.Left().Or(0)))
}

// neighbourSentence says who uses up what the host's user may have.
func (l *Limit) neighbourSentence(full bool) string {
	held := l.Tasks() - l.hostsOwn()
	what := fmt.Sprintf("the host's user %d is near its RLIMIT_NPROC", l.HostUID)
	if full {
		what = fmt.Sprintf("the host's user %d cannot fork", l.HostUID)
	}
	return fmt.Sprintf("%s: it may have %s, and containers hold %s", what, inspect.Counted(l.Max.Or(0), "task"), inspect.Count(held))
}

// who is the process of ScopeProcess.
func (l *Limit) who() string { return fmt.Sprintf("%s (%d)", l.Process.Comm, l.Process.PID) }

// stopsThreadsSooner reports whether a thread fails where a fork does not.
func (c *Set) stopsThreadsSooner() bool {
	isOfThreads := func(l *Limit) bool { return l.Stops() == Threads }
	return len(c.Sooner()) > 0 || slices.ContainsFunc(c.Beside(), isOfThreads)
}

// unreadTitles names what could not be read, each name once.
func (c *Set) unreadTitles() string {
	var titles []string
	for _, l := range c.Unread {
		if title := l.title(); !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	return strings.Join(titles, ", ")
}

// title is its name, and whose it is where there are several of the name.
func (l *Limit) title() string {
	if l.Scope == ScopeParent || l.Scope == ScopeInside {
		return l.Name() + " of " + l.Place()
	}
	return l.Name()
}

// mostlyHeld says what fills it where that is no ordinary processes.
func (l *Limit) mostlyHeld() string {
	switch rest := l.Tasks() - l.Zombies; {
	case l.HeldByZombies() && rest == 0:
		return ", all held by zombies"
	case l.HeldByZombies():
		return fmt.Sprintf(", all but %s held by zombies", inspect.Count(rest))
	case l.HeldByThreads():
		return fmt.Sprintf(", %s of %s held by further threads", inspect.Count(l.Threads), inspect.Count(l.Tasks()))
	default:
		return ""
	}
}
