package explain

import "github.com/docker-pidns/docker-pidns/inspect"

// restartWords say of a container that has ended whether it comes back.
func restartWords(c *inspect.Container) []Statement {
	switch {
	case c.Status == "restarting":
		return []Statement{state(TopicRestart, inspect.Certain, "its restart policy (%s) waits a while and starts it again%s", c.Policy(), soFar(c))}
	case c.RestartPolicy == "" || c.RestartPolicy == "no":
		return []Statement{state(TopicRestart, inspect.Certain, "it does not come back by itself: it has no restart policy")}
	case c.Error != "":
		return []Statement{state(TopicRestart, inspect.Certain, "it does not come back by itself: its restart policy (%s) gives up when a start fails", c.Policy())}
	case c.RestartPolicy == "on-failure" && c.ExitCode == 0:
		return []Statement{state(TopicRestart, inspect.Certain, "it does not come back by itself: on-failure restarts failures alone")}
	case !c.IsRestartedAfter(c.ExitCode):
		return []Statement{state(TopicRestart, inspect.Certain, "it does not come back by itself: on-failure has tried %s, and given up", inspect.Times(c.RestartCount))}
	}
	list := []Statement{state(TopicRestart, inspect.Likely, "it does not come back by itself although its restart policy is %s: it was stopped on purpose", c.Policy())}
	if c.RestartPolicy == "always" {
		return append(list, state(TopicRestart, inspect.Likely, "when the engine itself is started anew, always starts it again"))
	}
	return list
}

func soFar(c *inspect.Container) string {
	if c.RestartCount == 0 {
		return ""
	}
	return "; so it has done " + inspect.Times(c.RestartCount)
}
