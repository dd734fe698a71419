package shim

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Leftover is what lives on of a container that does not run, or that the engine
// does not know any more.
type Leftover struct {
	// ID is the container's; Name and Status are "" where the engine does not know
	// it any more.
	ID, Name, Status string
	// Shim is the shim that still serves it, nil if it has gone.
	Shim *procfs.Process
	// Processes are those that still live in it.
	Processes []*procfs.Process
}

// Resources are what the leak's processes keep from others: the memory that they have
// resident, in bytes, and the addresses at which they listen. Of those of which that
// could not be read nothing is held in it, and whole is false.
func Resources(ix *inspect.Index, l *Leftover) (resident uint64, listening []string, whole bool) {
	whole = true
	for _, p := range l.Processes {
		at := slices.IndexFunc(ix.Capture.Resources, func(h procfs.Resources) bool { return h.Key == p.Key })
		if at < 0 {
			whole = false
			continue
		}
		h := &ix.Capture.Resources[at]
		resident += h.ResidentBytes.Or(0)
		listening = append(listening, h.Listening.Or(nil)...)
		whole = whole && h.ResidentBytes.Held() && h.Listening.Held()
	}
	slices.Sort(listening)
	return resident, slices.Compact(listening), whole
}

// Leftovers finds the shims and processes of this engine that serve or belong to no
// running container. Those of other engines are left alone: a shim counts by the
// containerd that it names, a process without a shim only if the engine knows its
// container. Nothing is found without a Listing.
func Leftovers(ix *inspect.Index) []Leftover {
	if ix.Capture.Listing == nil {
		return nil
	}
	leaks := map[string]*Leftover{}
	for _, shim := range ownShims(ix) {
		if l := leftoverOf(ix, inspect.ServedID(shim), leaks, true); l != nil {
			l.Shim = shim
		}
	}
	for _, p := range ix.Processes() {
		if p.IsZombie() || p.KernelThread || inspect.ShimName(p) != "" && inspect.CgroupID(p) == "" {
			continue
		}
		id := inspect.CgroupID(p)
		if id == "" {
			if shim := ix.Parent(p); shim != nil && inspect.ShimName(shim) != "" && p.Depth() > shim.Depth() {
				id = inspect.ServedID(shim)
			}
		}
		if l := leftoverOf(ix, id, leaks, false); l != nil {
			l.Processes = append(l.Processes, p)
		}
	}
	var list []Leftover
	for _, l := range leaks {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b Leftover) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// leftoverOf is the leak of a container that does not run, nil for one that runs,
// that is just starting or going, or that is not this engine's as far as is known.
func leftoverOf(ix *inspect.Index, id string, leaks map[string]*Leftover, ours bool) *Leftover {
	if id == "" {
		return nil
	}
	if l := leaks[id]; l != nil {
		return l
	}
	listed, settled := ix.Capture.Listing.Status(id)
	if !settled || listed.ID == "" && !ours || listed.ID != "" && listed.Status != "exited" && listed.Status != "dead" {
		return nil
	}
	leaks[id] = &Leftover{ID: id, Name: listed.Name, Status: listed.Status}
	return leaks[id]
}

// ownShims are the shims that this engine has started.
func ownShims(ix *inspect.Index) []*procfs.Process {
	s := &ix.Capture.Snapshot
	address := containerdAddress(s, ix.Capture.Listing.Daemon)
	if address == "" {
		return nil // whose shims are whose cannot be told
	}
	return slices.DeleteFunc(dockerShims(s, ix.Capture.Listing.Daemon), func(shim *procfs.Process) bool { return shimAddress(shim) != address })
}
