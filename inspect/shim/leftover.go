package shim

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Leftover is what still runs of a container that has exited, or that the engine no longer
// knows.
type Leftover struct {
	// ID is the container's ID. Name and Status are "" if the engine no longer knows it.
	ID, Name, Status string
	// Shim is the shim that still serves it, nil if it is gone.
	Shim *procfs.Process
	// Processes are its processes that still run.
	Processes []*procfs.Process
}

// Resources are what the processes of a leftover keep from others: their resident memory in
// bytes, and the addresses at which they listen. Processes for which that could not be read are
// not included, and whole is false then.
func Resources(ix *inspect.Index, l *Leftover) (resident uint64, listening []string, whole bool) {
	whole = true
	held := map[procfs.Key]*procfs.Resources{}
	for i := range ix.Capture.Resources {
		held[ix.Capture.Resources[i].Key] = &ix.Capture.Resources[i]
	}
	for _, p := range l.Processes {
		h := held[p.Key]
		if h == nil {
			whole = false
			continue
		}
		resident += h.ResidentBytes.Or(0)
		listening = append(listening, h.Listening.Or(nil)...)
		whole = whole && h.ResidentBytes.Held() && h.Listening.Held()
	}
	slices.Sort(listening)
	return resident, slices.Compact(listening), whole
}

// Leftovers finds the shims and processes of this engine that serve or belong to no running
// container. Those of other engines are left out. A shim counts by the containerd that it names.
// A process without a shim counts only if the engine knows its container. Nothing is found
// without a Listing.
func Leftovers(ix *inspect.Index) []Leftover {
	if ix.Capture.Listing == nil {
		return nil
	}
	leaks := newLeaks(ix.Capture.Listing)
	for _, shim := range ownShims(ix) {
		if l := leaks.of(inspect.ServedID(shim), true); l != nil {
			l.Shim = shim
		}
	}
	for _, p := range ix.Processes() {
		if p.IsZombie() || p.KernelThread || inspect.ShimName(p) != "" && inspect.CgroupID(p) == "" {
			continue
		}
		id := inspect.CgroupID(p)
		if c := ix.OwnerOf(p).Container; c != nil {
			id = c.ID // a process may be able to give its group any name
		}
		if id == "" {
			if shim := ix.Parent(p); shim != nil && inspect.ShimName(shim) != "" && p.Depth() > shim.Depth() {
				id = inspect.ServedID(shim)
			}
		}
		if l := leaks.of(id, false); l != nil {
			l.Processes = append(l.Processes, p)
		}
	}
	var list []Leftover
	for _, l := range leaks.found {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b Leftover) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// leaks are the leftovers by the IDs of their containers.
type leaks struct {
	before, after map[string]inspect.Listed
	found         map[string]*Leftover
}

func newLeaks(l *inspect.Listing) *leaks {
	byID := func(list []inspect.Listed) map[string]inspect.Listed {
		all := make(map[string]inspect.Listed, len(list))
		for _, c := range list {
			all[c.ID] = c
		}
		return all
	}
	return &leaks{byID(l.Before), byID(l.After), map[string]*Leftover{}}
}

// of is the leftover of a container that does not run. It is nil for a container that runs, that
// is just starting or exiting, or that is not known to be this engine's.
func (s *leaks) of(id string, ours bool) *Leftover {
	if id == "" {
		return nil
	}
	if l := s.found[id]; l != nil {
		return l
	}
	listed := s.after[id]
	settled := s.before[id].Status == listed.Status
	if !settled || listed.ID == "" && !ours || listed.ID != "" && listed.Status != "exited" && listed.Status != "dead" {
		return nil
	}
	s.found[id] = &Leftover{ID: id, Name: listed.Name, Status: listed.Status}
	return s.found[id]
}

// ownShims are the shims that this engine has started. If the engine reports its containerd,
// that decides. The process that serves the engine's socket may not be dockerd, for example if
// systemd listens for it.
func ownShims(ix *inspect.Index) []*procfs.Process {
	s, daemon, engine := &ix.Capture.Snapshot, ix.Capture.Listing.Daemon, &ix.Capture.Engine
	address, namespace := plainPath(engine.Containerd), engine.ContainerdNamespace
	if address == "" || ix.HostProof().Verdict != inspect.Yes {
		address, namespace = containerdAddress(s, daemon), ""
	}
	if address == "" {
		return nil // to which engines the shims belong cannot be determined
	}
	return slices.DeleteFunc(dockerShims(s, daemon, namespace), func(shim *procfs.Process) bool { return shimAddress(shim) != address })
}
