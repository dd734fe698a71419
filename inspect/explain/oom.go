package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// ownLimit is why the OOM killer acts in a container that has a limit of its own.
const ownLimit = "it reached its memory limit"

// lastOOM is the time of the engine's last out-of-memory event. It is not held if there is
// none.
func (e *ending) lastOOM() procfs.Opt[time.Time] {
	for _, event := range slices.Backward(e.events) {
		if event.Action == "oom" {
			return procfs.Some(event.At)
		}
	}
	return procfs.None[time.Time](procfs.NotHeld)
}

// isToldOfOOM reports whether the engine or the kernel log shows the OOM killer in that run.
func (e *ending) isToldOfOOM() bool {
	return e.OOMKilled || e.lastOOM().Held() || len(e.victims.Own) > 0
}

// isAtEnd reports whether a victim in the kernel log was killed when the container exited.
func (e *ending) isAtEnd(kill procfs.OOMKill) bool {
	return e.FinishedAt.Sub(oomKilledAt(e.ix, kill)).Abs() < e.victims.Slack
}

// struckByKernel says that the OOM killer killed a process, and whether that is why the
// container exited. The engine reports it for any process, at any time. With cgroup v1 it
// reports it for all containers below a group that ran out of memory. The kernel log names the
// victim.
func (e *ending) struckByKernel(asked bool) (list []Statement, settled bool) {
	if !e.isToldOfOOM() {
		return nil, false
	}
	last, seen := e.lastOOM().Get()
	eventAtEnd := seen && e.FinishedAt.Sub(last) < inspect.EndSlack
	if own := slices.DeleteFunc(slices.Clone(e.victims.Own), func(k procfs.OOMKill) bool { return !e.isAtEnd(k) }); len(own) > 0 && e.isKilled() && !asked {
		return []Statement{e.struckVictim(own[len(own)-1], eventAtEnd)}, true
	}
	isOwn := OOMIsItsOwn(e.ix)
	switch others := e.othersAtEnd(); {
	case e.isKilled() && !asked && eventAtEnd && isOwn:
		return e.certain("The OOM killer killed it: %s.", ownLimit), true
	case e.isKilled() && !asked && others != "":
		return []Statement{state(TopicEnd, inspect.Likely, "The OOM killer acted at that time, but killed a process of %s (kernel log). A memory limit above both was reached.", others)}, false
	case e.isKilled() && !asked && (eventAtEnd || !seen):
		return []Statement{state(TopicEnd, inspect.Likely, "The OOM killer killed it with SIGKILL: %s.", e.ranOut())}, true
	case e.isKilled() && eventAtEnd && isOwn:
		return e.certain("The OOM killer also killed a process at that time: %s.", ownLimit), false
	}
	return []Statement{e.struckBefore(seen, last)}, false
}

// ranOut says which limit an event, or OOMKilled, is about.
func (e *ending) ranOut() string {
	if OOMIsItsOwn(e.ix) {
		return ownLimit
	}
	return "a memory limit was reached, its own or one shared with other containers"
}

// struckVictim names the victim from the kernel log. It certainly belongs to this exit if the
// engine has an event of its own, or if the clocks cannot be far apart and the exit of the
// previous run is not near.
func (e *ending) struckVictim(kill procfs.OOMKill, eventAtEnd bool) Statement {
	certainty := inspect.Likely
	if eventAtEnd || e.victims.Slack < 2*inspect.EndSlack && oomIsAfter(e.ix, kill, e.StartedAt) {
		certainty = inspect.Certain
	}
	return state(TopicEnd, certainty, "The OOM killer killed it: %s (kernel log: %s, PID %d).", whyStruck(kill, e.Container), kill.Comm, kill.PID)
}

// whyStruck says which memory limit was reached.
func whyStruck(kill procfs.OOMKill, c *inspect.Container) string {
	switch {
	case kill.Limit == "":
		return "the host had no memory left"
	case isBelow(kill.Limit, c.ID):
		return "a memory group inside it reached its limit"
	case isOwnGroup(kill.Limit, c.ID):
		return ownLimit
	default:
		return fmt.Sprintf("memory group %s, which it may share with others, reached its limit", kill.Limit)
	}
}

// struckBefore says that the OOM killer killed a process, but did not cause the exit.
func (e *ending) struckBefore(seen bool, last time.Time) Statement {
	own := e.victims.Own
	when, certainty := "", inspect.Likely
	if seen || len(own) > 0 && oomIsAfter(e.ix, own[len(own)-1], e.StartedAt) {
		certainty = inspect.Certain
	}
	switch {
	case len(own) > 0 && (!seen || !OOMIsItsOwn(e.ix)):
		last, seen = oomKilledAt(e.ix, own[len(own)-1]), true
		fallthrough
	case seen:
		when = ", " + max(e.FinishedAt.Sub(last), 0).Round(time.Second).String() + " before the exit"
	}
	switch {
	case len(own) > 0:
		return state(TopicEnd, certainty, "The OOM killer killed another of its processes%s: %s. The main process exited with %d.", when, whyStruck(own[len(own)-1], e.Container), e.ExitCode)
	case OOMIsItsOwn(e.ix):
		return state(TopicEnd, inspect.Certain, "The OOM killer killed another of its processes%s: %s. The main process exited with %d.", when, ownLimit, e.ExitCode)
	default:
		return state(TopicEnd, inspect.Likely, "The OOM killer killed one of its processes, or one of a container with the same memory limit%s. The main process exited with %d.", when, e.ExitCode)
	}
}

// othersAtEnd names the container of a victim that the kernel log has at the time of the exit,
// if no victim belongs to this container. It is "" if the log shows nothing.
func (e *ending) othersAtEnd() string {
	if !e.victims.Reaches {
		return ""
	}
	for _, kill := range slices.Backward(e.victims.Others) {
		if e.isAtEnd(kill) && kill.Limit != "" {
			return whose(e.ix, kill.Group)
		}
	}
	return ""
}

// whose names the container that a memory group belongs to. If there is none, it is the path of
// the group.
func whose(ix *inspect.Index, group string) string {
	if owner := ownerOfGroup(ix, group); owner != nil {
		return owner.Name
	}
	return "memory group " + group
}

// notOOM says that nothing shows the OOM killer. That is certain only if the kernel has counted
// no victim since boot. The engine gets events only about groups with a limit, and with cgroup
// v1 not about a group below the container's.
func (e *ending) notOOM() Statement {
	switch {
	case noOOMKillSince(e.ix, e.StartedAt):
		return state(TopicEnd, inspect.Certain, "The OOM killer did not kill it: it has not killed any process on this host since boot.")
	case e.victims.Reaches:
		return state(TopicEnd, inspect.Likely, "The OOM killer did not kill it (OOMKilled false, not in the kernel log).")
	default:
		return state(TopicEnd, inspect.Likely, "The OOM killer did not kill it (OOMKilled false), unless the host or a memory group inside the container ran out of memory.")
	}
}

// isOwnGroup and isBelow report whether a memory group is the container's, or below it.
func isOwnGroup(group, id string) bool {
	_, below, found := strings.Cut(group, id)
	return found && !strings.Contains(below, "/")
}

func isBelow(group, id string) bool {
	_, below, found := strings.Cut(group, id)
	return found && strings.Contains(below, "/")
}
