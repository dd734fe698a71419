package rule

import (
	"fmt"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
)

var limitNear = Rule{
	ID:      "limit-near",
	Command: "limits",
	Worst:   inspect.SeverityError,
	Title:   "a limit on processes is nearly reached",
	Means:   "Four fifths of what a fork in this container has to pass are used: pids.max of its control group or of one above, RLIMIT_NPROC of its user, the host's pid_max or threads-max.",
	Matters: "At the limit every fork and every new thread fails: \"Resource temporarily unavailable\". docker exec and health checks fail too.",
	Proof:   "pids.current and pids.max of every group, /proc/PID/limits and the user's tasks on the whole host, kernel.pid_max and kernel.threads-max.",
	Mend:    "See what fills it with docker pidns limits; reap the zombies, or raise the limit.",
	check:   checkLimits,

	NeedsTrace: true,
}

func checkLimits(l *Look) []Finding {
	if l.Index.Capture.Limits == nil {
		return nil
	}
	var list []Finding
	hostSaid := false
	for _, c := range limit.Find(l.Index, l.Containers) {
		first := c.First()
		if first == nil || !first.DeservesWord() || first.Scope == limit.ScopeHost && hostSaid {
			continue
		}
		hostSaid = hostSaid || first.Scope == limit.ScopeHost
		list = append(list, l.limitFinding(&c))
	}
	return list
}

func (l *Look) limitFinding(c *limit.Set) Finding {
	first := c.First()
	f := Finding{
		Severity: inspect.SeverityWarning, Container: first.Container, Process: l.Index.Binding(first.Container).Main,
		Evidence: []string{c.Sentence(), fmt.Sprintf("%s of %s used", inspect.Count(first.Used.Or(0)), inspect.Count(first.Max.Or(0)))},
	}
	f.Merge = fmt.Sprint(first.Kind, first.Scope, c.Certain())
	if first.Left().Or(0) == 0 {
		f.Severity = inspect.SeverityError
	}
	if rate := l.timeLeft(first); rate != "" {
		f.Evidence = append(f.Evidence, rate)
	}
	f.Now, f.Cure = limit.Next(first)
	return f
}

// timeLeft is how long the limit lasts at the rate between the two looks, "" if
// there was one only, or it does not fill.
func (l *Look) timeLeft(now *limit.Limit) string {
	if l.Before == nil || l.Before.Capture.Limits == nil {
		return ""
	}
	c := l.Before.Container(now.Container.ID)
	if c == nil || l.Before.Binding(c).Main == nil {
		return ""
	}
	for _, limits := range limit.Find(l.Before, []*inspect.Container{c}) {
		for i := range limits.Limits {
			before := &limits.Limits[i]
			grown := now.Used.Or(0) - before.Used.Or(0)
			if before.Kind != now.Kind || before.Path != now.Path || !before.Used.Held() || grown <= 0 {
				continue
			}
			took := l.Index.Capture.Snapshot.TakenAt.Sub(l.Before.Capture.Snapshot.TakenAt)
			rest := time.Duration(float64(took) * float64(now.Left().Or(0)) / float64(grown))
			return fmt.Sprintf("%d more than %s before: full in %s at this rate", grown, l.between(), span(rest))
		}
	}
	return ""
}
