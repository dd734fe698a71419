package inspect

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Event is something that the engine did to a container, or noticed about it (GET /events, type
// container).
type Event struct {
	At          time.Time
	ContainerID string
	// Action is the first word of the event's action: kill, die, stop, oom, ...
	Action string
	// Name is the container's name at that moment, only for destroy.
	Name string `json:",omitzero"`
	// Signal is the signal number of a kill. It is 0 for other events, and if the engine does
	// not report it.
	Signal int `json:",omitzero"`
	// ExitCode is the exit code of a die. It is -1 for other events, and if the engine does not
	// report it.
	ExitCode int `json:",omitzero"`
}

// EventLog is what the engine still remembers: about 256 events of all kinds.
type EventLog struct {
	// Product is the name of the engine (GET /version, name of the first of Components):
	// "Engine" is Docker's, "Podman Engine" is podman's. It is "" if the engine did not report
	// it.
	Product string `json:",omitzero"`
	// Oldest is the time of the oldest event of any kind in the log. The engine has forgotten
	// earlier events, unless it was started later. It is zero without events.
	Oldest time.Time
	// DefaultGrace is how long docker stop waits for containers that set no time. The engine
	// reports it when its configuration is reloaded (event reload of a daemon,
	// default-stop-timeout, from 29.7 on). It is absent otherwise.
	DefaultGrace procfs.Opt[time.Duration] `json:",omitzero"`
	// Events are those of containers, the oldest first.
	Events []Event `json:",omitzero"`
}

// Of are the container's events between two times.
func (l *EventLog) Of(id string, from, to time.Time) []Event {
	var list []Event
	for _, e := range l.Events {
		if e.ContainerID == id && !e.At.Before(from) && !e.At.After(to) {
			list = append(list, e)
		}
	}
	return list
}

// Reaches reports whether the log goes back to that time.
func (l *EventLog) Reaches(t time.Time) bool { return !l.Oldest.IsZero() && !l.Oldest.After(t) }

// dockerEngine is the product name of Docker's own engine.
const dockerEngine = "Engine"

// IsPromised reports whether the engine reports every kill, stop and exit. Then something that
// is not in the log did not happen, as far back as the log reaches. This holds for Docker's
// engine. podman reports no kill for its stop, and no signal for its kill. For others it is not
// known.
func (l *EventLog) IsPromised() bool { return l.Product == dockerEngine }
