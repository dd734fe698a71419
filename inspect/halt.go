package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// Halt is what keeps a process from acting, whatever its program would do.
type Halt string

// The halts, in words for a sentence.
const (
	// HaltNone: nothing of this kind is known.
	HaltNone Halt = ""
	// HaltPaused: its container is paused (State.Status of the engine).
	HaltPaused Halt = "paused"
	// HaltStopped: it was stopped by a signal (State T of /proc/PID/stat).
	HaltStopped Halt = "stopped"
	// HaltTraced: a tracer holds it (State t).
	HaltTraced Halt = "traced"
	// HaltAsleep: it sleeps in the kernel, or is in a freezer (State D).
	HaltAsleep Halt = "frozen or in uninterruptible sleep (D)"
)

// HaltOf reports what keeps the process from acting, such as from waiting for its
// children.
func (ix *Index) HaltOf(p *procfs.Process) Halt {
	if ix.IsPaused(p) {
		return HaltPaused
	}
	switch p.State {
	case procfs.StateStopped:
		return HaltStopped
	case procfs.StateTraced:
		return HaltTraced
	case procfs.StateUninterruptible:
		return HaltAsleep
	default:
		return HaltNone
	}
}

// IsPaused reports whether the process's container is paused.
func (ix *Index) IsPaused(p *procfs.Process) bool {
	c := ix.OwnerOf(p).Container
	return c != nil && c.Status == "paused"
}
