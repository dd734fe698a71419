package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
)

var enginePIDsLimit = Rule{
	ID:      "engine-pids-limit",
	Command: "limits",
	Worst:   inspect.SeverityError,
	Title:   "The engine's own limit on processes is nearly reached",
	Means:   "The engine forks for its containers in control groups of its own. Four fifths of pids.max of such a group are used. It is the group of the shims, of containerd or of the daemon. Its limit is TasksMax of docker.service or containerd.service in systemd. The containers' own processes are in other groups.",
	Matters: "At the limit docker exec, health checks and docker run fail with \"resource temporarily unavailable\". The containers still have room.",
	Proof:   "pids.current and pids.max are read for the groups of the containers' shims and of the daemon that serves the socket. The group of containerd is read if only one containerd runs. All groups above these groups are read too.",
	Mend:    "Raise TasksMax of the unit, or pids.max of the group. docker pidns limits shows what fills the group.",
	check:   checkEngineLimits,
}

// checkEngineLimits reports each group once that is near its limit. The finding is about the
// first container whose docker exec would fail.
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
		Severity: inspect.SeverityWarning, Container: near.Container, Process: near.Process,
		Evidence: []string{near.Sentence()},
	}
	if near.IsFull() {
		f.Severity = inspect.SeverityError
	}
	remedy := c.Next(near)
	f.Now, f.NowEffect, f.Cure = remedy.Command, remedy.Effect, remedy.Lasting
	return f
}
