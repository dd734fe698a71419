package procfs_test

import (
	"encoding/json"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestIsZombie(t *testing.T) {
	tests := []struct {
		state              procfs.State
		threads            int
		zombie, mainExited bool
	}{
		{procfs.StateZombie, 1, true, false},
		{procfs.StateZombie, 0, true, false}, // while it is being reaped
		{procfs.StateZombie, 2, false, true},
		{"S", 1, false, false},
		{"S", 9, false, false},
		{procfs.StateStopped, 1, false, false},
		{"X", 0, false, false},
	}
	for _, test := range tests {
		p := procfs.Process{State: test.state, Threads: test.threads}
		if p.IsZombie() != test.zombie || p.MainThreadExited() != test.mainExited {
			t.Errorf("state %s, %d threads: zombie %t, main thread exited %t", test.state, test.threads, p.IsZombie(), p.MainThreadExited())
		}
	}
}

func TestPIDsInside(t *testing.T) {
	tests := []struct {
		pids             []int
		innermost, depth int
	}{
		{nil, 0, 0},
		{[]int{28867}, 28867, 0},
		{[]int{28867, 1}, 1, 1},
		{[]int{28867, 9, 3, 2}, 2, 3},
	}
	for _, test := range tests {
		p := procfs.Process{NSPIDs: test.pids}
		if p.InnermostPID() != test.innermost || p.Depth() != test.depth {
			t.Errorf("%v: got PID %d at depth %d", test.pids, p.InnermostPID(), p.Depth())
		}
	}
}

func TestLeadsSession(t *testing.T) {
	leader := procfs.Process{Key: procfs.Key{PID: 10}, PGID: 9, SID: 10}
	member := procfs.Process{Key: procfs.Key{PID: 10}, PGID: 10, SID: 9}
	if !leader.LeadsSession() || member.LeadsSession() {
		t.Errorf("leader %t, member %t", leader.LeadsSession(), member.LeadsSession())
	}
}

func TestNamespaceThatWasNotReadIsUnread(t *testing.T) {
	p := procfs.Process{Namespaces: map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some(uint64(7))}}
	if p.Namespace(procfs.PIDNamespace) != procfs.Some(uint64(7)) || p.Namespace(procfs.NetNamespace).Absence() != procfs.Unread {
		t.Errorf("got %+v, %+v", p.Namespace(procfs.PIDNamespace), p.Namespace(procfs.NetNamespace))
	}
}

func TestSortProcesses(t *testing.T) {
	list := []procfs.Process{{Key: procfs.Key{PID: 300}}, {Key: procfs.Key{PID: 1}}, {Key: procfs.Key{PID: 4194303}}, {Key: procfs.Key{PID: 28}}}
	procfs.SortProcesses(list)
	for i, pid := range []int{1, 28, 300, 4194303} {
		if list[i].PID != pid {
			t.Errorf("place %d: got PID %d, want %d", i, list[i].PID, pid)
		}
	}
}

// A process that was saved and loaded must equal the one that was read, including absences.
func TestProcessAsJSON(t *testing.T) {
	want := procfs.Process{
		Key: procfs.Key{PID: 28867, StartTicks: 1<<64 - 1}, ParentPID: 9, State: procfs.StateZombie, Comm: "a\n\x1b[31m) Z", Threads: 1,
		PGID: 28867, SID: 28800, NSPIDs: []int{28867, 1}, NSSIDs: []int{28800, 0}, TracerPID: 3,
		UIDs: procfs.UIDs{1, 2, 3, 4}, Signals: procfs.Signals{Pending: 1, Blocked: 2, Ignored: 1 << 63, Caught: 3},
		Args: procfs.Some([]string{"", "\x00"}), WaitStatus: procfs.Some(procfs.WaitStatus(9)),
		Namespaces: map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some(uint64(4026531836)), procfs.NetNamespace: procfs.None[uint64](procfs.Denied)},
		UIDMap:     procfs.Some([]procfs.IDMapping{{0, 1000, 1}}), Cgroups: procfs.None[[]procfs.Cgroup](procfs.Gone),
	}
	data, err := json.MarshalIndent(want, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var got procfs.Process
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, got, want)
}
