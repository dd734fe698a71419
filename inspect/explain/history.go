package explain

import (
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// explainHistory says of a running container what it has gone through: its restart
// policy had to start it again or has been cancelled, and the OOM killer struck in it.
// Nothing is said of one that just runs.
func explainHistory(ix *inspect.Index, c *inspect.Container) []Statement {
	list := managedBy(c)
	now, log := ix.Capture.Snapshot.TakenAt, ix.Capture.Events
	if c.RestartCount > 0 {
		list = append(list, state(TopicHistory, inspect.Certain, "its restart policy (%s) has started it again %s. This run began %s%s", c.Policy(), inspect.Times(c.RestartCount), inspect.Ago(now, c.StartedAt), lastEnd(log, c)))
	}
	if c.IsInRestartLoop(now) {
		list = append(list, runsAlready(c)...)
	}
	list = append(list, struckAndLives(ix, c)...)
	return append(list, policyCancelled(ix, c)...)
}

// managedBy says who makes the container anew, or starts it. Its labels tell so, or the client
// that runs it from a unit, and nobody proves it.
func managedBy(c *inspect.Container) []Statement {
	m := manage.Of(c)
	if m.Kind == manage.ByNobody {
		return nil
	}
	const lost = "what docker update changes is lost when that makes it anew"
	if m.Client == nil {
		return []Statement{state(TopicHistory, inspect.Likely, "it belongs to %s, by its labels: %s", m.Title(), lost)}
	}
	list := []Statement{state(TopicHistory, inspect.Likely, "it belongs to %s, by its client (%s, %d)", m.Title(), m.Client.Command, m.Client.ClientPID)}
	if m.MakesAnew() {
		list[0].Text += ": " + lost
	}
	return append(list, state(TopicHistory, inspect.Likely, "%s %s: it goes to that client, which passes it on", manage.Restart(c), manage.RestartIf(c, "starts it again")))
}

// struckAndLives says that the OOM killer struck in this run. The engine's event is with
// cgroup v1 about a group that ran out, which others may be below; the kernel log says
// whose process it was.
func struckAndLives(ix *inspect.Index, c *inspect.Container) []Statement {
	now := ix.Capture.Snapshot.TakenAt
	const lives = "its main process lives"
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
		return []Statement{state(TopicHistory, certainty, "the kernel's OOM killer struck in it %s, as %s (the kernel log: %s, %d); %s", inspect.Ago(now, oomKilledAt(ix, last)), whyStruck(last, c), last.Comm, last.PID, lives)}
	}
	if len(struck) == 0 {
		return nil
	}
	ago := inspect.Ago(now, struck[len(struck)-1].At)
	switch {
	case oomIsItsOwn(ix):
		return []Statement{state(TopicHistory, inspect.Certain, "the kernel's OOM killer struck in it %s, as %s; %s", ago, ownLimit, lives)}
	case victims.Reaches && len(victims.Others) > 0:
		last := victims.Others[len(victims.Others)-1]
		return []Statement{state(TopicHistory, inspect.Likely, "a memory limit that it shares with others was reached %s: the kernel log names a victim in %s, and none in it", ago, whose(ix, last.Group))}
	default:
		return []Statement{state(TopicHistory, inspect.Likely, "the kernel's OOM killer struck in it, or in another that shares a memory limit with it, %s; %s", ago, lives)}
	}
}

// policyCancelled says that the restart policy does not act any more in this run.
func policyCancelled(ix *inspect.Index, c *inspect.Container) []Statement {
	back := ix.ComebackOf(c, 128+procfs.SIGKILL)
	if back.Cancelled == nil {
		return nil
	}
	return []Statement{state(TopicHistory, back.Certainty, "docker sent it %s %s, which has cancelled its restart policy (%s) until docker restart", nameOf(back.Cancelled.Signal), inspect.Ago(ix.Capture.Snapshot.TakenAt, back.Cancelled.At), c.Policy())}
}

// lastEnd is how the run before this one ended, "" where the engine has forgotten it.
func lastEnd(log *inspect.EventLog, c *inspect.Container) string {
	if log == nil {
		return ""
	}
	for _, e := range slices.Backward(log.Events) {
		if e.ContainerID == c.ID && e.Action == "die" && e.At.Before(c.StartedAt) {
			if e.ExitCode < 0 {
				return ", after one whose exit code the engine does not tell"
			}
			return fmt.Sprintf(", after one that exited with %d%s", e.ExitCode, inspect.SignalWords(e.ExitCode))
		}
	}
	return ""
}
