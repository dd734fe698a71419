package inspect

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Look is a second look at what a single one cannot tell.
type Look struct {
	// At is the time of the look.
	At time.Time
	// Zombies are those that were still zombies.
	Zombies []procfs.ZombieSeen
	// Unserved are the IDs of the containers that still ran by the engine's word
	// without a shim, or without their main process.
	Unserved []string `json:",omitzero"`
	// Ended are the IDs of the containers whose main process had ended by then: their
	// zombies went with it, and nobody has reaped them.
	Ended []string `json:",omitzero"`
}

// hasEnded reports whether its main process was there at the first look, and not at the second.
func (ix *Index) hasEnded(c *Container) bool {
	return ix.Capture.SecondLook != nil && slices.Contains(ix.Capture.SecondLook.Ended, c.ID)
}

// StillUnserved reports whether a second look too found the container without its shim
// or without its main process.
func (ix *Index) StillUnserved(c *Container) bool {
	return ix.Capture.SecondLook != nil && slices.Contains(ix.Capture.SecondLook.Unserved, c.ID)
}

// SeenAgain reports whether the process was a zombie at the second look too, and
// returns its parent's host PID as of that look.
func (ix *Index) SeenAgain(p *procfs.Process) (parentPID int, seen bool) {
	parentPID, seen = ix.seenAgain[p.Key]
	return parentPID, seen
}
