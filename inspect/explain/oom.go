package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// ownLimit is why the OOM killer strikes in a container that has a limit of its own.
const ownLimit = "it used more memory than it may"

// lastOOM is when the engine was told last that memory had run out, not held where no
// event tells.
func (e *ending) lastOOM() procfs.Opt[time.Time] {
	for _, event := range slices.Backward(e.events) {
		if event.Action == "oom" {
			return procfs.Some(event.At)
		}
	}
	return procfs.None[time.Time](procfs.NotHeld)
}

// isToldOfOOM: engine or kernel log tell of the OOM killer in that run.
func (e *ending) isToldOfOOM() bool {
	return e.OOMKilled || e.lastOOM().Held() || len(e.victims.Own) > 0
}

// isAtEnd: the kernel log names a victim of the container's at the end.
func (e *ending) isAtEnd(kill procfs.OOMKill) bool {
	return e.FinishedAt.Sub(oomKilledAt(e.ix, kill)).Abs() < e.victims.Slack
}

// struckByKernel says that the OOM killer struck, and whether that is why the container
// ended: the engine notes it for whichever process was killed, and whenever; and with
// cgroup v1 for all that are below a group that ran out. The kernel log says whom.
func (e *ending) struckByKernel(asked bool) (list []Statement, settled bool) {
	if !e.isToldOfOOM() {
		return nil, false
	}
	last, seen := e.lastOOM().Get()
	eventAtEnd := seen && e.FinishedAt.Sub(last) < inspect.EndSlack
	if own := slices.DeleteFunc(slices.Clone(e.victims.Own), func(k procfs.OOMKill) bool { return !e.isAtEnd(k) }); len(own) > 0 && e.isKilled() && !asked {
		return []Statement{e.struckVictim(own[len(own)-1], eventAtEnd)}, true
	}
	isOwn := oomIsItsOwn(e.ix)
	switch others := e.othersAtEnd(); {
	case e.isKilled() && !asked && eventAtEnd && isOwn:
		return e.certain("the kernel's OOM killer struck: %s", ownLimit), true
	case e.isKilled() && !asked && others != "":
		return []Statement{state(TopicEnd, inspect.Likely, "the kernel's OOM killer struck at that time, but in %s, says the kernel log, as a group above both used more memory than it may", others)}, false
	case e.isKilled() && !asked && (eventAtEnd || !seen):
		return []Statement{state(TopicEnd, inspect.Likely, "the kernel's OOM killer: %s, and SIGKILL is how it kills", e.ranOut())}, true
	case e.isKilled() && eventAtEnd && isOwn:
		return e.certain("the kernel's OOM killer struck at that time too, as %s", ownLimit), false
	}
	return []Statement{e.struckBefore(seen, last)}, false
}

// ranOut says of an event, or of OOMKilled, what it is about.
func (e *ending) ranOut() string {
	if oomIsItsOwn(e.ix) {
		return "it struck in this container, as " + ownLimit
	}
	return "it struck in this container, or in another that shares a memory limit with it"
}

// struckVictim: the kernel log names the victim. That it was at this end is certain where
// the engine has an event of its own, or where the clocks cannot be far apart and the end of
// the run before is not near.
func (e *ending) struckVictim(kill procfs.OOMKill, eventAtEnd bool) Statement {
	certainty := inspect.Likely
	if eventAtEnd || e.victims.Slack < 2*inspect.EndSlack && oomIsAfter(e.ix, kill, e.StartedAt) {
		certainty = inspect.Certain
	}
	return state(TopicEnd, certainty, "the kernel's OOM killer struck: %s (the kernel log: %s, %d)", whyStruck(kill, e.Container), kill.Comm, kill.PID)
}

// whyStruck says what had no memory left.
func whyStruck(kill procfs.OOMKill, c *inspect.Container) string {
	switch {
	case kill.Limit == "":
		return "the host had no memory left"
	case isBelow(kill.Limit, c.ID):
		return "a memory group inside it used more than that may"
	case isOwnGroup(kill.Limit, c.ID):
		return ownLimit
	default:
		return fmt.Sprintf("the memory group %s, which it may share with others, used more than it may", kill.Limit)
	}
}

// struckBefore: the OOM killer struck, but not for the end.
func (e *ending) struckBefore(seen bool, last time.Time) Statement {
	own := e.victims.Own
	when, certainty := "", inspect.Likely
	if seen || len(own) > 0 && oomIsAfter(e.ix, own[len(own)-1], e.StartedAt) {
		certainty = inspect.Certain
	}
	switch {
	case len(own) > 0 && (!seen || !oomIsItsOwn(e.ix)):
		last, seen = oomKilledAt(e.ix, own[len(own)-1]), true
		fallthrough
	case seen:
		when = ", " + max(e.FinishedAt.Sub(last), 0).Round(time.Second).String() + " before its end"
	}
	switch {
	case len(own) > 0:
		return state(TopicEnd, certainty, "the kernel's OOM killer struck another of its processes%s, as %s; its main process ended with %d", when, whyStruck(own[len(own)-1], e.Container), e.ExitCode)
	case oomIsItsOwn(e.ix):
		return state(TopicEnd, inspect.Certain, "the kernel's OOM killer struck another of its processes%s, as %s; its main process ended with %d", when, ownLimit, e.ExitCode)
	default:
		return state(TopicEnd, inspect.Likely, "the kernel's OOM killer struck one of its processes, or one of another container that shares a memory limit with it%s; its main process ended with %d", when, e.ExitCode)
	}
}

// othersAtEnd are whose processes the kernel log names at the end where it names none of
// this container's; "" where it does not tell.
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

// whose is the container that a memory group belongs to, or its path.
func whose(ix *inspect.Index, group string) string {
	if owner := ownerOfGroup(ix, group); owner != nil {
		return owner.Name
	}
	return "the memory group " + group
}

// notOOM says that nobody tells of the OOM killer, which is certain only where the kernel
// has counted no victim since boot: the engine hears of those alone that a group with a
// limit had, and with cgroup v1 not of one below the container's.
func (e *ending) notOOM() Statement {
	switch {
	case noOOMKillSince(e.ix, e.StartedAt):
		return state(TopicEnd, inspect.Certain, "not the OOM killer: it has killed nobody on this host since boot")
	case e.victims.Reaches:
		return state(TopicEnd, inspect.Likely, "not the OOM killer (OOMKilled false, and the kernel log names none of its processes)")
	default:
		return state(TopicEnd, inspect.Likely, "not the OOM killer (OOMKilled false), unless the host, or a memory group inside the container, ran out of memory")
	}
}

// isOwnGroup and isBelow tell the container's memory group from those inside it.
func isOwnGroup(group, id string) bool {
	_, below, found := strings.Cut(group, id)
	return found && !strings.Contains(below, "/")
}

func isBelow(group, id string) bool {
	_, below, found := strings.Cut(group, id)
	return found && strings.Contains(below, "/")
}
