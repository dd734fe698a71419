package trace

import (
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// near is how far the engine's event about a signal may be from the signal itself: it is written
// when the runtime has returned.
const near = time.Second

// mostEvents is how many events of a container are remembered.
const mostEvents = 64

// Engine takes an event of the engine.
func (t *Teller) Engine(e inspect.Event) {
	if e.Name != "" {
		if len(t.names) > mostKnown {
			t.forget()
		}
		t.names[e.ContainerID] = e.Name
	}
	if e.Action == "start" {
		t.captured = false
	}
	list := append(t.events[e.ContainerID], e)
	if len(list) > mostEvents {
		list = list[len(list)-mostEvents:]
	}
	t.events[e.ContainerID] = list
}

// SetEngine says whether every kill and stop is an event of the engine, and whether these events
// arrive. Then the engine did not ask for a signal without one.
func (t *Teller) SetEngine(promised bool) { t.promised = promised }

// asked is the engine's event about the signal, false if there is none.
func (t *Teller) asked(l *line) bool {
	for _, e := range t.events[l.id] {
		if e.Action == "kill" && (e.Signal == l.event.Signal.Number || e.Signal == 0) && e.At.Sub(l.row.Time).Abs() <= near {
			return true
		}
	}
	return false
}

// since reports whether the engine has reported one of these after the signal.
func (t *Teller) since(l *line, action string) bool {
	for _, e := range t.events[l.id] {
		if e.Action == action && !e.At.Before(l.row.Time) {
			return true
		}
	}
	return false
}

// mayStop reports whether docker stop could have sent the signal: the container's own for that, or
// SIGKILL after another.
func (t *Teller) mayStop(l *line) bool {
	if l.event.Signal.Number == procfs.SIGKILL {
		return l.graceOver
	}
	c := t.containers[l.id]
	return c == nil || l.event.Signal.Number == c.StopSignalNumber()
}

// actionOf is what the engine was asked to do when it sent the signal, according to its events so
// far. settled is false if there may be more to come.
func (t *Teller) actionOf(l *line) (action Action, settled bool) {
	if l.from.how == ByShim {
		return ExecEnd, true
	}
	if !t.promised {
		return "", true
	}
	switch {
	case t.since(l, "restart"):
		return Restart, true
	case t.since(l, "stop"): // or the first half of a restart
		return Stop, false
	case t.since(l, "destroy") && l.event.Signal.Number == procfs.SIGKILL:
		return Remove, true
	case !l.isMain:
		return "", true // what the runtime does with what is left
	case t.asked(l) && t.mayStop(l) && !t.since(l, "die"):
		return StopOrKill, false
	case t.asked(l):
		return Kill, false
	default:
		return OtherClient, false
	}
}
