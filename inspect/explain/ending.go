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
	// events are those of the run.
	events []inspect.Event
	// whole: whoever ended it through docker is among them.
	whole bool
	// gap is why they are not whole.
	gap string
	// joinedUnknown is whose PID namespace it joined, if the engine tells nothing of that
	// container any more; else "".
	joinedUnknown string
	// justNow: it was so short ago that the engine may not have heard everything.
	justNow bool
}

// endSlack is how far the engine's clock readings of one end lie apart.
const endSlack = 2 * time.Second

func endingOf(ix *inspect.Index, c *inspect.Container) ending {
	log := ix.Capture.Events
	if log == nil {
		return ending{Container: c, gap: "the engine's events were not read", justNow: endedJustNow(ix, c)}
	}
	e := ending{
		Container: c,
		events:    log.Of(c.ID, c.StartedAt, c.FinishedAt.Add(endSlack)),
		whole:     log.Reaches(c.StartedAt) || log.Reaches(c.FinishedAt.Add(-max(c.StopTimeout, 0)-endSlack)),
		gap:       "the engine has forgotten the events of that time (it holds about 256)",
		justNow:   endedJustNow(ix, c),
	}
	if ref := c.JoinedID(); ref != "" && ix.ContainerNamed(ref) == nil {
		e.joinedUnknown = ref
	}
	return e
}

func endedJustNow(ix *inspect.Index, c *inspect.Container) bool {
	return ix.Capture.Snapshot.TakenAt.Sub(c.FinishedAt) < endSlack
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
	case !e.whole:
		return append(list, e.withoutEvents(owner)...)
	default:
		return append(list, e.notByDocker(owner, len(sent) == 0)...)
	}
}

// lastOOM is when the OOM killer struck last, not held where no event tells.
func (e *ending) lastOOM() procfs.Opt[time.Time] {
	for _, event := range slices.Backward(e.events) {
		if event.Action == "oom" {
			return procfs.Some(event.At)
		}
	}
	return procfs.None[time.Time](procfs.NotHeld)
}

// ender is who ended a container, "" where that is not settled.
type ender string

const (
	byDocker    ender = "docker"
	byOOMKiller ender = "oom"
)

func endedBy(ix *inspect.Index, c *inspect.Container) ender {
	e := endingOf(ix, c)
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

// struckByKernel says that the OOM killer struck, and whether that is why the container
// ended: the engine notes it for whichever process was killed, and whenever.
func (e *ending) struckByKernel(asked bool) (list []Statement, settled bool) {
	const why = "it used more memory than it may"
	last, seen := e.lastOOM().Get()
	before := e.FinishedAt.Sub(last)
	killed := e.ExitCode == 128+procfs.SIGKILL
	switch {
	case !seen && !e.OOMKilled:
		return nil, false
	case killed && !asked && seen && before < endSlack:
		return []Statement{state(TopicEnd, inspect.Certain, "the kernel's OOM killer struck: %s", why)}, true
	case killed && !asked && !seen:
		return []Statement{state(TopicEnd, inspect.Likely, "the kernel's OOM killer: it struck in this container, as %s, and SIGKILL is how it kills", why)}, true
	case killed && seen && before < endSlack:
		return []Statement{state(TopicEnd, inspect.Certain, "the kernel's OOM killer struck at that time too, as %s", why)}, false
	}
	when := ""
	if seen {
		when = ", " + max(before, 0).Round(time.Second).String() + " before its end"
	}
	return []Statement{state(TopicEnd, inspect.Certain, "the kernel's OOM killer struck another of its processes%s, as %s; its main process ended with %d", when, why, e.ExitCode)}, false
}

// askedByDocker reads what docker sent before the end: docker stop sends its signal, and
// SIGKILL when the grace period is over; docker kill sends one. Settled is that one
// of them ended it; what was sent may have done nothing.
func (e *ending) askedByDocker() (said []Statement, settled bool) {
	kills := slices.DeleteFunc(slices.Clone(e.events), func(event inspect.Event) bool { return event.Action != "kill" })
	if len(kills) == 0 {
		return nil, false
	}
	stopped := slices.ContainsFunc(e.events, func(event inspect.Event) bool { return event.Action == "stop" })
	last := kills[len(kills)-1]
	name, took := procfs.SignalName(last.Signal), max(e.FinishedAt.Sub(last.At), 0)
	switch {
	case stopped && last.Signal == procfs.SIGKILL && e.ExitCode != 128+procfs.SIGKILL:
		asked := e.StopSignalNumber()
		if len(kills) > 1 {
			asked = kills[len(kills)-2].Signal
		}
		return []Statement{state(TopicEnd, inspect.Certain, "docker stop: it had ended on %s when SIGKILL came, which leaves 137", procfs.SignalName(asked))}, true
	case stopped && last.Signal == procfs.SIGKILL && len(kills) > 1:
		asked := kills[len(kills)-2]
		return []Statement{state(TopicEnd, inspect.Certain, "docker stop: %s had not ended it when SIGKILL followed %s later", procfs.SignalName(asked.Signal), last.At.Sub(asked.At).Round(100*time.Millisecond))}, true
	case stopped && last.Signal == procfs.SIGKILL && e.StopSignalNumber() != procfs.SIGKILL:
		return []Statement{state(TopicEnd, inspect.Certain, "docker stop: %s had not ended it when SIGKILL followed", procfs.SignalName(e.StopSignalNumber()))}, true
	case stopped:
		return []Statement{state(TopicEnd, inspect.Certain, "docker stop: it ended on %s within %s", name, took.Round(100*time.Millisecond))}, true
	case took < endSlack && e.ExitCode == 128+last.Signal:
		return []Statement{state(TopicEnd, inspect.Certain, "docker kill: %s", name)}, true
	case took < endSlack:
		return []Statement{state(TopicEnd, inspect.Likely, "docker kill: it ended within %s of %s", took.Round(100*time.Millisecond), name)}, true
	default:
		return []Statement{state(TopicEnd, inspect.Certain, "docker kill sent %s %s before it ended", name, took.Round(time.Second))}, false
	}
}

// notByDocker goes through the others; unsent is that docker sent nothing.
func (e *ending) notByDocker(owner []Statement, unsent bool) []Statement {
	var list []Statement
	switch {
	case unsent && (e.OOMKilled || e.lastOOM().Held()):
		list = append(list, state(TopicEnd, inspect.Certain, "not docker (no kill event)"))
	case unsent:
		list = append(list, state(TopicEnd, e.noOOM(), "not the OOM killer (OOMKilled false), and not docker (no kill event)"))
	}
	if owner != nil {
		return append(list, owner...)
	}
	return append(list, e.bySignal())
}

// noOOM is how certain it is that an end for which the engine tells of no OOM killer was
// not by that: its word can come after the end.
func (e *ending) noOOM() inspect.Certainty {
	if e.justNow && e.ExitCode == 128+procfs.SIGKILL {
		return inspect.Likely
	}
	return inspect.Certain
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
	case signal <= 0 || signal > procfs.MaxSignal || e.Error != "":
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
	if !e.OOMKilled {
		list = append(list, state(TopicEnd, e.noOOM(), "not the OOM killer (OOMKilled false)"))
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
	if e.ExitCode == 128+procfs.SIGKILL {
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
	if apart > endSlack {
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
