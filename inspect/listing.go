package inspect

import "slices"

// Listing is every container that the engine knew, running or not, before and
// after the processes were read: while containers come and go, only what is
// missing in both is missing.
type Listing struct {
	Before, After []Listed
	// Daemon is the host PID of the process that serves the engine's socket, by
	// which its shims are told from those of other engines; 0 if not known.
	Daemon int
}

// Listed is one container of a Listing.
type Listed struct {
	ID, Name, Status string
}

// Status is what the engine said of the container at both times: "" where it
// knew it at neither, and ok is false where the two differ.
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
