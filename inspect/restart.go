package inspect

import "fmt"

// comesBackByItself: its restart policy starts it again after an end with this exit
// code that nobody has asked docker for.
func (c *Container) comesBackByItself(exitCode int) bool {
	switch c.RestartPolicy {
	case "always", "unless-stopped":
		return true
	case "on-failure":
		return exitCode != 0 && (c.RestartMax == 0 || c.RestartCount < c.RestartMax)
	default:
		return false
	}
}

// restartWords say of a container that has ended whether it comes back.
func restartWords(c *Container) []Statement {
	switch {
	case c.Status == "restarting":
		return []Statement{state(TopicRestart, Certain, "its restart policy (%s) waits a while and starts it again%s", policyWords(c), soFar(c))}
	case c.RestartPolicy == "" || c.RestartPolicy == "no":
		return []Statement{state(TopicRestart, Certain, "it does not come back by itself: it has no restart policy")}
	case c.Error != "":
		return []Statement{state(TopicRestart, Certain, "it does not come back by itself: its restart policy (%s) gives up when a start fails", policyWords(c))}
	case c.RestartPolicy == "on-failure" && c.ExitCode == 0:
		return []Statement{state(TopicRestart, Certain, "it does not come back by itself: on-failure restarts failures alone")}
	case !c.comesBackByItself(c.ExitCode):
		return []Statement{state(TopicRestart, Certain, "it does not come back by itself: on-failure has tried %s, and given up", times(c.RestartCount))}
	}
	list := []Statement{state(TopicRestart, Likely, "it does not come back by itself although its restart policy is %s: it was stopped on purpose", policyWords(c))}
	if c.RestartPolicy == "always" {
		return append(list, state(TopicRestart, Likely, "when the engine itself is started anew, always starts it again"))
	}
	return list
}

// policyWords is the policy as it was written: "on-failure:3".
func policyWords(c *Container) string {
	if c.RestartMax > 0 {
		return fmt.Sprintf("%s:%d", c.RestartPolicy, c.RestartMax)
	}
	return c.RestartPolicy
}

func soFar(c *Container) string {
	if c.RestartCount == 0 {
		return ""
	}
	return "; so it has done " + times(c.RestartCount)
}
