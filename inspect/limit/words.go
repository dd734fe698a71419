package limit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Name is the kernel's name of the limit. For a user, it has the user ID inside the container.
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

// Place says where the limit is set.
func (l *Limit) Place() string {
	switch l.Scope {
	case ScopeContainer:
		if declared, ok := l.Container.PIDsLimit.Get(); ok && procfs.Some(int(declared)) == l.Max {
			return "--pids-limit"
		}
		return "its cgroup"
	case ScopeParent:
		if l.Path == "/.." {
			return "unseen groups above"
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

// insidePath is the part of a group's path after the container's own.
func (l *Limit) insidePath() string {
	_, rest, ok := strings.Cut(l.Path, l.Container.ID)
	if at := strings.IndexByte(rest, '/'); ok && at >= 0 {
		return rest[at:]
	}
	return l.Path
}

// Sentence says which limit is the nearest, how much of it is used, what holds it, and which
// others that could not be read may be nearer.
func (c *Set) Sentence() string {
	first := c.First()
	if first == nil {
		return "The nearest limit cannot be determined."
	}
	line := c.lead(first) + first.mostlyHeld()
	switch n := first.Refused.Or(0); {
	case n == 1:
		line += " 1 fork has already failed."
	case n > 1:
		line += fmt.Sprintf(" %s have already failed.", inspect.Counted(n, "fork"))
	}
	if !c.Certain() {
		line += " " + c.unreadTitles() + " could not be read and may be nearer."
	}
	return line
}

// lead names the first limit, and how much of it is used.
func (c *Set) lead(first *Limit) string {
	used := fmt.Sprintf("%s of %s used", first.Kind.Amount(first.Used.Or(0)), first.Kind.Amount(first.Max.Or(0)))
	if first.Left().Or(0) == 0 {
		return fmt.Sprintf("Fork fails now: %s is full (%s).", first.title(), used)
	}
	lead := "Nearest limit"
	if !c.Certain() {
		lead += " that could be read"
	}
	if c.stopsThreadsSooner() {
		lead += ", for forks"
	}
	return fmt.Sprintf("%s: %s, %s.", lead, first.title(), used)
}

// Sentence says, for a limit that does not apply to a fork of the container, what fails at it
// and how near it is. It is "" for others.
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

// threadSentence says for how many threads of the process there is room. The size of their
// stacks depends on the C library.
func (l *Limit) threadSentence() string {
	room, with := l.Room().Or(0), ""
	if l.Kind == AddressSpace {
		with = " with a stack of " + l.Kind.Amount(l.Stack)
	}
	if room == 0 {
		return fmt.Sprintf("No more threads of %s%s can start: %s has %s left. Fork still works.", l.who(), with, l.Name(), l.Kind.Amount(l.Left().Or(0)))
	}
	return fmt.Sprintf("%s has room for at most %s of %s%s.", l.Name(), inspect.Counted(room, "more thread"), l.who(), with)
}

// engineSentence says what the engine cannot do for the container when the group is full.
func (l *Limit) engineSentence(full bool) string {
	what, whose := "No container can be started", l.Process.Comm
	if inspect.ShimName(l.Process) != "" {
		what, whose = "docker exec and health checks fail", "its shim"
	}
	when := "when"
	if full {
		when = "now:"
	}
	return fmt.Sprintf("%s %s %s, the control group of %s, is full (pids.max): %s of %s used.", what, when, l.Path, whose, inspect.Count(l.Used.Or(0)), inspect.Count(l.Max.Or(0)))
}

// neighbourSentence says how much of the limit of the host's user the containers use.
func (l *Limit) neighbourSentence(full bool) string {
	what := "is near its RLIMIT_NPROC"
	if full {
		what = "cannot fork because of its RLIMIT_NPROC"
	}
	return fmt.Sprintf("User %d on the host %s (%s). Containers use %s of it.", l.HostUID, what, inspect.Counted(l.Max.Or(0), "task"), inspect.Count(l.Tasks()-l.hostsOwn()))
}

// who is the process of ScopeProcess.
func (l *Limit) who() string { return fmt.Sprintf("%s (%d)", l.Process.Comm, l.Process.PID) }

// stopsThreadsSooner reports whether a thread fails although a fork would not.
func (c *Set) stopsThreadsSooner() bool {
	isOfThreads := func(l *Limit) bool { return l.Stops() == Threads }
	return len(c.Sooner()) > 0 || slices.ContainsFunc(c.Beside(), isOfThreads)
}

// unreadTitles names the limits that could not be read, each name once.
func (c *Set) unreadTitles() string {
	var titles []string
	for _, l := range c.Unread {
		if title := l.title(); !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	return strings.Join(titles, " and ")
}

// title is its name, and its place if several limits have that name.
func (l *Limit) title() string {
	if l.Scope == ScopeParent || l.Scope == ScopeInside {
		return l.Name() + " of " + l.Place()
	}
	return l.Name()
}

// mostlyHeld says what fills it, if most of that is not ordinary processes.
func (l *Limit) mostlyHeld() string {
	switch rest := l.Tasks() - l.Zombies; {
	case l.HeldByZombies() && rest == 0:
		return " All are held by zombies."
	case l.HeldByZombies():
		return fmt.Sprintf(" All but %s are held by zombies.", inspect.Count(rest))
	case l.HeldByThreads():
		return fmt.Sprintf(" %s of %s are additional threads.", inspect.Count(l.Threads), inspect.Count(l.Tasks()))
	default:
		return ""
	}
}
