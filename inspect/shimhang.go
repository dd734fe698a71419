package inspect

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ShimHang is a shim that does not work although nobody has stopped it.
type ShimHang struct {
	Shim *procfs.Process
	// How is how that is known.
	How ShimHow
	// TracerPID is the thread that holds it, and Tracer its process where it is that
	// one's main thread; else nil. Of a traced one.
	TracerPID int
	Tracer    *procfs.Process
	// States are those of its threads, each once, in alphabetical order.
	States []string
	// Channel is where a thread of it sleeps in the kernel, "" if that is not known.
	Channel string
}

// ShimHow is how it is known that a shim hangs.
type ShimHow string

// The ways.
const (
	// ShimTraced: every thread of it is held by a tracer.
	ShimTraced ShimHow = "traced"
	// ShimFrozen: every thread of it is in the freezer of a control group.
	ShimFrozen ShimHow = "frozen"
	// ShimUninterruptible: every thread of it is in uninterruptible sleep.
	ShimUninterruptible ShimHow = "uninterruptible"
	// ShimSilent: the engine did not answer about its container, but about others.
	// What hangs cannot be told.
	ShimSilent ShimHow = "silent"
)

// freezers are the kernel functions in which frozen threads sleep, in groups of
// version 1 and 2. A name can be shown without its underscores.
var freezers = []string{"refrigerator", "__refrigerator", "do_freezer_trap"}

// ShimHang says whether the container's shim hangs. What it does is known of two
// looks, of which the second was at every thread. One that is stopped is none.
func (ix *Index) ShimHang(c *Container) (ShimHang, bool) {
	shim := ix.Binding(c).Shim
	if shim == nil || shim.State == procfs.StateStopped {
		return ShimHang{}, false
	}
	h := ShimHang{Shim: shim, TracerPID: shim.TracerPID, Tracer: ix.ProcessAt(shim.TracerPID)}
	threads := ix.threadsOf(shim)
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
		h.How = ShimTraced
	case all(procfs.StateUninterruptible) && slices.Contains(freezers, h.Channel), c.Silent && h.Channel == "do_freezer_trap":
		h.How = ShimFrozen
	case all(procfs.StateUninterruptible):
		h.How = ShimUninterruptible
	case c.Silent && !ix.Capture.Engine.Silent:
		h.How = ShimSilent
	default:
		return ShimHang{}, false
	}
	return h, true
}

// DoubtfulShim is the container's shim where it deserves a second look: it does
// not run, or the engine does not answer about its container. Nil elsewhere.
func (ix *Index) DoubtfulShim(c *Container) *procfs.Process {
	shim := ix.Binding(c).Shim
	if shim == nil || !c.Silent && shim.State != procfs.StateTraced && shim.State != procfs.StateUninterruptible {
		return nil
	}
	return shim
}
