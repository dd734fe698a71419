package inspect

import "slices"

// Listing is every container that the engine knew, running or not, before and after the
// processes were read. While containers come and go, only a container that is missing in both is
// missing.
type Listing struct {
	Before, After []Listed
	// Daemon is the host PID of the process that serves the engine's socket, 0 if not known. It
	// distinguishes the engine's shims from those of other engines.
	Daemon int
}

// Listed is one container of a Listing.
type Listed struct {
	ID, Name, Status string
}

// Status is the engine's status of the container, if it was the same both times. It is "" if the
// engine knew the container neither time. ok is false if the two differ.
func (l *Listing) Status(id string) (listed Listed, ok bool) {
	find := func(list []Listed) Listed {
		if at := slices.IndexFunc(list, func(c Listed) bool { return c.ID == id }); at >= 0 {
			return list[at]
		}
		return Listed{}
	}
	before, after := find(l.Before), find(l.After)
	return after, before.Status == after.Status
}
