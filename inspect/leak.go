package inspect

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Leak is what lives on of a container that does not run, or that the engine
// does not know any more.
type Leak struct {
	// ID is the container's; Name and Status are "" where the engine does not know
	// it any more.
	ID, Name, Status string
	// Shim is the shim that still serves it, nil if it has gone.
	Shim *procfs.Process
	// Processes are those that still live in it.
	Processes []*procfs.Process
}

// Holdings are what the leak's processes keep from others: the memory that they have
// resident, in bytes, and the addresses at which they listen. Of those of which that
// could not be read nothing is held in it, and whole is false.
func (ix *Index) Holdings(l *Leak) (resident uint64, listening []string, whole bool) {
	whole = true
	for _, p := range l.Processes {
		at := slices.IndexFunc(ix.Capture.Holdings, func(h procfs.Holdings) bool { return h.Key == p.Key })
		if at < 0 {
			whole = false
			continue
		}
		h := &ix.Capture.Holdings[at]
		resident += h.ResidentBytes.Or(0)
		listening = append(listening, h.Listening.Or(nil)...)
		whole = whole && h.ResidentBytes.Held() && h.Listening.Held()
	}
	slices.Sort(listening)
	return resident, slices.Compact(listening), whole
}

// Leaks finds the shims and processes of this engine that serve or belong to no
// running container. Those of other engines are left alone: a shim counts by the
// containerd that it names, a process without a shim only if the engine knows its
// container. Nothing is found without a Listing.
func (ix *Index) Leaks() []Leak {
	if ix.Capture.Listing == nil {
		return nil
	}
	leaks := map[string]*Leak{}
	for _, shim := range ix.ownShims() {
		if l := ix.leakOf(ServedID(shim), leaks, true); l != nil {
			l.Shim = shim
		}
	}
	for _, p := range ix.Processes() {
		if p.IsZombie() || p.KernelThread || ShimName(p) != "" && cgroupID(p) == "" {
			continue
		}
		id := cgroupID(p)
		if id == "" {
			if shim := ix.Parent(p); shim != nil && ShimName(shim) != "" && p.Depth() > shim.Depth() {
				id = ServedID(shim)
			}
		}
		if l := ix.leakOf(id, leaks, false); l != nil {
			l.Processes = append(l.Processes, p)
		}
	}
	var list []Leak
	for _, l := range leaks {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b Leak) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// leakOf is the leak of a container that does not run, nil for one that runs,
// that is just starting or going, or that is not this engine's as far as is known.
func (ix *Index) leakOf(id string, leaks map[string]*Leak, ours bool) *Leak {
	if id == "" {
		return nil
	}
	if l := leaks[id]; l != nil {
		return l
	}
	listed, settled := ix.Capture.Listing.status(id)
	if !settled || listed.ID == "" && !ours || listed.ID != "" && listed.Status != "exited" && listed.Status != "dead" {
		return nil
	}
	leaks[id] = &Leak{ID: id, Name: listed.Name, Status: listed.Status}
	return leaks[id]
}

// ownShims are the shims that this engine has started.
func (ix *Index) ownShims() []*procfs.Process {
	s := &ix.Capture.Snapshot
	address := containerdAddress(s, ix.Capture.Listing.Daemon)
	if address == "" {
		return nil // whose shims are whose cannot be told
	}
	return slices.DeleteFunc(dockerShims(s, ix.Capture.Listing.Daemon), func(shim *procfs.Process) bool { return shimAddress(shim) != address })
}
