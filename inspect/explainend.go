package inspect

import (
	"fmt"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ExplainEnd says why a container that does not run has ended, as far as its
// state, the engine's events and other containers' ends tell, and what still
// lives of it.
func (ix *Index) ExplainEnd(c *Container) []Statement {
	if c.FinishedAt.IsZero() {
		return ix.neverStarted(c)
	}
	list := []Statement{ix.exitCodeWords(c)}
	list = append(list, ix.whoEnded(c)...)
	list = append(list, restartWords(c))
	if n := len(ix.ProcessesOf(c)); n > 0 {
		list = append(list, state(TopicLeftovers, Certain, "%d processes of it still live: docker pidns who %d", n, ix.ProcessesOf(c)[0].PID))
	}
	return list
}

func (ix *Index) neverStarted(c *Container) []Statement {
	list := []Statement{state(TopicEnd, Certain, "it has never run")}
	if c.Error != "" {
		list = append(list, state(TopicEnd, Certain, "it could not be started: %s", c.Error))
	}
	return list
}

// exitCodes are what docker and shells mean by them.
var exitCodes = map[int]string{
	0:   "its main process ended by itself, well",
	1:   "its main process ended with an error of its own",
	2:   "its main process ended with 2: wrong use, or a Go program that SIGTERM ended",
	125: "docker itself failed to run it",
	126: "its command was found and could not be executed",
	127: "its command was not found",
	128: "a wrong argument to exit",
	255: "exit status out of range, or the engine lost its process",
}

func (ix *Index) exitCodeWords(c *Container) Statement {
	words, known := exitCodes[c.ExitCode]
	if n := c.ExitCode - 128; !known && n > 0 && n <= procfs.MaxSignal {
		words, known = fmt.Sprintf("%s ended its main process, or it reported so itself", procfs.SignalName(n)), true
	}
	if !known {
		words = "its main process ended with a status of its own"
	}
	s := state(TopicEnd, Certain, "it exited with %d %s: %s", c.ExitCode, ago(ix.Capture.Snapshot.TakenAt, c.FinishedAt), words)
	s.ExitCode = procfs.Some(c.ExitCode)
	return s
}

// endSlack is how far the engine's clock readings of one end lie apart.
const endSlack = 2 * time.Second

// whoEnded goes through those who can end a container.
func (ix *Index) whoEnded(c *Container) []Statement {
	if c.OOMKilled {
		return []Statement{state(TopicEnd, Certain, "the kernel's OOM killer struck: it used more memory than it may")}
	}
	log := ix.Capture.Events
	if log == nil {
		return []Statement{state(TopicEnd, Uncertain, "who ended it cannot be told: the engine's events were not read")}
	}
	if !log.reaches(c.StartedAt) && !log.reaches(c.FinishedAt.Add(-max(c.StopTimeout, 0)-endSlack)) {
		return append(ix.endOfOwner(c), state(TopicEnd, Uncertain, "the engine has forgotten the events of that time (it holds about 256)"))
	}
	events := log.of(c.ID, c.StartedAt, c.FinishedAt.Add(endSlack))
	if said := byDocker(c, events); said != nil {
		return said
	}
	list := []Statement{state(TopicEnd, Certain, "not the OOM killer (OOMKilled false), and not docker (no kill event)")}
	if owner := ix.endOfOwner(c); owner != nil {
		return append(list, owner...)
	}
	if n := c.ExitCode - 128; n > 0 && n <= procfs.MaxSignal {
		return append(list, state(TopicEnd, Likely, "%s came from outside of docker: from the host, or from the program itself", procfs.SignalName(n)))
	}
	return append(list, state(TopicEnd, Likely, "its main process ended by itself"))
}

// byDocker reads what docker sent before the end: docker stop sends its signal,
// and SIGKILL when the grace period is over; docker kill sends one. Nil if it sent
// nothing.
func byDocker(c *Container, events []Event) []Statement {
	kills := slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return e.Action != "kill" })
	if len(kills) == 0 {
		return nil
	}
	stopped := slices.ContainsFunc(events, func(e Event) bool { return e.Action == "stop" || e.Action == "restart" })
	last := kills[len(kills)-1]
	first := kills[0]
	switch {
	case stopped && last.Signal == procfs.SIGKILL && len(kills) > 1:
		return []Statement{state(TopicEnd, Certain, "docker stop: %s did nothing, and SIGKILL followed %s later", procfs.SignalName(first.Signal), last.At.Sub(first.At).Round(100*time.Millisecond))}
	case stopped:
		return []Statement{state(TopicEnd, Certain, "docker stop: it ended on %s within %s", procfs.SignalName(last.Signal), c.FinishedAt.Sub(last.At).Round(100*time.Millisecond))}
	case c.FinishedAt.Sub(last.At) < endSlack:
		return []Statement{state(TopicEnd, Certain, "docker kill: %s", procfs.SignalName(last.Signal))}
	default:
		return []Statement{state(TopicEnd, Likely, "docker sent %s %s before it ended", procfs.SignalName(last.Signal), c.FinishedAt.Sub(last.At).Round(time.Second))}
	}
}

// endOfOwner: who joined a PID namespace dies with its init.
func (ix *Index) endOfOwner(c *Container) []Statement {
	owner := ix.containerNamed(c.JoinedID())
	if owner == nil || c.ExitCode != 128+procfs.SIGKILL {
		return nil
	}
	ended := owner.FinishedAt
	if before := c.FinishedAt.Sub(ended); ended.IsZero() || before < -endSlack || before > endSlack {
		return nil
	}
	s := state(TopicEnd, Likely, "the PID namespace that it joined ended with %s at that moment: the kernel kills every member of a PID namespace with its init", owner.Name)
	s.Other = owner
	return []Statement{s}
}

func restartWords(c *Container) Statement {
	switch {
	case c.RestartPolicy == "" || c.RestartPolicy == "no":
		return state(TopicRestart, Certain, "it does not come back by itself: it has no restart policy")
	case c.Error != "":
		return state(TopicRestart, Certain, "its restart policy (%s) tried and failed: %s", c.RestartPolicy, c.Error)
	case c.RestartPolicy == "on-failure" && c.ExitCode == 0:
		return state(TopicRestart, Certain, "it does not come back by itself: on-failure restarts failures alone")
	case c.RestartPolicy == "on-failure" && c.RestartMax > 0 && c.RestartCount >= c.RestartMax:
		return state(TopicRestart, Certain, "it does not come back by itself: on-failure has tried %d times", c.RestartCount)
	default:
		return state(TopicRestart, Likely, "it does not come back by itself although its restart policy is %s: it was stopped on purpose", c.RestartPolicy)
	}
}
