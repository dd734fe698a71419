package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
)

var enginePIDsLimit = Rule{
	ID:      "engine-pids-limit",
	Command: "limits",
	Worst:   inspect.SeverityError,
	Title:   "the engine's own limit on processes is nearly reached",
	Means:   "Four fifths of pids.max are used of a control group in which the engine forks for its containers: that of their shims, of containerd or of the daemon (systemd's TasksMax of docker.service or containerd.service). The containers' own processes are in others.",
	Matters: "At the limit docker exec, health checks and docker run fail with \"resource temporarily unavailable\", though the containers have room.",
	Proof:   "pids.current and pids.max of the groups of the containers' shims, of the daemon that serves the socket and of containerd, if one alone runs, and of all groups above these.",
	Mend:    "Raise TasksMax of the unit, or pids.max of the group; see with docker pidns limits what fills it.",
	check:   checkEngineLimits,
}

// checkEngineLimits says of each group once that it is near: by the first container, in
// whose name docker exec fails.
func checkEngineLimits(l *Look) []Finding {
	if l.Index.Capture.Limits == nil {
		return nil
	}
	var list []Finding
	said := map[string]bool{}
	for _, c := range limit.Find(l.Index, l.Containers) {
		for _, near := range c.Near() {
			if near.Stops() != limit.Sessions || said[near.Path] {
				continue
			}
			said[near.Path] = true
			list = append(list, engineFinding(&c, near))
		}
	}
	return list
}

func engineFinding(c *limit.Set, near *limit.Limit) Finding {
	f := Finding{
		Severity: inspect.SeverityWarning, Container: near.Container, Process: near.Process, Merge: near.Path,
		Evidence: []string{near.Sentence(), fmt.Sprintf("%s of %s used", inspect.Count(near.Used.Or(0)), inspect.Count(near.Max.Or(0)))},
	}
	if near.IsFull() {
		f.Severity = inspect.SeverityError
	}
	remedy := c.Next(near)
	f.Now, f.NowEffect, f.Cure = remedy.Command, remedy.Effect, remedy.Lasting
	return f
}
