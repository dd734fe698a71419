package inspect

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Comeback says whether a container's restart policy starts it again when its main
// process ends and nobody asks docker for that.
type Comeback struct {
	// Starts reports whether it does, and Certainty how sure that is.
	Starts    bool
	Certainty Certainty
	// Cancelled is the signal by which docker stop or docker kill has kept the policy
	// from acting, nil where none is known.
	Cancelled *Event
	// Missing is the ID or name of a container that it was told to join and that does
	// not run, which makes every start fail; "" where there is none.
	Missing string
}

// ComebackOf says whether the restart policy starts the container again after an end
// with this exit code, in the run that is or was the last.
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

// sureOfPolicy is how sure it is that nothing has cancelled the policy of a container for
// which no event tells so. A docker kill while the engine waits before it starts the
// container again leaves no event.
func (ix *Index) sureOfPolicy(c *Container) Certainty {
	if log := ix.Capture.Events; log == nil || !log.Reaches(c.StartedAt) || c.RestartCount > 0 {
		return Likely
	}
	return ix.Capture.Events.sure()
}

// sure is how sure it is what follows from an event, or from there being none.
func (l *EventLog) sure() Certainty {
	if l.IsPromised() {
		return Certain
	}
	return Likely
}

// sureOf is how sure it is that the signal of an event has cancelled the policy: one that the
// engine did not tell may be one that does not.
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

// EndSlack is how far the engine's clock readings of one end lie apart.
const EndSlack = 2 * time.Second

// cancelled is the last signal of the run that keeps the restart policy from acting, nil
// for none.
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

// isCancelledBy reports whether docker kill or docker stop with this signal keeps the
// restart policy from acting until docker start after the end, or docker restart. Docker's
// engine has two marks for it (moby, daemon/kill.go, killWithSignal): every signal marks
// the container as stopped by hand, which unless-stopped obeys; and one that is taken for
// the end, the stop signal and SIGKILL or, where no stop signal is set, any, cancels
// whatever the policy is. A signal that the engine did not tell, 0, may be any.
func (c *Container) isCancelledBy(signal int) bool {
	return c.isCancelledByAny() || signal == 0 || signal == procfs.SIGKILL || signal == c.StopSignalNumber()
}

func (c *Container) isCancelledByAny() bool {
	return c.RestartPolicy == "unless-stopped" || c.StopSignal == ""
}

// missingJoined is the first that does not run, or that the engine does not know, of those
// that the container was told to join.
func (ix *Index) missingJoined(c *Container) string {
	for _, ref := range c.JoinedRefs() {
		if joined := ix.ContainerNamed(ref); joined == nil || joined != c && !joined.IsRunning() {
			return ref
		}
	}
	return ""
}
