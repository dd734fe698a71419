package inspect

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Event is something that the engine did to a container, or saw of it (GET
// /events, type container).
type Event struct {
	At          time.Time
	ContainerID string
	// Action is the first word of the event's action: kill, die, stop, oom, ...
	Action string
	// Name is the container's at that moment; only of destroy.
	Name string `json:",omitzero"`
	// Signal is the number that a kill carried, 0 for other events and where the engine
	// does not tell it.
	Signal int `json:",omitzero"`
	// ExitCode is what a die told; -1 for other events and where the engine does not tell it.
	ExitCode int `json:",omitzero"`
}

// EventLog is what the engine still remembers: about 256 events of all kinds.
type EventLog struct {
	// Product is what the engine calls itself (GET /version, name of the first of
	// Components): "Engine" is Docker's, "Podman Engine" is podman's. It is "" where it did
	// not say.
	Product string `json:",omitzero"`
	// Oldest is the time of the oldest event held, of whatever kind: what was
	// before has been forgotten, unless the engine has not lived longer. Zero if
	// there is none.
	Oldest time.Time
	// DefaultGrace is how long docker stop waits for containers that set no time, as the
	// engine told when its configuration was last reloaded (event reload of a daemon,
	// default-stop-timeout, from 29.7 on); absent where it did not.
	DefaultGrace procfs.Opt[time.Duration] `json:",omitzero"`
	// Events are those of containers, the oldest first.
	Events []Event `json:",omitzero"`
}

// Of are the container's events within a time.
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

// dockerEngine is what Docker's own engine calls itself.
const dockerEngine = "Engine"

// IsPromised reports whether the engine tells of every kill, stop and end, so that what
// is not in the log did not happen as long as the log reaches: Docker's engine does.
// podman's stop tells of no kill, and its kill of no signal; of others it is not known.
func (l *EventLog) IsPromised() bool { return l.Product == dockerEngine }
