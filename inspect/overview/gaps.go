package overview

import "github.com/docker-pidns/docker-pidns/inspect"

// Gaps are the containers of which processes could not be read, so that their numbers would be too
// small.
type Gaps struct {
	// Blind is true if it is unknown which processes could not be read. Then every container may
	// have such processes.
	Blind bool
	// Unassigned is true if a process could not be read that no container's control group lists.
	Unassigned bool
	// of are the IDs of containers whose control groups list such a process.
	of map[string]bool
}

// GapsOf finds them.
func GapsOf(ix *inspect.Index) Gaps {
	snapshot := &ix.Capture.Snapshot
	g := Gaps{Blind: snapshot.Unfinished || ix.HidesProcesses(), of: map[string]bool{}}
	missed := map[int]bool{}
	for _, m := range snapshot.Unreadable() {
		missed[m.PID] = true
	}
	for _, group := range ix.Capture.Groups {
		for _, pid := range group.PIDs {
			if missed[pid] {
				g.of[group.ContainerID] = true
				delete(missed, pid)
			}
		}
	}
	g.Unassigned = len(missed) > 0
	return g
}

// In reports whether a process of the container could not be read, or may not have been.
func (g *Gaps) In(c *inspect.Container) bool { return g.Blind || g.of[c.ID] }

// Any reports whether a process could not be read.
func (g *Gaps) Any() bool { return g.Blind || g.Unassigned || len(g.of) > 0 }
