package explain

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// askedByDocker is about the signals that docker sent before the exit. docker stop sends its
// signal, and SIGKILL when the grace period is over. docker kill sends one signal. settled is
// true if that was the cause. A signal may have had no effect, and is not called the cause if
// the exit code names another signal.
func (e *ending) askedByDocker() (said []Statement, settled bool) {
	kills := slices.DeleteFunc(slices.Clone(e.events), func(event inspect.Event) bool { return event.Action != "kill" })
	stopped := slices.ContainsFunc(e.events, func(event inspect.Event) bool { return event.Action == "stop" })
	switch {
	case len(kills) == 0 && stopped:
		return e.stoppedBySomething()
	case len(kills) == 0:
		return nil, false
	case stopped:
		return e.stopped(kills)
	default:
		return e.killed(kills[len(kills)-1])
	}
}

// stoppedBySomething is about a docker stop that finished, and whose signals the engine has
// forgotten. It sends SIGKILL last, so a SIGKILL would still be known.
func (e *ending) stoppedBySomething() ([]Statement, bool) {
	return []Statement{state(TopicEnd, inspect.Likely, "docker stop stopped it; the event of its signal is gone.")}, !e.isKilled()
}

// stopped is about a docker stop that finished.
func (e *ending) stopped(kills []inspect.Event) ([]Statement, bool) {
	last := kills[len(kills)-1]
	took := e.after(last)
	asked, between := e.StopSignalNumber(), time.Duration(-1)
	if len(kills) > 1 {
		asked, between = kills[len(kills)-2].Signal, last.At.Sub(kills[len(kills)-2].At)
	}
	switch isKill := last.Signal == procfs.SIGKILL; {
	case last.Signal == 0:
		return []Statement{state(TopicEnd, inspect.Likely, "docker stop: it exited within %s of %s.", roughly(took), nameOf(0))}, true
	case isKill && !e.isKilled() && took < inspect.EndSlack:
		return e.certain("docker stop sent %s and the container exited just before SIGKILL, which would give exit code 137.", procfs.SignalName(asked)), true
	case isKill && e.isKilled() && between >= 0:
		return e.certain("docker stop sent %s, then killed the container %s later (SIGKILL).", procfs.SignalName(asked), between.Round(100*time.Millisecond)), true
	case isKill && e.isKilled() && asked != procfs.SIGKILL:
		return e.certain("docker stop sent %s, then killed the container (SIGKILL).", procfs.SignalName(asked)), true
	case !isKill && e.isOfAnother(last.Signal):
		return e.certain("docker stop sent %s %s before the exit, but exit code %d does not belong to that signal.", nameOf(last.Signal), roughly(took), e.ExitCode), false
	case e.ExitCode == 128+last.Signal:
		return e.certain("docker stop: %s terminated it within %s.", nameOf(last.Signal), took.Round(100*time.Millisecond)), true
	default:
		return e.certain("docker stop: it exited within %s of %s.", took.Round(100*time.Millisecond), nameOf(last.Signal)), true
	}
}

// killed is about a docker kill, or a docker stop that did not finish.
func (e *ending) killed(last inspect.Event) ([]Statement, bool) {
	took := e.after(last)
	switch {
	case e.isOfAnother(last.Signal) || last.Signal == procfs.SIGKILL && !e.isKilled():
		return e.certain("docker kill sent %s %s before the exit, but exit code %d does not belong to that signal.", nameOf(last.Signal), roughly(took), e.ExitCode), false
	case took < inspect.EndSlack && last.Signal != 0 && e.ExitCode == 128+last.Signal:
		return e.certain("docker kill: %s terminated it.", nameOf(last.Signal)), true
	case took < inspect.EndSlack:
		return []Statement{state(TopicEnd, inspect.Likely, "docker kill: it exited within %s of %s.", took.Round(100*time.Millisecond), nameOf(last.Signal))}, true
	default:
		return e.certain("docker kill sent %s %s before the exit.", nameOf(last.Signal), took.Round(time.Second)), false
	}
}

// certain is one statement that events and exit code prove.
func (e *ending) certain(format string, args ...any) []Statement {
	return []Statement{state(TopicEnd, inspect.Certain, format, args...)}
}

// isOfAnother reports whether the exit code stands for another signal than the one that was
// sent. The sent one is known.
func (e *ending) isOfAnother(sent int) bool {
	n := e.signalOfExit()
	return sent != 0 && n != 0 && n != sent
}

// after is the time between the event and the exit.
func (e *ending) after(event inspect.Event) time.Duration { return max(e.FinishedAt.Sub(event.At), 0) }

// roughly rounds a time to a useful precision.
func roughly(d time.Duration) time.Duration {
	if d < inspect.EndSlack {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}

// nameOf names a signal. 0 is a signal whose number the engine did not report.
func nameOf(n int) string {
	if n == 0 {
		return "a signal (number unknown)"
	}
	return procfs.SignalName(n)
}
