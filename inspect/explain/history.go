package explain

import (
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// explainHistory says of a running container what it has gone through: its restart
// policy had to start it again, and the OOM killer struck in it. Nothing is said of
// one that just runs.
func explainHistory(ix *inspect.Index, c *inspect.Container) []Statement {
	var list []Statement
	now, log := ix.Capture.Snapshot.TakenAt, ix.Capture.Events
	if c.RestartCount > 0 {
		list = append(list, state(TopicHistory, inspect.Certain, "its restart policy (%s) has started it again %s; this run began %s%s", c.Policy(), inspect.Times(c.RestartCount), inspect.Ago(now, c.StartedAt), lastEnd(log, c)))
	}
	if log == nil {
		return list
	}
	struck := slices.DeleteFunc(log.Of(c.ID, c.StartedAt, now), func(e inspect.Event) bool { return e.Action != "oom" })
	if len(struck) > 0 {
		last := struck[len(struck)-1]
		list = append(list, state(TopicHistory, inspect.Certain, "the kernel's OOM killer struck in it %s, as it used more memory than it may; its main process lives", inspect.Ago(now, last.At)))
	}
	return list
}

// lastEnd is how the run before this one ended, "" where the engine has forgotten it.
func lastEnd(log *inspect.EventLog, c *inspect.Container) string {
	if log == nil {
		return ""
	}
	for _, e := range slices.Backward(log.Events) {
		if e.ContainerID == c.ID && e.Action == "die" && e.At.Before(c.StartedAt) {
			return fmt.Sprintf(", after one that exited with %d%s", e.ExitCode, inspect.SignalWords(e.ExitCode))
		}
	}
	return ""
}
