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
	Title:   "A limit on processes or threads is nearly reached",
	Means:   "Four fifths of a limit that applies to forks in this container are used. Such limits are pids.max of its control group or of a group above, and RLIMIT_NPROC of its user. The host's pid_max and threads-max apply too. Or four fifths are used of what a new thread of a process needs (RLIMIT_AS, vm.max_map_count). Or tasks of containers use four fifths of RLIMIT_NPROC of the host user with the same number.",
	Matters: "At the limit every fork and every new thread fails: \"Resource temporarily unavailable\". docker exec and health checks fail too. A process without room for the stack of a thread can still fork. A host user with the same number as a container's user can neither fork nor log in.",
	Proof:   "For control groups, pids.current and pids.max of every group are read. For users, /proc/PID/limits and the user's tasks on the whole host are read. For the host, kernel.pid_max and kernel.threads-max are read. For threads, the address space (/proc/PID/statm) and the mappings (/proc/PID/maps) are read. This is done for the main process and for the processes with the most threads. Memory and seccomp filters are not checked.",
	Mend:    "docker pidns limits shows what fills the limit. Reap the zombies, or raise the limit.",
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
		for _, near := range c.Near() {
			if near.Stops() == limit.Sessions || near.Scope == limit.ScopeHost && hostSaid {
				continue
			}
			hostSaid = hostSaid || near.Scope == limit.ScopeHost
			list = append(list, l.limitFinding(&c, near))
		}
	}
	return list
}

// limitFinding is about one limit that is near: the nearest, or another one.
func (l *Look) limitFinding(c *limit.Set, near *limit.Limit) Finding {
	evidence := []string{c.Sentence()}
	if !near.First {
		evidence = []string{near.Sentence(), fmt.Sprintf("%s of %s used", near.Kind.Amount(near.Used.Or(0)), near.Kind.Amount(near.Max.Or(0)))}
	}
	f := Finding{
		Severity: inspect.SeverityWarning, Container: near.Container, Process: l.Index.Binding(near.Container).Main,
		Evidence: evidence,
	}
	if near.Scope == limit.ScopeProcess {
		f.Process = near.Process
	}
	if near.IsFull() {
		f.Severity = inspect.SeverityError
	}
	if rate := l.timeLeft(near); rate != "" {
		f.Evidence = append(f.Evidence, rate)
	}
	remedy := c.Next(near)
	f.Now, f.NowEffect, f.Cure = remedy.Command, remedy.Effect, remedy.Lasting
	return f
}

// timeLeft is how long the limit lasts at the rate between the two looks. It is "" if there
// was only one look, or if the usage does not grow.
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
			if before.Kind != now.Kind || before.Scope != now.Scope || before.Path != now.Path || !before.Used.Held() || grown <= 0 {
				continue
			}
			took := l.Index.Capture.Snapshot.TakenAt.Sub(l.Before.Capture.Snapshot.TakenAt)
			rest := time.Duration(float64(took) * float64(now.Left().Or(0)) / float64(grown))
			return fmt.Sprintf("%s more than %s before. Full in %s at this rate", now.Kind.Amount(grown), l.between(), span(rest))
		}
	}
	return ""
}
