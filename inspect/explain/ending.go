package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// ending is what the engine knows about a container's last run, in addition to its state.
type ending struct {
	*inspect.Container
	ix *inspect.Index
	// events are the events of the run.
	events []inspect.Event
	// whole is true if a docker stop or docker kill that stopped it would be among the events.
	// sure is the certainty of that: docker stop -t may have waited longer than the container's
	// grace period.
	whole bool
	sure  inspect.Certainty
	// promised is true if the engine reports an event for every kill, so that no event means no
	// kill.
	promised bool
	// gap says why whole is false.
	gap string
	// joinedUnknown is the ID of the container whose PID namespace it joined, if the engine no
	// longer knows that container. Otherwise it is "".
	joinedUnknown string
	// victims are the victims of the OOM killer in that run, by the kernel log.
	victims oomTrace
}

func endingOf(ix *inspect.Index, c *inspect.Container) ending {
	e := ending{Container: c, ix: ix, sure: inspect.Likely, victims: oomBetween(ix, c, c.StartedAt, c.FinishedAt)}
	if ref := c.JoinedID(); ref != "" && ix.ContainerNamed(ref) == nil {
		e.joinedUnknown = ref
	}
	log := ix.Capture.Events
	if log == nil {
		e.gap = "Docker's events were not read."
		return e
	}
	e.events = log.Of(c.ID, c.StartedAt, c.FinishedAt.Add(inspect.EndSlack))
	e.promised = log.IsPromised()
	e.whole = e.promised && (log.Reaches(c.StartedAt) || log.Reaches(c.FinishedAt.Add(-max(c.StopTimeout, 0)-inspect.EndSlack)))
	if log.Reaches(c.StartedAt) && e.promised {
		e.sure = inspect.Certain
	}
	e.gap = gapOf(log)
	return e
}

// gapOf says why something may have happened that is not in the log.
func gapOf(log *inspect.EventLog) string {
	switch {
	case log.IsPromised():
		return "Docker keeps about 256 events, and those from that time are gone."
	case log.Product == "":
		return "this engine may not have an event for every kill and stop."
	default:
		return fmt.Sprintf("this engine (%s) does not have an event for every kill and stop.", log.Product)
	}
}

// causeOfExit checks each possible cause of a container's exit.
func causeOfExit(ix *inspect.Index, c *inspect.Container) []Statement {
	e := endingOf(ix, c)
	sent, asked := e.askedByDocker()
	list, struck := e.struckByKernel(asked)
	list = append(list, sent...)
	switch owner := endOfOwner(ix, c); {
	case asked || struck:
		return list
	case !e.whole && (len(sent) == 0 || !e.promised):
		return append(list, e.withoutEvents(owner)...)
	default:
		return append(list, e.notByDocker(owner, len(sent) == 0)...)
	}
}

// ender is what made a container exit, "" if that cannot be determined.
type ender string

const (
	byDocker    ender = "docker"
	byOOMKiller ender = "oom"
)

func (e *ending) endedBy() ender {
	_, asked := e.askedByDocker()
	_, struck := e.struckByKernel(asked)
	switch {
	case asked:
		return byDocker
	case struck:
		return byOOMKiller
	default:
		return ""
	}
}

// isKilled reports whether its exit code is that of SIGKILL. A main process that returns the
// status of its child, or chooses this code, has the same exit code.
func (e *ending) isKilled() bool { return e.ExitCode == 128+procfs.SIGKILL }

// signalOfExit is the signal that the exit code stands for, 0 if there is none.
func (e *ending) signalOfExit() int {
	if n := e.ExitCode - 128; n > 0 && n <= procfs.MaxSignal {
		return n
	}
	return 0
}

// notByDocker checks the causes other than docker. unsent is true if docker sent no signal.
func (e *ending) notByDocker(owner []Statement, unsent bool) []Statement {
	var list []Statement
	if (unsent || e.isKilled()) && !e.isToldOfOOM() {
		list = append(list, e.notOOM())
	}
	if unsent {
		list = append(list, state(TopicEnd, e.sure, "Docker did not stop or kill it (no kill event)."))
	}
	if owner != nil {
		return append(list, owner...)
	}
	return append(list, e.bySignal())
}

