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
	if c.Error != "" {
		list = append(list, state(TopicEnd, Certain, "it could not be started again: %s", c.Error))
	}
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

// exitCodes are what docker and shells mean by them. Any program may report any
// of them, and whoever asked it to end may have had it report success.
var exitCodes = map[int]string{
	0:   "its main process reported success",
	1:   "its main process reported an error",
	2:   "its main process reported so, by custom a wrong use; a Go program ends with 2 where it is PID 1 and SIGTERM reaches it",
	125: "its main process reported so, by custom that what should start a program has failed",
	126: "its main process reported so, by custom that a command was found and could not be executed",
	127: "its main process reported so, by custom that a command was not found",
	128: "its main process reported so, by custom a wrong argument to exit",
	255: "its main process reported so, or the engine lost it",
}

// engineCodes are those that the engine gives to a start that failed.
var engineCodes = []int{126, 127, 128}

func (ix *Index) exitCodeWords(c *Container) Statement {
	words, known := exitCodes[c.ExitCode]
	if c.Error != "" && slices.Contains(engineCodes, c.ExitCode) {
		words = "the engine's own, for a start that failed"
	}
	if n := c.ExitCode - 128; !known && n > 0 && n <= procfs.MaxSignal {
		words, known = fmt.Sprintf("%s ended its main process, or it reported so itself", procfs.SignalName(n)), true
	}
	if !known {
		words = "its main process reported so"
	}
	s := state(TopicEnd, Certain, "it exited with %d %s: %s", c.ExitCode, ago(ix.Capture.Snapshot.TakenAt, c.FinishedAt), words)
	s.ExitCode = procfs.Some(c.ExitCode)
	return s
}

// endSlack is how far the engine's clock readings of one end lie apart.
const endSlack = 2 * time.Second

// whoEnded goes through those who can end a container.
func (ix *Index) whoEnded(c *Container) []Statement {
	list, settled := byOOMKiller(c)
	log := ix.Capture.Events
	if log == nil || !log.reaches(c.StartedAt) && !log.reaches(c.FinishedAt.Add(-max(c.StopTimeout, 0)-endSlack)) {
		if settled {
			return list
		}
		why := "the engine has forgotten the events of that time (it holds about 256)"
		if log == nil {
			why = "the engine's events were not read"
		}
		list = append(list, ix.endOfOwner(c)...)
		return append(list, state(TopicEnd, Uncertain, "who ended it cannot be told: %s", why))
	}
	events := log.of(c.ID, c.StartedAt, c.FinishedAt.Add(endSlack))
	said, byIt := byDocker(c, events)
	list = append(list, said...)
	if settled || byIt {
		return list
	}
	return append(list, ix.notByDocker(c, len(said) == 0)...)
}

// byOOMKiller says that the OOM killer struck, and whether that is why the
// container ended: the engine notes it for whichever process was killed.
func byOOMKiller(c *Container) (list []Statement, settled bool) {
	switch {
	case !c.OOMKilled:
		return nil, false
	case c.ExitCode == 128+procfs.SIGKILL:
		return []Statement{state(TopicEnd, Certain, "the kernel's OOM killer struck: it used more memory than it may")}, true
	default:
		return []Statement{state(TopicEnd, Certain, "the kernel's OOM killer struck another of its processes, as it used more memory than it may; its main process ended with %d", c.ExitCode)}, false
	}
}

// notByDocker goes through the others; unsent is that docker sent nothing.
func (ix *Index) notByDocker(c *Container, unsent bool) []Statement {
	var list []Statement
	switch {
	case unsent && c.OOMKilled:
		list = append(list, state(TopicEnd, Certain, "not docker (no kill event)"))
	case unsent:
		list = append(list, state(TopicEnd, Certain, "not the OOM killer (OOMKilled false), and not docker (no kill event)"))
	}
	if owner := ix.endOfOwner(c); owner != nil {
		return append(list, owner...)
	}
	if n := c.ExitCode - 128; n > 0 && n <= procfs.MaxSignal && c.Error == "" {
		return append(list, state(TopicEnd, Likely, "%s came from outside of docker: from the host, or from the container itself", procfs.SignalName(n)))
	}
	return append(list, state(TopicEnd, Likely, "its main process ended by itself, or at a signal that it handles"))
}

// byDocker reads what docker sent before the end: docker stop sends its signal,
// and SIGKILL when the grace period is over; docker kill sends one. Settled is
// that one of them ended it; what was sent may have done nothing.
func byDocker(c *Container, events []Event) (said []Statement, settled bool) {
	kills := slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return e.Action != "kill" })
	if len(kills) == 0 {
		return nil, false
	}
	stopped := slices.ContainsFunc(events, func(e Event) bool { return e.Action == "stop" })
	last := kills[len(kills)-1]
	name, took := procfs.SignalName(last.Signal), max(c.FinishedAt.Sub(last.At), 0)
	switch {
	case stopped && last.Signal == procfs.SIGKILL && len(kills) > 1:
		asked := kills[len(kills)-2]
		return []Statement{state(TopicEnd, Certain, "docker stop: %s had not ended it when SIGKILL followed %s later", procfs.SignalName(asked.Signal), last.At.Sub(asked.At).Round(100*time.Millisecond))}, true
	case stopped:
		return []Statement{state(TopicEnd, Certain, "docker stop: it ended on %s within %s", name, took.Round(100*time.Millisecond))}, true
	case took < endSlack && c.ExitCode == 128+last.Signal:
		return []Statement{state(TopicEnd, Certain, "docker kill: %s", name)}, true
	case took < endSlack:
		return []Statement{state(TopicEnd, Likely, "docker kill: it ended within %s of %s", took.Round(100*time.Millisecond), name)}, true
	default:
		return []Statement{state(TopicEnd, Certain, "docker kill sent %s %s before it ended", name, took.Round(time.Second))}, false
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
	case c.Status == "restarting":
		return state(TopicRestart, Certain, "its restart policy (%s) waits a while and starts it again; so it has done %d times", c.RestartPolicy, c.RestartCount)
	case c.RestartPolicy == "" || c.RestartPolicy == "no":
		return state(TopicRestart, Certain, "it does not come back by itself: it has no restart policy")
	case c.Error != "":
		return state(TopicRestart, Certain, "it does not come back by itself: its restart policy (%s) gives up when a start fails", c.RestartPolicy)
	case c.RestartPolicy == "on-failure" && c.ExitCode == 0:
		return state(TopicRestart, Certain, "it does not come back by itself: on-failure restarts failures alone")
	case c.RestartPolicy == "on-failure" && c.RestartMax > 0 && c.RestartCount >= c.RestartMax:
		return state(TopicRestart, Certain, "it does not come back by itself: on-failure has tried %d times", c.RestartCount)
	default:
		return state(TopicRestart, Likely, "it does not come back by itself although its restart policy is %s: it was stopped on purpose", c.RestartPolicy)
	}
}
