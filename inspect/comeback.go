package inspect

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Comeback says whether a container's restart policy restarts it if its main process exits by
// itself.
type Comeback struct {
	// Starts is true if the policy restarts it. Certainty says how certain that is.
	Starts    bool
	Certainty Certainty
	// Cancelled is the signal of docker stop or docker kill that prevents the restart, nil if
	// none is known.
	Cancelled *Event
	// Missing is the ID or name of a container that this one was configured to join and that
	// does not run. Every start fails then. It is "" if there is none.
	Missing string
}

// ComebackOf says whether the restart policy restarts the container after this exit code, in its
// current or last run.
func (ix *Index) ComebackOf(c *Container, exitCode int) Comeback {
	if !c.IsRestartedAfter(exitCode) {
		return Comeback{Certainty: Certain}
	}
	log := ix.Capture.Events
	if cancelled := log.cancelled(c, ix.endOfRun(c)); cancelled != nil {
		return Comeback{Certainty: log.sureOf(c, cancelled), Cancelled: cancelled}
	}
	if missing := ix.missingJoined(c); missing != "" {
		return Comeback{Certainty: Likely, Missing: missing}
	}
	return Comeback{Starts: true, Certainty: ix.sureOfPolicy(c)}
}

// sureOfPolicy is how certain it is that nothing has cancelled the restart policy, if no event
// shows that. A docker kill while the engine waits before the next start leaves no event.
func (ix *Index) sureOfPolicy(c *Container) Certainty {
	if log := ix.Capture.Events; log == nil || !log.Reaches(c.StartedAt) || c.RestartCount > 0 {
		return Likely
	}
	return ix.Capture.Events.sure()
}

// sure is how certain a conclusion from an event, or from a missing event, is.
func (l *EventLog) sure() Certainty {
	if l.IsPromised() {
		return Certain
	}
	return Likely
}

// sureOf is how certain it is that the signal of an event has cancelled the policy. If the
// engine did not report which signal it was, it may be one that does not cancel the policy.
func (l *EventLog) sureOf(c *Container, e *Event) Certainty {
	if e.Signal == 0 && !c.isCancelledByAny() {
		return Likely
	}
	return l.sure()
}

func (ix *Index) endOfRun(c *Container) time.Time {
	if !c.IsRunning() && c.FinishedAt.After(c.StartedAt) {
		return c.FinishedAt.Add(EndSlack)
	}
	return ix.Capture.Snapshot.TakenAt.Add(EndSlack)
}

// EndSlack is the greatest difference between two times at which the engine notes one exit.
const EndSlack = 2 * time.Second

// cancelled is the last signal of the run that prevents the restart policy from acting, nil for
// none.
func (l *EventLog) cancelled(c *Container, until time.Time) *Event {
	if l == nil {
		return nil
	}
	var last *Event
	for _, e := range l.Of(c.ID, c.StartedAt, until) {
		if e.Action == "kill" && c.isCancelledBy(e.Signal) {
			last = &e
		}
	}
	return last
}

// isCancelledBy reports whether docker kill or docker stop with this signal prevents a restart
// by the policy, until docker start or docker restart. Docker's engine has two marks for this
// (moby, daemon/kill.go, killWithSignal). Every signal marks the container as stopped by hand,
// which unless-stopped obeys. A signal that is meant to end the container cancels every policy.
// These are the stop signal and SIGKILL, and every signal if no stop signal is set. Signal 0,
// which the engine did not report, may be any signal.
func (c *Container) isCancelledBy(signal int) bool {
	return c.isCancelledByAny() || signal == 0 || signal == procfs.SIGKILL || signal == c.StopSignalNumber()
}

func (c *Container) isCancelledByAny() bool {
	return c.RestartPolicy == "unless-stopped" || c.StopSignal == ""
}

// missingJoined is the first joined container that does not run, or that the engine does not
// know.
func (ix *Index) missingJoined(c *Container) string {
	for _, ref := range c.JoinedRefs() {
		if joined := ix.ContainerNamed(ref); joined == nil || joined != c && !joined.IsRunning() {
			return ref
		}
	}
	return ""
}
