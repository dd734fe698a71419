//go:build amd64 || arm64

package taskiter

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

func inSet(address uint64) func(*task) { return func(t *task) { t.cssSet = address } }

// userInode is the inode of the user namespace of a task in namespacesFrom(first).
func userInode(first uint32) uint64 {
	t := process(1, inNamespacesFrom(first))
	return t.userNamespace()
}

// What was read of one process holds for those that have the same object only if the process
// still exists and still has the object. The kernel may have reused the address of a set, or the
// inode of a namespace.
func TestWhatIsInCommonIsProved(t *testing.T) {
	list := groups([]task{process(10, inSet(1), inNamespacesFrom(100)), process(11, inSet(1), inNamespacesFrom(100)), process(12, inSet(2), inNamespacesFrom(100))})
	var were []before
	for i := range list {
		were = append(were, list[i].before())
	}
	groupsUnread := func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Gone) }
	mapUnread := func(p *procfs.Process) { p.UIDMap = procfs.None[[]procfs.IDMapping](procfs.Gone) }
	same := []task{process(10, inSet(1), inNamespacesFrom(100)), process(12, inSet(2), inNamespacesFrom(100))}
	for name, test := range map[string]struct {
		now  []task
		read func(*procfs.Process)
		want [3]bool
	}{
		"nothing changes":               {same, nil, [3]bool{true, true, true}},
		"its control groups are unread": {same, groupsUnread, [3]bool{false, false, true}},
		"its map is unread":             {same, mapUnread, [3]bool{false, false, false}},
		"who was asked has ended": {
			[]task{process(11, inSet(1), inNamespacesFrom(100)), process(12, inSet(2), inNamespacesFrom(100))}, nil, [3]bool{false, false, false},
		},
		"and its PID is another's": {
			[]task{process(10, inSet(1), inNamespacesFrom(100), func(t *task) { t.startNS++; t.startNS *= 2 }), process(12, inSet(2), inNamespacesFrom(100))}, nil, [3]bool{false, false, false},
		},
		"it has moved to another group": {
			[]task{process(10, inSet(3), inNamespacesFrom(100)), process(12, inSet(2), inNamespacesFrom(100))}, nil, [3]bool{false, false, true},
		},
		"it has entered a user namespace": {
			[]task{process(10, inSet(1), inNamespacesFrom(500)), process(12, inSet(2), inNamespacesFrom(100))}, nil, [3]bool{false, false, false},
		},
		"the other set's has ended": {[]task{process(10, inSet(1), inNamespacesFrom(100))}, nil, [3]bool{true, true, false}},
	} {
		f := filler{cgroups: map[groupSet]int{{address: 1}: 0, {address: 2}: 2}, uidMaps: map[uint64]int{userInode(100): 0}}
		asked := procfs.Process{Cgroups: procfs.Some([]procfs.Cgroup{}), UIDMap: procfs.Some([]procfs.IDMapping{})}
		processes := []procfs.Process{asked, asked, asked}
		if test.read != nil {
			test.read(&processes[0])
		}
		proof := f.proof(processes, were, groups(test.now))
		for i, want := range test.want {
			if got := proof.covers(&were[i]); got != want {
				t.Errorf("%s: process %d: got %t", name, were[i].key.PID, got)
			}
		}
	}
}

// If processes have a value in common, it is read from one of them, unless each must be read.
// If it is unknown whether they have, each is read.
func TestOneIsAskedForAll(t *testing.T) {
	list := groups([]task{
		process(10, inSet(1), inNamespacesFrom(100)), process(11, inSet(1), inNamespacesFrom(100)), process(12, inSet(2), inNamespacesFrom(100)),
		process(13, inSet(2), func(t *task) { t.namespaces = [8]uint32{} }),
	})
	proc, err := read.Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	f := filler{proc: proc, detailOf: func(procfs.Key) procfs.Detail { return procfs.Detail{UIDMaps: true} }}
	if _, _, err := f.fill(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if len(f.cgroups) != 2 || f.cgroups[groupSet{address: 1}] != 0 || f.cgroups[groupSet{address: 2}] != 2 {
		t.Errorf("control groups of %v", f.cgroups)
	}
	if len(f.uidMaps) != 1 || f.uidMaps[userInode(100)] != 0 {
		t.Errorf("maps of %v", f.uidMaps)
	}
}
