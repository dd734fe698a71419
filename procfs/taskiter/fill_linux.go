//go:build amd64 || arm64

package taskiter

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// filler adds what only /proc has. Values that many processes have in common are read from one
// of them.
type filler struct {
	proc read.FS
	// detailOf says what is wanted of a process.
	detailOf func(procfs.Key) procfs.Detail
	// each is true if every value is read for each process separately.
	each bool
	// room is memory for the processes, if it is large enough.
	room []procfs.Process
	// cgroups and uidMaps are the processes that were read for the control groups of a set,
	// and for the map of a user namespace by its inode. They are indexes in the list.
	cgroups map[groupSet]int
	uidMaps map[uint64]int
	// namespaces are the maps of the filled processes.
	namespaces sharedNamespaces
}

// before is what is needed of a process when the kernel is asked again. The tasks themselves
// need not be kept until then. A large host has many.
type before struct {
	key           procfs.Key
	set           groupSet
	userNamespace uint64
	zombie        bool
}

func (g *group) before() before {
	return before{g.leader.key(), g.groupSet(), g.leader.userNamespace(), g.isZombieState()}
}

// groupSet is the same for all tasks of the same control groups. An exited task shows other
// groups than a living one.
type groupSet struct {
	address, id uint64
	exiting     bool
	// alone is the process if its main thread has exited, because it is then not known which of
	// its threads was read from /proc. Otherwise it is 0.
	alone int32
}

func (g *group) groupSet() groupSet {
	t := g.live()
	set := groupSet{address: t.cssSet, id: t.cgroupID, exiting: t.flags&pfExiting != 0}
	if g.mainExited() {
		set.alone = g.leader.pid
	}
	return set
}

// userNamespace is the inode of its user namespace, 0 if it is not known.
func (t *task) userNamespace() uint64 { return t.namespace(procfs.UserNamespace).Or(0) }

// fill makes processes of the groups, with the facts of the kernel and of /proc.
func (f *filler) fill(ctx context.Context, list []group) ([]procfs.Process, []before, error) {
	f.cgroups, f.uidMaps, f.namespaces = map[groupSet]int{}, map[uint64]int{}, sharedNamespaces{}
	processes, were := slices.Grow(f.room, len(list))[:len(list)], make([]before, len(list))
	remainders := make([]read.Remainder, len(list))
	for i := range list {
		g, p := &list[i], &processes[i]
		were[i] = g.before()
		detail := f.detailOf(were[i].key)
		*p = g.process(detail, f.namespaces)
		hasNoArgs := p.KernelThread || p.IsZombie()
		if hasNoArgs && !detail.WithoutArgs {
			p.Args = procfs.None[[]string](procfs.NotHeld)
		}
		remainders[i] = read.Remainder{
			Process: p, Comm: p.KernelThread, Args: !detail.WithoutArgs && !hasNoArgs,
			Cgroups: f.each || isFirst(f.cgroups, were[i].set, i),
			UIDMap:  detail.UIDMaps && (f.each || were[i].userNamespace == 0 || isFirst(f.uidMaps, were[i].userNamespace, i)),
		}
	}
	if err := f.proc.ReadRemainders(ctx, remainders); err != nil {
		return nil, nil, err
	}
	if !f.each {
		f.share(were, processes)
	}
	return processes, were, nil
}

// isFirst records which process is read for a value that several have in common.
func isFirst[K comparable](asked map[K]int, key K, i int) bool {
	if _, known := asked[key]; known {
		return false
	}
	asked[key] = i
	return true
}

// share copies what was read of one process to the others that have it in common.
func (f *filler) share(were []before, processes []procfs.Process) {
	for i := range processes {
		p := &processes[i]
		p.Cgroups = processes[f.cgroups[were[i].set]].Cgroups
		if asked, known := f.uidMaps[were[i].userNamespace]; known && f.detailOf(p.Key).UIDMaps {
			p.UIDMap = processes[asked].UIDMap
		}
	}
}

// proof says which common values are proved. The process that was read has answered, has the
// same control groups, and is in the same user namespace, both before and after it was read.
// So they were in use all the time, and the set's address and the namespace's inode were not
// given to others.
type proof struct {
	sets           map[groupSet]bool
	userNamespaces map[uint64]bool
}

func (f *filler) proof(processes []procfs.Process, were []before, now []group) proof {
	p := proof{map[groupSet]bool{}, map[uint64]bool{}}
	for set, at := range f.cgroups {
		asked, still := lookUp(now, were[at].key)
		p.sets[set] = still && asked.groupSet() == set && processes[at].Cgroups.Held()
	}
	for inode, at := range f.uidMaps {
		asked, still := lookUp(now, were[at].key)
		p.userNamespaces[inode] = still && asked.leader.userNamespace() == inode && processes[at].UIDMap.Held()
	}
	return p
}

// covers reports whether the common values are proved to be those of the process.
func (p proof) covers(was *before) bool {
	proved, shared := p.userNamespaces[was.userNamespace]
	return p.sets[was.set] && (proved || !shared)
}
