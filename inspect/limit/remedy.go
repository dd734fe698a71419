package limit

import (
	"fmt"
	"path"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
)

// Remedy is what to do about a limit, the zero value if nothing has to be done.
type Remedy struct {
	// Command is the command to type, "" if no command helps.
	Command string
	// Looks is true if Command only shows what holds the limit, and changes nothing.
	Looks bool
	// Effect names the limit that is nearest after Command, and how much of it is left, if that
	// is less than the room that Command makes, else "".
	Effect string
	// Lasting is the lasting fix, or why there is none, as a sentence, or "".
	Lasting string
}

// Next is what to do about one of the limits. If zombies hold most of it, show them. Otherwise,
// if it is near, raise it. The raised limit is enough for what all containers that share it use,
// and for some room. If other limits are near too, raising one would not help, so Command raises
// those as well.
func (c *Set) Next(l *Limit) Remedy {
	switch {
	case l.HeldByZombies():
		return Remedy{Command: "docker pidns zombies" + soleName(l), Looks: true}
	case !l.IsNear():
		return Remedy{}
	case l.Scope == ScopeInside:
		return Remedy{Command: "docker pidns tree " + l.Container.Name, Looks: true}
	}
	r := raise(l)
	if r.Command != "" && l.Stops() == Forks {
		c.look(&r, l)
	}
	if m := manage.Of(l.Container); l.Scope == ScopeContainer && (m.Kind == manage.ByCompose || m.Kind == manage.BySystemd && m.MakesAnew()) {
		r.Lasting = "set " + manage.Settings(l.Container, manage.PIDsLimit(raised(l))) + ". docker update lasts only until the container is recreated."
	}
	return r
}

// raise raises only this limit.
func raise(l *Limit) Remedy {
	to := raised(l)
	switch {
	case l.Scope == ScopeNeighbour:
		return Remedy{Lasting: "recreate the container with --user and a UID that no user on the host has."}
	case to <= l.Max.Or(0):
		return Remedy{Lasting: "impossible: the kernel allows at most " + inspect.Count(l.Max.Or(0)) + "."}
	case l.Kind == User && manage.Of(l.Container).MakesAnew():
		return managed(l.Container, manage.Processes(to))
	case l.Kind == User:
		return Remedy{Lasting: fmt.Sprintf("recreate the container with --ulimit nproc=%d or with another --user.", to)}
	case l.Kind == Numbers:
		return Remedy{Command: fmt.Sprintf("sysctl -w kernel.pid_max=%d", to)}
	case l.Kind == Tasks:
		return Remedy{Command: fmt.Sprintf("sysctl -w kernel.threads-max=%d", to)}
	case l.Kind == Mappings:
		return Remedy{Command: fmt.Sprintf("sysctl -w vm.max_map_count=%d", to)}
	case l.Kind == AddressSpace:
		return Remedy{
			Command: fmt.Sprintf("prlimit --pid %d --as=%d", l.Process.PID, to),
			Lasting: "raise its ulimit -v.",
		}
	case l.Scope == ScopeContainer && manage.Of(l.Container).Replaces():
		return managed(l.Container, manage.PIDsLimit(to))
	case l.Scope == ScopeContainer:
		return Remedy{Command: fmt.Sprintf("docker update --pids-limit %d %s", to, l.Container.Name)}
	default:
		return Remedy{Command: raiseGroup(l, to)}
	}
}

// managed is a setting of the container in the words of its manager: a command if there is one,
// else what to set.
func managed(c *inspect.Container, s manage.Setting) Remedy {
	text := manage.Settings(c, s)
	if manage.Of(c).Kind == manage.BySwarm {
		return Remedy{Command: text}
	}
	return Remedy{Lasting: "set " + text + "."}
}

// look adds the container's other limits to a raise. Limits that are near too are raised with
// it. Of the others, it names the one that is reached before all the room is used.
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
		r.Effect = fmt.Sprintf("then the nearest limit is %s: %s left", next.title(), inspect.Count(left))
	}
}

// leastRoom is for how many more tasks a raised limit has room at least.
const leastRoom = 32

// raised is the new limit: twice the old one if that is enough for one and a half times what is
// used now, otherwise one and a half times what is used. The kernel's maximum bounds it.
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

// perTask is how much of the limit another task needs.
func (l *Limit) perTask() int {
	if l.Kind == AddressSpace {
		return max(l.Stack, 1)
	}
	return 1
}

// ceilings are the highest values that the kernel accepts for a limit of the whole host:
// PID_MAX_LIMIT of include/linux/threads.h on 64 bits, MAX_THREADS of kernel/fork.c, which is
// FUTEX_TID_MASK, and INT_MAX.
var ceilings = map[Kind]int{Numbers: 4 << 20, Tasks: 0x3fffffff, Mappings: 1<<31 - 1}

// rounded rounds up to a number that is easy to type: a multiple of ten or, from a hundred
// on, of five in its second digit.
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

// soleName is the container's name if the limit is the container's own.
func soleName(l *Limit) string {
	if l.Scope == ScopeContainer || l.Scope == ScopeInside {
		return " " + l.Container.Name
	}
	return ""
}

// systemdUnits are the groups that systemd manages.
var systemdUnits = pattern.Lazy(`\.(slice|service|scope)$`)

// raiseGroup raises a group's limit, through systemd if systemd manages the group. systemd would
// undo a value that is written without it.
func raiseGroup(l *Limit, limit int) string {
	if systemdUnits().MatchString(l.Path) {
		return fmt.Sprintf("systemctl set-property %s TasksMax=%d", path.Base(l.Path), limit)
	}
	return fmt.Sprintf("echo %d > %s", limit, path.Join(l.Dir, "pids.max"))
}
