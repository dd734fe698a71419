//go:build amd64 || arm64

package taskiter

import (
	"github.com/docker-pidns/docker-pidns/procfs"
)

// filler adds what /proc has to tell.
type filler struct {
	proc procfs.FS
	// detailOf says what is wanted of a process.
	detailOf func(procfs.Key) procfs.Detail
	// each process is asked for its control groups itself.
	each bool
	// uidMaps are the maps by user namespace: processes of one share it.
	uidMaps map[uint64]procfs.Opt[[]procfs.IDMapping]
	// cgroups are the groups of one process of each set, by that set.
	cgroups map[groupSet]sharedGroups
}

// groupSet is what all tasks of the same control groups have in common. A task
// that has exited shows others of its groups than one that lives.
type groupSet struct {
	address, id uint64
	exiting     bool
}

// sharedGroups are the groups of one process that has the set.
type sharedGroups struct {
	of     procfs.Key
	groups procfs.Opt[[]procfs.Cgroup]
}

func (t *task) groupSet() groupSet {
	return groupSet{t.cssSet, t.cgroupID, t.flags&pfExiting != 0}
}

// fill makes processes of the groups, as the kernel told of them and /proc does.
func (f *filler) fill(list []group) []procfs.Process {
	f.uidMaps = map[uint64]procfs.Opt[[]procfs.IDMapping]{}
	f.cgroups = map[groupSet]sharedGroups{}
	processes := make([]procfs.Process, len(list))
	for i := range list {
		g := &list[i]
		detail := f.detailOf(g.leader.key())
		p := g.process(detail)
		if p.KernelThread {
			if comm, ok := f.proc.CommOf(p.PID); ok {
				p.Comm = comm
			}
		}
		if !detail.WithoutArgs {
			p.Args = f.proc.Args(&p, g.liveTID())
		}
		p.Cgroups = f.groupsOf(g)
		if detail.UIDMaps {
			p.UIDMap = f.uidMap(g.leader)
		}
		processes[i] = p
	}
	return processes
}

// liveTID is the thread whose folder is read where the main one has exited, else 0.
func (g *group) liveTID() int {
	if g.mainExited() {
		return g.live().pid
	}
	return 0
}

func (f *filler) groupsOf(g *group) procfs.Opt[[]procfs.Cgroup] {
	set := g.live().groupSet()
	if shared, known := f.cgroups[set]; known && !f.each {
		return shared.groups
	}
	groups := f.proc.CgroupsOf(g.leader.pid, g.liveTID())
	if groups.Held() {
		f.cgroups[set] = sharedGroups{g.leader.key(), groups}
	}
	return groups
}

func (f *filler) uidMap(t *task) procfs.Opt[[]procfs.IDMapping] {
	inode := t.namespace(procfs.UserNamespace).Or(0)
	if known, ok := f.uidMaps[inode]; ok {
		return known
	}
	mappings := f.proc.UIDMapOf(t.pid)
	if inode != 0 && mappings.Held() {
		f.uidMaps[inode] = mappings
	}
	return mappings
}

// proven are the sets that the process which was asked had after it was asked as
// well as before: they were in use all the time, and their address was not given to
// another set. What is said of the others may be of any.
func (f *filler) proven(now []group) map[groupSet]bool {
	sets := make(map[groupSet]bool, len(f.cgroups))
	for set, shared := range f.cgroups {
		if i, still := find(now, shared.of); still && now[i].live().groupSet() == set {
			sets[set] = true
		}
	}
	return sets
}
