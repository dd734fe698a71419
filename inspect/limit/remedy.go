package limit

import (
	"fmt"
	"path"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
)

// Remedy is what to do about a limit; the zero value where there is nothing.
type Remedy struct {
	// Command is what to type, "" where nothing that can be typed helps.
	Command string
	// Effect is which limit is hit next after it, and after how many more tasks, where that
	// is before those are used that it makes room for; else "".
	Effect string
	// Lasting is what Command takes beside that, what helps for good, or why there is
	// nothing to type.
	Lasting string
}

// Next is what to do about one of the limits: what shows its zombies where they hold most
// of it, else, if it is near, what raises it. A raise suffices for what is used by all
// who share the limit, and for room beside that. Where other limits are near too, it
// alone would be of no use, and it comes with theirs.
func (c *Set) Next(l *Limit) Remedy {
	switch {
	case l.HeldByZombies():
		return Remedy{Command: "docker pidns zombies" + soleName(l)}
	case !l.IsNear():
		return Remedy{}
	case l.Scope == ScopeInside:
		return Remedy{Command: "docker pidns tree " + l.Container.Name}
	}
	r := raise(l)
	if r.Command != "" && l.Stops() == Forks {
		c.look(&r, l)
	}
	if m := manage.Of(l.Container); l.Scope == ScopeContainer && (m.Kind == manage.ByCompose || m.Kind == manage.BySystemd && m.MakesAnew()) {
		r.Lasting = manage.Settings(l.Container, manage.PIDsLimit(raised(l))) + ": docker update lasts until " + m.Title() + " makes it anew"
	}
	return r
}

// raise is what raises the limit by itself.
func raise(l *Limit) Remedy {
	to := raised(l)
	switch {
	case l.Scope == ScopeNeighbour:
		return Remedy{Command: "docker run --user UID ...", Lasting: "a UID that no user of the host has"}
	case to <= l.Max.Or(0):
		return Remedy{Lasting: "the kernel allows no more than " + inspect.Count(l.Max.Or(0))}
	case l.Kind == User && manage.Of(l.Container).MakesAnew():
		return managed(l.Container, manage.Processes(to))
	case l.Kind == User:
		return Remedy{Command: fmt.Sprintf("docker run --ulimit nproc=%d ...", to), Lasting: "a new container, or another --user"}
	case l.Kind == Numbers:
		return Remedy{Command: fmt.Sprintf("sysctl -w kernel.pid_max=%d", to)}
	case l.Kind == Tasks:
		return Remedy{Command: fmt.Sprintf("sysctl -w kernel.threads-max=%d", to)}
	case l.Kind == Mappings:
		return Remedy{Command: fmt.Sprintf("sysctl -w vm.max_map_count=%d", to)}
	case l.Kind == AddressSpace:
		return Remedy{
			Command: fmt.Sprintf("prlimit --pid %d --as=%d", l.Process.PID, to),
			Lasting: "for good: raise its ulimit -v",
		}
	case l.Scope == ScopeContainer && manage.Of(l.Container).Replaces():
		return managed(l.Container, manage.PIDsLimit(to))
	case l.Scope == ScopeContainer:
		return Remedy{Command: fmt.Sprintf("docker update --pids-limit %d %s", to, l.Container.Name)}
	default:
		return Remedy{Command: raiseGroup(l, to)}
	}
}

// managed is a setting of the container as its manager takes it: a command where there is
// one, else what is to be written for it.
func managed(c *inspect.Container, s manage.Setting) Remedy {
	text := manage.Settings(c, s)
	if manage.Of(c).Kind == manage.BySwarm {
		return Remedy{Command: text}
	}
	return Remedy{Lasting: text}
}

// look adds what is to be known of the container's other limits once this one is raised:
// those that are near as well are raised with it, and of the others that is named which is
// hit before all the room is used.
func (c *Set) look(r *Remedy, raisedOne *Limit) {
	room := raised(raisedOne) - raisedOne.Used.Or(0)
	var next *Limit
	for i := range c.Limits {
		l := &c.Limits[i]
		left, ok := l.Left().Get()
		if l == raisedOne || l.Stops() != Forks || !ok {
			continue
		}
		if also := raise(l); l.IsNear() && also.Command != "" && also.Lasting == "" && l.Scope != ScopeInside {
			r.Command += " && " + also.Command
			room = min(room, raised(l)-l.Used.Or(0))
		} else if next == nil || left < next.Left().Or(0) {
			next = l
		}
	}
	if next == nil {
		return
	}
	if left := next.Left().Or(0); left < room {
		r.Effect = fmt.Sprintf("once it is raised, %s is hit first: %s left", next.title(), inspect.Count(left))
	}
}

// leastRoom is how many tasks a raised limit has room for at least, beside those that are
// there.
const leastRoom = 32

// raised is what the limit is to be: twice what it is if that is enough for what is used
// now and half of that again, else so much. It is no more than the kernel allows.
func raised(l *Limit) int {
	used, most := l.Used.Or(0), l.Max.Or(0)
	enough := used + max(used/2, leastRoom*l.perTask())
	to := 2 * most
	if to < enough {
		to = rounded(enough)
	}
	if ceiling, ok := ceilings[l.Kind]; ok {
		to = min(to, ceiling)
	}
	return to
}

// perTask is how much of the limit a further task takes.
func (l *Limit) perTask() int {
	if l.Kind == AddressSpace {
		return max(l.Stack, 1)
	}
	return 1
}

// ceilings are the most that the kernel takes for a limit of the whole host: PID_MAX_LIMIT
// of include/linux/threads.h on 64 bits, MAX_THREADS of kernel/fork.c, which is
// FUTEX_TID_MASK, and INT_MAX.
var ceilings = map[Kind]int{Numbers: 4 << 20, Tasks: 0x3fffffff, Mappings: 1<<31 - 1}

// rounded is the next number that is no smaller and that somebody would type: a multiple
// of ten or, from a hundred on, of five in its second digit.
func rounded(n int) int {
	unit := 10
	for unit*20 <= n {
		unit *= 10
	}
	if n >= 100 {
		unit = max(unit/2, 10)
	}
	return (n + unit - 1) / unit * unit
}

// soleName is the container's name where the limit is its own.
func soleName(l *Limit) string {
	if l.Scope == ScopeContainer || l.Scope == ScopeInside {
		return " " + l.Container.Name
	}
	return ""
}

// systemdUnits are the groups that systemd looks after.
var systemdUnits = pattern.Lazy(`\.(slice|service|scope)$`)

// raiseGroup: what is written beside systemd is undone by it.
func raiseGroup(l *Limit, limit int) string {
	if systemdUnits().MatchString(l.Path) {
		return fmt.Sprintf("systemctl set-property %s TasksMax=%d", path.Base(l.Path), limit)
	}
	return fmt.Sprintf("echo %d > %s", limit, path.Join(l.Dir, "pids.max"))
}
