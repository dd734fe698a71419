package explain

import (
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
)

// restartWords say whether a container that has exited is restarted.
func restartWords(ix *inspect.Index, c *inspect.Container) []Statement {
	const never = "Docker will not restart it: "
	switch {
	case c.AutoRemove && manage.RunsAgain(c) != "":
		return []Statement{state(TopicRestart, inspect.Likely, "Docker removes the container, its logs and anonymous volumes on exit (--rm). %s.", manage.RunsAgain(c))}
	case c.AutoRemove:
		return []Statement{state(TopicRestart, inspect.Certain, never+"it removes the container, its logs and anonymous volumes on exit (--rm).")}
	case manage.Of(c).Replaces():
		return []Statement{state(TopicRestart, inspect.Likely, never+"%s decides what replaces it.", manage.Of(c).Title())}
	case c.Status == "restarting":
		return []Statement{state(TopicRestart, inspect.Certain, "Docker will restart it after a delay (policy %s%s).", c.Policy(), soFar(c))}
	case manage.RunsAgain(c) != "":
		return []Statement{state(TopicRestart, inspect.Likely, never+"the container has no restart policy. %s.", manage.RunsAgain(c))}
	case c.RestartPolicy == "" || c.RestartPolicy == "no":
		return []Statement{state(TopicRestart, inspect.Certain, never+"the container has no restart policy.")}
	case c.Error != "":
		return []Statement{state(TopicRestart, inspect.Certain, never+"its restart policy (%s) gives up after a failed start.", c.Policy())}
	case c.RestartPolicy == "on-failure" && c.ExitCode == 0:
		return []Statement{state(TopicRestart, inspect.Certain, never+"its restart policy (on-failure) acts only on failures.")}
	case !c.IsRestartedAfter(c.ExitCode):
		return []Statement{state(TopicRestart, inspect.Certain, never+"its restart policy (on-failure) has tried %s and given up.", inspect.Times(c.RestartCount))}
	}
	list := []Statement{whyNotRestarted(ix, c)}
	if c.RestartPolicy != "unless-stopped" {
		return append(list, state(TopicRestart, inspect.Likely, "Its restart policy (%s) then starts it again when Docker itself is restarted.", c.RestartPolicy))
	}
	return list
}

// runsAlready is about a container that exits soon after each start and logs that it is already
// running. It says which file names a process of its previous run.
func runsAlready(c *inspect.Container) []Statement {
	file, says := c.RunsAlready()
	if !says {
		return nil
	}
	if file == "" {
		file = "see its log"
	}
	return []Statement{state(TopicRestart, inspect.Likely, "It logs that it is already running. A pid file of its previous run (%s) names a PID that another process has now: PIDs start at 1 in each PID namespace.", file)}
}

// whyNotRestarted says why a restart policy did not act although it normally would.
func whyNotRestarted(ix *inspect.Index, c *inspect.Container) Statement {
	const although = "Docker will not restart it despite its restart policy (%s): "
	back := ix.ComebackOf(c, c.ExitCode)
	if back.Cancelled == nil {
		return state(TopicRestart, inspect.Likely, although+"docker stop or docker kill has cancelled the policy.", c.Policy())
	}
	before := ""
	if d := c.FinishedAt.Sub(back.Cancelled.At); d >= inspect.EndSlack {
		before = " " + d.Round(time.Second).String() + " before the exit"
	}
	return state(TopicRestart, back.Certainty, although+"docker sent %s%s, which cancels the policy until docker start.", c.Policy(), nameOf(back.Cancelled.Signal), before)
}

func soFar(c *inspect.Container) string {
	if c.RestartCount == 0 {
		return ""
	}
	return ", " + inspect.Counted(c.RestartCount, "restart") + " so far"
}