// faults are the signals that the kernel sends for a program's own errors.
var faults = []string{"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS", "SIGABRT"}

// bySignal interprets the exit code if the sender of a signal is not known.
func (e *ending) bySignal() Statement {
	signal := e.ExitCode - 128
	name, isInit := procfs.SignalName(signal), e.JoinedID() == "" && !e.SharesHostPIDs()
	switch {
	case e.joinedUnknown != "" && signal == procfs.SIGKILL:
		return state(TopicEnd, inspect.Likely, "Container %s, whose PID namespace it used, may have exited: the kernel then kills all processes of that namespace. Docker no longer knows that container. Otherwise SIGKILL did not come from Docker.", inspect.ShortRef(e.joinedUnknown))
	case e.signalOfExit() == 0: // no engine assigns such a code to a failed start
		return state(TopicEnd, inspect.Likely, "The main process exited by itself, or on a signal that it handles.")
	case slices.Contains(faults, name):
		return state(TopicEnd, inspect.Likely, "The program, or one that it started, crashed: the kernel sends %s for such a fault.", name)
	case isInit && signal == procfs.SIGKILL:
		return state(TopicEnd, inspect.Likely, "SIGKILL was sent from the host, not through Docker. The kernel protects PID 1 from signals sent inside the container. Or PID 1 passed on the status of a child that was killed.")
	case isInit:
		return state(TopicEnd, inspect.Likely, "The main process set this code, for itself or for a child: %s alone does not terminate PID 1.", name)
	default:
		return state(TopicEnd, inspect.Likely, "%s did not come from Docker, but from the host or from inside the container.", name)
	}
}

// withoutEvents is what can be concluded from the state and the restart policy alone.
func (e *ending) withoutEvents(owner []Statement) []Statement {
	var list []Statement
	if !e.isToldOfOOM() {
		list = append(list, e.notOOM())
	}
	excluded := len(list)
	list = append(list, owner...)
	if owner == nil && e.Status == "exited" && e.Error == "" && e.IsRestartedAfter(e.ExitCode) {
		list = append(list, state(TopicEnd, inspect.Likely, "docker stop or docker kill: otherwise its restart policy (%s) would have restarted it.", e.RestartPolicy))
	}
	if slices.ContainsFunc(list[excluded:], func(s Statement) bool { return s.Certainty == inspect.Likely }) {
		return append(list, state(TopicEnd, inspect.Uncertain, "The cause cannot be determined further: %s", e.gap))
	}
	remains := "Either the process exited by itself, or docker stop or docker kill stopped it."
	if e.isKilled() {
		remains = "Possible: docker stop after its timeout, docker kill, or SIGKILL sent without Docker."
	}
	return append(list, state(TopicEnd, inspect.Uncertain, "Cause unknown: %s %s", e.gap, remains))
}

// endOfOwner says that the owner of a joined PID namespace, the last of a chain of joins,
// exited at that moment. That kills all members. It is nil if the owner did not exit then.
func endOfOwner(ix *inspect.Index, c *inspect.Container) []Statement {
	owner := ix.DeclaredHome(c, procfs.PIDNamespace)
	if owner == c || c.ExitCode != 128+procfs.SIGKILL || owner.FinishedAt.IsZero() {
		return nil
	}
	apart := c.FinishedAt.Sub(owner.FinishedAt).Abs()
	if apart > inspect.EndSlack {
		return nil
	}
	s := state(TopicEnd, inspect.Likely, "%s, whose PID namespace it used, exited at that moment (%s apart). The kernel then kills all processes of that namespace.", owner.Name, apartWords(apart))
	s.Other = owner
	return []Statement{s}
}

func apartWords(d time.Duration) string {
	if d < time.Millisecond {
		return "less than 1 ms"
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
