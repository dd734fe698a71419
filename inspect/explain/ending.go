package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// ending is what the engine remembers of a container's last run, beside its state.
type ending struct {
	*inspect.Container
	ix *inspect.Index
	// events are those of the run.
	events []inspect.Event
	// whole: whoever ended it through docker is among them, and sure is how sure that is:
	// a docker stop may have been told to wait longer than the container's grace period.
	whole bool
	sure  inspect.Certainty
	// promised: the engine tells of every kill, so that after one that it tells of there
	// was no other.
	promised bool
	// gap is why they are not whole.
	gap string
	// joinedUnknown is whose PID namespace it joined, if the engine tells nothing of that
	// container any more; else "".
	joinedUnknown string
	// victims is what the kernel log has of the OOM killer in that run.
	victims oomTrace
}

func endingOf(ix *inspect.Index, c *inspect.Container) ending {
	e := ending{Container: c, ix: ix, sure: inspect.Likely, victims: oomBetween(ix, c, c.StartedAt, c.FinishedAt)}
	if ref := c.JoinedID(); ref != "" && ix.ContainerNamed(ref) == nil {
		e.joinedUnknown = ref
	}
	log := ix.Capture.Events
	if log == nil {
		e.gap = "the engine's events were not read"
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

// gapOf is why what is not in the log may have happened.
func gapOf(log *inspect.EventLog) string {
	switch {
	case log.IsPromised():
		return "the engine has forgotten the events of that time (it holds about 256)"
	case log.Product == "":
		return "whether this engine tells of every kill and stop is not known"
	default:
		return fmt.Sprintf("this engine (%s) does not tell of every kill and stop", log.Product)
	}
}

// whoEnded goes through those who can end a container.
func whoEnded(ix *inspect.Index, c *inspect.Container) []Statement {
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

// ender is who ended a container, "" where that is not settled.
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

// isKilled: its exit code is that of SIGKILL, which also a main process reports that
// passes on how its child ended, or that just chose it.
func (e *ending) isKilled() bool { return e.ExitCode == 128+procfs.SIGKILL }

// signalOfExit is the signal that the exit code stands for, 0 if for none.
func (e *ending) signalOfExit() int {
	if n := e.ExitCode - 128; n > 0 && n <= procfs.MaxSignal {
		return n
	}
	return 0
}

// notByDocker goes through the others; unsent is that docker sent nothing.
func (e *ending) notByDocker(owner []Statement, unsent bool) []Statement {
	var list []Statement
	if (unsent || e.isKilled()) && !e.isToldOfOOM() {
		list = append(list, e.notOOM())
	}
	if unsent {
		list = append(list, state(TopicEnd, e.sure, "not docker (no kill event)"))
	}
	if owner != nil {
		return append(list, owner...)
	}
	return append(list, e.bySignal())
}

// faults are the signals that the kernel sends for what a program does itself.
var faults = []string{"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS", "SIGABRT"}

// bySignal reads the exit code where nobody is known to have sent a signal.
func (e *ending) bySignal() Statement {
	signal := e.ExitCode - 128
	name, isInit := procfs.SignalName(signal), e.JoinedID() == "" && !e.SharesHostPIDs()
	switch {
	case e.joinedUnknown != "" && signal == procfs.SIGKILL:
		return state(TopicEnd, inspect.Likely, "the PID namespace that it joined ended with %s, of which the engine tells nothing any more, and the kernel kills every member with a PID namespace's init; or SIGKILL came from outside of docker", inspect.ShortRef(e.joinedUnknown))
	case e.signalOfExit() == 0: // of a start that failed no engine makes such a code
		return state(TopicEnd, inspect.Likely, "its main process ended by itself, or at a signal that it handles")
	case slices.Contains(faults, name):
		return state(TopicEnd, inspect.Likely, "a fault of its own program, or of one that it started: %s is what the kernel sends for one", name)
	case isInit && signal == procfs.SIGKILL:
		return state(TopicEnd, inspect.Likely, "SIGKILL came from outside of docker: from the host, as the kernel protects PID 1 from those inside; or PID 1 reported that one of its programs was killed so")
	case isInit:
		return state(TopicEnd, inspect.Likely, "its main process reported so itself, or of a child: %s alone does not end the init of a PID namespace", name)
	default:
		return state(TopicEnd, inspect.Likely, "%s came from outside of docker: from the host, or from the container itself", name)
	}
}

// withoutEvents is what state and restart policy tell by themselves.
func (e *ending) withoutEvents(owner []Statement) []Statement {
	var list []Statement
	if !e.isToldOfOOM() {
		list = append(list, e.notOOM())
	}
	excluded := len(list)
	list = append(list, owner...)
	if owner == nil && e.Status == "exited" && e.Error == "" && e.IsRestartedAfter(e.ExitCode) {
		list = append(list, state(TopicEnd, inspect.Likely, "docker stop or docker kill: its restart policy (%s) would have started it again otherwise", e.RestartPolicy))
	}
	if slices.ContainsFunc(list[excluded:], func(s Statement) bool { return s.Certainty == inspect.Likely }) {
		return append(list, state(TopicEnd, inspect.Uncertain, "more cannot be told: %s", e.gap))
	}
	remains := "that it ended by itself, and docker stop or docker kill"
	if e.isKilled() {
		remains = "docker stop after its grace period, docker kill, and SIGKILL from outside of docker"
	}
	return append(list, state(TopicEnd, inspect.Uncertain, "who ended it cannot be told: %s; what remains is %s", e.gap, remains))
}

// endOfOwner: who joined a PID namespace dies with its init, that of the last of a
// chain of joins. Nil where it was not so.
func endOfOwner(ix *inspect.Index, c *inspect.Container) []Statement {
	owner := ix.DeclaredHome(c, procfs.PIDNamespace)
	if owner == c || c.ExitCode != 128+procfs.SIGKILL || owner.FinishedAt.IsZero() {
		return nil
	}
	apart := c.FinishedAt.Sub(owner.FinishedAt).Abs()
	if apart > inspect.EndSlack {
		return nil
	}
	s := state(TopicEnd, inspect.Likely, "the PID namespace that it joined ended with %s at that moment (%s apart): the kernel kills every member of a PID namespace with its init", owner.Name, apartWords(apart))
	s.Other = owner
	return []Statement{s}
}

func apartWords(d time.Duration) string {
	if d < time.Millisecond {
		return "less than 1 ms"
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
