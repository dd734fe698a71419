package rule

import (
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var zombiesUnreaped = Rule{
	ID:      "zombies-unreaped",
	Command: "zombies",
	Worst:   inspect.SeverityError,
	Title:   "Exited processes are not reaped. Zombies keep their PIDs",
	Means:   "A process has children that have exited, and has not waited for them. They stay zombies, and each keeps its PID.",
	Matters: "Zombies count against the pids limit of the container, or against the limits of the host. At the limit no process can be started. docker exec and health checks fail too.",
	Proof:   "The zombies are there at two looks (State Z in /proc/PID/stat, one thread). Their parent is alive and runs. If the zombies were certainly reparented to it, the parent does not reap orphans. That is certain if their session belonged to an exec, or if the session leader is gone.",
	Mend:    "Recreate the container with --init (compose: init: true) if PID 1 does not reap orphans. If another process does not wait for its children, fix that program. For zombies made by a health check, tini -s in front of its command also works.",
	check:   checkZombies,
}

// fewZombies is the number up to which zombies are only worth a note, because they do not yet
// make a fork fail.
const fewZombies = 10

func checkZombies(l *Look) []Finding {
	var list []Finding
	culprits := l.zombies().Culprits
	for i := range culprits {
		c := &culprits[i]
		if l.isNestedInit(c.Process) || c.Cause == zombie.ShimHung && c.Process.State == procfs.StateStopped {
			continue // other rules report them
		}
		list = append(list, l.zombieFinding(c))
	}
	return list
}

func (l *Look) zombieFinding(c *zombie.Culprit) Finding {
	facts := l.zombieFacts(c)
	weight := float64(len(c.Zombies))
	if limit, limited := c.Limit.Get(); limited && limit > 0 {
		weight *= 1 + float64(c.Charged)/float64(limit)
	}
	return Finding{
		Severity: l.zombieSeverity(c), Verdict: zombieVerdict(c), Container: c.Container, Process: c.Process,
		Brief: zombieBrief(c, facts), Weight: weight,
		Evidence: append([]string{c.Holding() + ". " + c.Verdict}, facts...),
		Now:      c.Now, NowEffect: c.NowEffect, Cure: c.Cure,
	}
}

// zombieBrief says how many zombies there are and where they came from. It also names the
// process that must reap them, if that is not PID 1.
func zombieBrief(c *zombie.Culprit, facts []string) string {
	brief := strings.Join(append([]string{c.Holding()}, facts...), ", ")
	if c.Cause == zombie.InitDoesNotReap {
		return brief
	}
	return brief + ". " + c.Verdict
}

// zombieVerdict is unknown for a process that is halted or traced, or was seen only once. Such
// a process is not blamed.
func zombieVerdict(c *zombie.Culprit) inspect.Verdict {
	if c.Cause == zombie.CauseUnknown {
		return inspect.Unknown
	}
	return inspect.Yes
}

// isNestedInit reports whether it is the init of a PID namespace inside a container.
func (l *Look) isNestedInit(p *procfs.Process) bool {
	return p != nil && l.Index.IsNSInit(p) && l.Index.MainOf(p) == nil
}

func (l *Look) zombieSeverity(c *zombie.Culprit) inspect.Severity {
	limit, limited := c.Limit.Get()
	grown, watched := l.zombiesGrown(c)
	switch {
	case zombieVerdict(c) == inspect.Unknown:
		return inspect.SeverityNote
	case limited && 2*c.Charged >= limit:
		return inspect.SeverityError
	case watched && grown >= fewZombies:
		return inspect.SeverityError
	case c.Cause == zombie.InitDoesNotReap, len(c.Zombies) >= fewZombies, watched && grown > 0:
		return inspect.SeverityWarning
	default:
		return inspect.SeverityNote
	}
}

// zombiesGrown is how many more zombies the process has than at the look before, and whether
// there was such a look.
func (l *Look) zombiesGrown(c *zombie.Culprit) (int, bool) {
	if l.Before == nil || c.Process == nil {
		return 0, false
	}
	n := 0
	for _, z := range l.Before.Children(c.Process.PID) {
		if z.IsZombie() {
			n++
		}
	}
	return len(c.Zombies) - n, true
}

// zombieFacts are sentences about the number and the origin of the zombies.
func (l *Look) zombieFacts(c *zombie.Culprit) []string {
	var facts []string
	switch grown, watched := l.zombiesGrown(c); {
	case watched && grown > 0:
		facts = append(facts, fmt.Sprintf("%d more than %s before", grown, l.between()))
	case watched && grown == 0:
		facts = append(facts, "as many as "+l.between()+" before")
	case watched:
		facts = append(facts, fmt.Sprintf("%d fewer than %s before", -grown, l.between()))
	}
	health, exec, made := 0, 0, "probably from its health check"
	for _, z := range c.Zombies {
		switch z.Origin.Kind {
		case origin.FromHealthCheck:
			health++
			if z.Origin.Certainty == inspect.Certain {
				made = "from its health check"
			}
		case origin.FromExec:
			exec++
		}
	}
	if health > 0 {
		facts = append(facts, ofThem(health, len(c.Zombies))+made)
	}
	if exec > 0 {
		facts = append(facts, ofThem(exec, len(c.Zombies))+"from docker exec")
	}
	return facts
}

func ofThem(n, all int) string {
	if n == all {
		return ""
	}
	return fmt.Sprintf("%d of them ", n)
}
