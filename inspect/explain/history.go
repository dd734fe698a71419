package explain

import (
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// explainHistory says what happened to a running container: restarts, a cancelled restart
// policy, processes killed by the OOM killer. It is empty if nothing happened.
func explainHistory(ix *inspect.Index, c *inspect.Container) []Statement {
	list := managedBy(ix, c)
	now, log := ix.Capture.Snapshot.TakenAt, ix.Capture.Events
	if c.RestartCount > 0 {
		list = append(list, state(TopicHistory, inspect.Certain, "Its restart policy (%s) has restarted it %s. This run began %s%s.", c.Policy(), inspect.Times(c.RestartCount), inspect.Ago(now, c.StartedAt), lastEnd(log, c)))
	}
	if c.IsInRestartLoop(now) {
		list = append(list, runsAlready(c)...)
	}
	list = append(list, OOMInRun(ix, c)...)
	return append(list, policyCancelled(ix, c)...)
}

// managedBy names the manager that recreates the container, or restarts it, according to its
// labels or to the client that runs it from a unit.
func managedBy(ix *inspect.Index, c *inspect.Container) []Statement {
	m := manage.Of(c)
	if m.Kind == manage.ByNobody {
		return nil
	}
	const lost = " Changes by docker update are lost when it is recreated."
	if m.Client == nil {
		return []Statement{state(TopicHistory, inspect.Likely, "It belongs to %s, according to its labels."+lost, m.Title())}
	}
	list := []Statement{state(TopicHistory, inspect.Likely, "It belongs to %s, according to its client (%s, %d).", m.Title(), m.Client.Command, m.Client.ClientPID)}
	if m.MakesAnew() {
		list[0].Text += lost
	}
	return append(list, restartedByUnit(ix, c))
}

// restartedByUnit says how to restart a container that a unit's client runs.
func restartedByUnit(ix *inspect.Index, c *inspect.Container) Statement {
	plain := manage.RestartByTerm(c)
	if restart := signal.Restart(ix, c); restart != plain {
		return state(TopicHistory, inspect.Likely, "%s alone sends SIGTERM only to that client, which forwards it. Unless the unit has an ExecStop, the container may keep running. To restart both: %s", plain, restart)
	}
	return state(TopicHistory, inspect.Likely, "%s sends SIGTERM to that client, which forwards it. The command restarts the container.", plain)
}

// OOMInRun is a statement that the OOM killer killed a process of a running container in its
// present run, by the kernel log and the engine's events, as far as the capture has them. It is
// empty if neither shows one. With cgroup v1 an event is about a group that ran out of memory,
// which may have other containers below it. The kernel log names the victim.
func OOMInRun(ix *inspect.Index, c *inspect.Container) []Statement {
	now := ix.Capture.Snapshot.TakenAt
	const lives = "The main process was not killed."
	victims := oomBetween(ix, c, c.StartedAt, now)
	var struck []inspect.Event
	if log := ix.Capture.Events; log != nil {
		struck = slices.DeleteFunc(log.Of(c.ID, c.StartedAt, now), func(e inspect.Event) bool { return e.Action != "oom" })
	}
	if n := len(victims.Own); n > 0 {
		last, certainty := victims.Own[n-1], inspect.Likely
		if len(struck) > 0 || oomIsAfter(ix, last, c.StartedAt) {
			certainty = inspect.Certain
		}
		return []Statement{state(TopicHistory, certainty, "The OOM killer killed a process of it %s: %s (kernel log: %s, PID %d). %s", inspect.Ago(now, oomKilledAt(ix, last)), whyStruck(last, c), last.Comm, last.PID, lives)}
	}
	if len(struck) == 0 {
		return nil
	}
	ago := inspect.Ago(now, struck[len(struck)-1].At)
	switch {
	case OOMIsItsOwn(ix):
		return []Statement{state(TopicHistory, inspect.Certain, "The OOM killer killed a process of it %s: %s. %s", ago, ownLimit, lives)}
	case victims.Reaches && len(victims.Others) > 0:
		last := victims.Others[len(victims.Others)-1]
		return []Statement{state(TopicHistory, inspect.Likely, "A memory limit that it shares with others was reached %s. The kernel log names only a victim in %s.", ago, whose(ix, last.Group))}
	default:
		return []Statement{state(TopicHistory, inspect.Likely, "The OOM killer killed a process of it, or of a container with the same memory limit, %s. %s", ago, lives)}
	}
}

// policyCancelled says that the restart policy no longer acts in this run.
func policyCancelled(ix *inspect.Index, c *inspect.Container) []Statement {
	back := ix.ComebackOf(c, 128+procfs.SIGKILL)
	if back.Cancelled == nil {
		return nil
	}
	return []Statement{state(TopicHistory, back.Certainty, "docker sent it %s %s, which cancels its restart policy (%s) until docker restart.", nameOf(back.Cancelled.Signal), inspect.Ago(ix.Capture.Snapshot.TakenAt, back.Cancelled.At), c.Policy())}
}

// lastEnd is the exit code of the previous run, "" if the engine no longer has it.
func lastEnd(log *inspect.EventLog, c *inspect.Container) string {
	if log == nil {
		return ""
	}
	for _, e := range slices.Backward(log.Events) {
		if e.ContainerID == c.ID && e.Action == "die" && e.At.Before(c.StartedAt) {
			if e.ExitCode < 0 {
				return ", after an exit code that Docker does not give"
			}
			return fmt.Sprintf(", after exit code %d%s", e.ExitCode, inspect.SignalWords(e.ExitCode))
		}
	}
	return ""
}
