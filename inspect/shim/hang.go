package shim

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Hang is a shim that does not work although it was not stopped by a signal.
type Hang struct {
	Shim *procfs.Process
	// How is how that is known.
	How How
	// TracerPID is the thread that traces it. Tracer is the process of that thread if the thread
	// is its main thread, else nil. Both are only set for Traced.
	TracerPID int
	Tracer    *procfs.Process
	// States are the states of its threads, each once, in alphabetical order.
	States []string
	// Channel is where one of its threads sleeps in the kernel, "" if that is not known.
	Channel string
}

// How is how it is known that a shim hangs.
type How string

// The ways.
const (
	// Traced: a tracer has stopped every thread of it.
	Traced How = "traced"
	// Frozen: every thread of it is in the freezer of a control group.
	Frozen How = "frozen"
	// Uninterruptible: every thread of it is in uninterruptible sleep.
	Uninterruptible How = "uninterruptible"
	// Silent: the engine did not answer about its container, but about others. What hangs cannot
	// be determined.
	Silent How = "silent"
)

// freezers are the kernel functions in which frozen threads sleep, in groups of version 1 and 2.
// A name can be shown without its underscores.
var freezers = []string{"refrigerator", "__refrigerator", "do_freezer_trap"}

// HangOf says whether the container's shim hangs. That needs two looks, the second of which was
// at every thread. A stopped shim does not hang.
func HangOf(ix *inspect.Index, c *inspect.Container) (Hang, bool) {
	shim := ix.Binding(c).Shim
	if shim == nil || shim.State == procfs.StateStopped {
		return Hang{}, false
	}
	h := Hang{Shim: shim, TracerPID: shim.TracerPID, Tracer: ix.ProcessAt(shim.TracerPID)}
	threads := ix.ThreadsOf(shim)
	for _, t := range threads {
		h.States = append(h.States, string(t.State))
		if channel := t.WaitChannel.Or(""); h.Channel == "" || slices.Contains(freezers, channel) {
			h.Channel = channel
		}
	}
	slices.Sort(h.States)
	h.States = slices.Compact(h.States)
	all := func(state procfs.State) bool {
		return shim.State == state && len(threads) > 0 && !slices.ContainsFunc(threads, func(t procfs.ThreadAttention) bool { return t.State != state })
	}
	switch {
	case all(procfs.StateTraced) && h.TracerPID != 0:
		h.How = Traced
	case all(procfs.StateUninterruptible) && slices.Contains(freezers, h.Channel), c.Silent && h.Channel == "do_freezer_trap":
		h.How = Frozen
	case all(procfs.StateUninterruptible):
		h.How = Uninterruptible
	case c.Silent && !c.Unasked && !ix.Capture.Engine.Silent:
		h.How = Silent
	default:
		return Hang{}, false
	}
	return h, true
}

// Doubtful is the container's shim if it needs a second look: it does not run, or the engine
// does not answer about its container. Otherwise it is nil.
func Doubtful(ix *inspect.Index, c *inspect.Container) *procfs.Process {
	shim := ix.Binding(c).Shim
	if shim == nil || !c.Silent && shim.State != procfs.StateTraced && shim.State != procfs.StateUninterruptible {
		return nil
	}
	return shim
}
