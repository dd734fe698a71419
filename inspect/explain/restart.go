package explain

import (
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
)

// restartWords say of a container that has ended whether it comes back.
func restartWords(ix *inspect.Index, c *inspect.Container) []Statement {
	const never = "it does not come back by itself: "
	switch {
	case c.AutoRemove && manage.RunsAgain(c) != "":
		return []Statement{state(TopicRestart, inspect.Likely, "docker removes it at its end, with its logs and anonymous volumes (--rm): %s", manage.RunsAgain(c))}
	case c.AutoRemove:
		return []Statement{state(TopicRestart, inspect.Certain, never+"docker removes it at its end, with its logs and anonymous volumes (--rm)")}
	case manage.Of(c).Replaces():
		return []Statement{state(TopicRestart, inspect.Likely, never+"%s decides what takes its place", manage.Of(c).Title())}
	case c.Status == "restarting":
		return []Statement{state(TopicRestart, inspect.Certain, "its restart policy (%s) waits a while and starts it again%s", c.Policy(), soFar(c))}
	case manage.RunsAgain(c) != "":
		return []Statement{state(TopicRestart, inspect.Likely, "docker does not start it again, as it has no restart policy: %s", manage.RunsAgain(c))}
	case c.RestartPolicy == "" || c.RestartPolicy == "no":
		return []Statement{state(TopicRestart, inspect.Certain, never+"it has no restart policy")}
	case c.Error != "":
		return []Statement{state(TopicRestart, inspect.Certain, never+"its restart policy (%s) gives up when a start fails", c.Policy())}
	case c.RestartPolicy == "on-failure" && c.ExitCode == 0:
		return []Statement{state(TopicRestart, inspect.Certain, never+"on-failure restarts failures alone")}
	case !c.IsRestartedAfter(c.ExitCode):
		return []Statement{state(TopicRestart, inspect.Certain, never+"on-failure has tried %s, and given up", inspect.Times(c.RestartCount))}
	}
	list := []Statement{whyNotRestarted(ix, c)}
	if c.RestartPolicy != "unless-stopped" {
		return append(list, state(TopicRestart, inspect.Likely, "when the engine itself is started anew, %s starts it again", c.RestartPolicy))
	}
	return list
}

// runsAlready says of a container that ends soon after each start, and writes that it runs
// already, what names a process of the run before.
func runsAlready(c *inspect.Container) []Statement {
	file, says := c.RunsAlready()
	if !says {
		return nil
	}
	if file == "" {
		file = "its log may name it"
	}
	return []Statement{state(TopicRestart, inspect.Likely, "it wrote that it runs already: a pid file of the run before (%s) names a PID that another process has in this run, since PIDs begin anew in each PID namespace", file)}
}

// whyNotRestarted says what has kept a restart policy from acting that would have.
func whyNotRestarted(ix *inspect.Index, c *inspect.Container) Statement {
	const although = "it does not come back by itself although its restart policy is %s: "
	back := ix.ComebackOf(c, c.ExitCode)
	if back.Cancelled == nil {
		return state(TopicRestart, inspect.Likely, although+"a docker stop or docker kill, whatever it sent, has cancelled that", c.Policy())
	}
	before := ""
	if d := c.FinishedAt.Sub(back.Cancelled.At); d >= inspect.EndSlack {
		before = " " + d.Round(time.Second).String() + " before its end"
	}
	return state(TopicRestart, back.Certainty, although+"docker sent it %s%s, which cancels that until docker start", c.Policy(), nameOf(back.Cancelled.Signal), before)
}

func soFar(c *inspect.Container) string {
	if c.RestartCount == 0 {
		return ""
	}
	return "; so it has done " + inspect.Times(c.RestartCount)
}
