package inspect

import "time"

// Event is something that the engine did to a container, or saw of it (GET
// /events, type container).
type Event struct {
	At          time.Time
	ContainerID string
	// Action is the first word of the event's action: kill, die, stop, oom, ...
	Action string
	// Signal is the number that a kill carried, 0 for other events.
	Signal int `json:",omitzero"`
	// ExitCode is what a die told; -1 for other events.
	ExitCode int `json:",omitzero"`
}

// EventLog is what the engine still remembers: about 256 events of all kinds.
type EventLog struct {
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
