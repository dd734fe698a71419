package explain

import (
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/trace"
)

// mostSeen is how many rows of a trace are stated, up to the one that tells the end.
const mostSeen = 3

// seenBy is what a trace saw of the container's end: the row that tells it, and those before it about
// the main process. There are none if no row tells it.
func seenBy(c *inspect.Container, rows []trace.Row) []trace.Row {
	var of []trace.Row
	for _, r := range rows {
		if r.ContainerID != c.ID || r.Time.Before(c.StartedAt) || !isOfMain(&r, c) {
			continue
		}
		of = append(of, r)
		if at, ends := endOf(&r); ends && c.FinishedAt.Sub(at).Abs() < inspect.EndSlack {
			return of[max(len(of)-mostSeen, 0):]
		}
	}
	return nil
}

// isOfMain reports whether the row is about the container's main process. If it has joined the PID
// namespace of another one, its number there is not known any more.
func isOfMain(r *trace.Row, c *inspect.Container) bool {
	if c.JoinedID() == "" && !c.SharesHostPIDs() {
		return r.ContainerPID == 1
	}
	return r.Main
}

// endOf is when the process of the row exited, false if the row does not say so.
func endOf(r *trace.Row) (time.Time, bool) {
	if r.ExitCode == nil {
		return time.Time{}, false
	}
	if r.Event == trace.Exit || r.Seconds == nil {
		return r.Time, true
	}
	return r.Time.Add(time.Duration(*r.Seconds * float64(time.Second))), true
}

// statedSeen are the statements about these rows.
func statedSeen(rows []trace.Row) []Statement {
	var list []Statement
	for _, r := range rows {
		at, clause := r.Time.UTC().Format("15:04:05.000 MST"), r.Clause()
		if r.Certainty == inspect.Likely {
			list = append(list, state(TopicEnd, inspect.Likely, "The trace saw at %s: %s.", at, clause))
			continue
		}
		// Of a sender that is not known the text says so.
		list = append(list, state(TopicEnd, inspect.Certain, "The trace saw at %s: %s.", at, clause))
	}
	return list
}
