package shim

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// HeldOf is about a container about which the engine does not answer. It says whether the
// container's shim, one of the dockerd with this PID, no longer has a main process, and what
// remains below it. It is nil if there is no such shim, or if the main process still runs.
func HeldOf(s *procfs.Snapshot, dockerd int, id string) *inspect.Held {
	var held *inspect.Held
	for _, shim := range dockerShims(s, dockerd, "") {
		switch {
		case inspect.ServedID(shim) != id:
		case mainBelow(s, shim, id) != nil:
			return nil
		case held == nil:
			held = heldBy(s, shim)
		}
	}
	return held
}

func heldBy(s *procfs.Snapshot, shim *procfs.Process) *inspect.Held {
	held := &inspect.Held{Shim: shim.PID}
	var first *procfs.Process
	for _, p := range below(s, shim.PID) {
		held.Processes++
		if first == nil || p.StartTicks < first.StartTicks {
			first = p
		}
	}
	if first != nil {
		held.Comm, held.PID = first.Comm, first.PID
	}
	return held
}

// below are the living processes below the one with the PID root, in no order.
func below(s *procfs.Snapshot, root int) []*procfs.Process {
	children := map[int][]*procfs.Process{}
	for i := range s.Processes {
		p := &s.Processes[i]
		children[p.ParentPID] = append(children[p.ParentPID], p)
	}
	var found []*procfs.Process
	seen := map[int]bool{root: true}
	for next := []int{root}; len(next) > 0; next = next[1:] {
		for _, p := range children[next[0]] {
			if seen[p.PID] {
				continue
			}
			seen[p.PID] = true
			next = append(next, p.PID)
			if !p.IsZombie() {
				found = append(found, p)
			}
		}
	}
	return found
}
