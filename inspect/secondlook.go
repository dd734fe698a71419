package inspect

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Look is a second look, for what a single look cannot show.
type Look struct {
	// At is the time of the look.
	At time.Time
	// Zombies are the processes that were still zombies.
	Zombies []procfs.ZombieSeen
	// Unserved are the IDs of the containers that still run according to the engine, but have no
	// shim or no main process.
	Unserved []string `json:",omitzero"`
	// Ended are the IDs of the containers whose main process had exited by then. Their zombies
	// disappeared with it, and were not reaped by their parent.
	Ended []string `json:",omitzero"`
}

// hasEnded reports whether the container's main process existed at the first look, but not at
// the second.
func (ix *Index) hasEnded(c *Container) bool {
	return ix.Capture.SecondLook != nil && slices.Contains(ix.Capture.SecondLook.Ended, c.ID)
}

// StillUnserved reports whether the second look also found the container without its shim or its
// main process.
func (ix *Index) StillUnserved(c *Container) bool {
	return ix.Capture.SecondLook != nil && slices.Contains(ix.Capture.SecondLook.Unserved, c.ID)
}

// SeenAgain reports whether the process was a zombie at the second look too. It returns its
// parent's host PID at that look.
func (ix *Index) SeenAgain(p *procfs.Process) (parentPID int, seen bool) {
	parentPID, seen = ix.seenAgain[p.Key]
	return parentPID, seen
}
