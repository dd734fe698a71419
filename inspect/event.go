package inspect

import (
	"slices"
	"time"
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

// Docker's engine puts a container's labels among the attributes of its events, over its own
// of the same name (moby, daemon/events.go, LogContainerEventWithAttributes).
const (
	signalAttribute   = "signal"
	exitCodeAttribute = "exitCode"
)

// WithoutLabels is the log without signals and exit codes that are labels of these
// containers: what the engine told is lost.
func (l EventLog) WithoutLabels(containers []Container) EventLog {
	labels := map[string]map[string]string{}
	for i := range containers {
		labels[containers[i].ID] = containers[i].Labels
	}
	events := slices.Clone(l.Events)
	for i := range events {
		e := &events[i]
		if _, is := labels[e.ContainerID][signalAttribute]; is {
			e.Signal = 0
		}
		if _, is := labels[e.ContainerID][exitCodeAttribute]; is {
			e.ExitCode = -1
		}
	}
	l.Events = events
	return l
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
