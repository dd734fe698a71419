package taskiter

import (
	"reflect"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// namespacesFrom gives every type an inode of its own.
func namespacesFrom(first uint32) (inodes [8]uint32) {
	for i := range inodes {
		inodes[i] = first + uint32(i)
	}
	return inodes
}

func inNamespacesFrom(first uint32) func(*task) {
	return func(t *task) { t.namespaces = namespacesFrom(first) }
}

// process is the main thread of a sleeping process.
func process(pid int32, change ...func(*task)) task {
	t := task{
		head:       head{pid: pid, tgid: pid, parentPID: 1, sid: pid, pgid: pid, threads: 1, state: 1, comm: "x", startNS: uint64(pid) * ticksNanosecond},
		namespaces: namespacesFrom(100), numbers: []int{int(pid), int(pid)}, maxProcesses: 1<<64 - 1,
	}
	for _, f := range change {
		f(&t)
	}
	return t
}

func thread(tid, of int32, change ...func(*task)) task {
	t := process(tid, change...)
	t.tgid = of
	return t
}

func zombie(t *task) { t.state, t.exitState = 0x80, 0x20 }

func one(t *testing.T, detail procfs.Detail, tasks ...task) procfs.Process {
	t.Helper()
	list := groups(tasks)
	if len(list) != 1 {
		t.Fatalf("%d processes, want 1", len(list))
	}
	return list[0].process(detail, sharedNamespaces{})
}

func TestGroupsAreProcesses(t *testing.T) {
	list := groups([]task{thread(9, 4), process(7), thread(3, 4), process(4), thread(12, 11)})
	var got [][]int
	for _, g := range list {
		pids := []int{g.pid()}
		for _, other := range g.threads {
			pids = append(pids, int(other.pid))
		}
		got = append(got, pids)
	}
	if want := [][]int{{4, 3, 9}, {7}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v: 12 belongs to nobody who is there", got, want)
	}
}

func TestStartIsInTicks(t *testing.T) {
	p := one(t, procfs.Detail{}, process(5, func(t *task) { t.startNS = 12_349_999_999 }))
	if want := (procfs.Key{PID: 5, StartTicks: 1234}); p.Key != want {
		t.Errorf("got %+v, want %+v", p.Key, want)
	}
}

// A zombie has its exit status, and the two namespaces that it keeps.
func TestProcessOfAZombie(t *testing.T) {
	p := one(t, procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace, procfs.NetNamespace}, Limits: true}, process(5, zombie, func(t *task) {
		t.namespaces, t.exitCode, t.maxProcesses = [8]uint32{0: 100, 5: 105}, 7<<8, 10
	}))
	if !p.IsZombie() || p.WaitStatus != procfs.Some(procfs.WaitStatus(7<<8)) {
		t.Errorf("got %s, %v", p.State, p.WaitStatus)
	}
	if p.Namespace(procfs.PIDNamespace) != procfs.Some(uint64(100)) || p.Namespace(procfs.NetNamespace).Absence() != procfs.Gone {
		t.Errorf("got %v", p.Namespaces)
	}
	if p.MaxProcesses.Absence() != procfs.NotHeld {
		t.Errorf("it cannot fork: %v", p.MaxProcesses)
	}
}

// If the main thread has exited, the namespaces are those of another thread.
func TestProcessOfExitedMainThread(t *testing.T) {
	detail := procfs.Detail{Namespaces: procfs.NamespaceTypes}
	p := one(t, detail, process(5, zombie, func(t *task) { t.threads, t.namespaces = 2, [8]uint32{0: 100, 5: 105} }), thread(6, 5))
	if !p.MainThreadExited() || p.WaitStatus.Absence() != procfs.NotHeld {
		t.Errorf("got %s with %d threads, %v", p.State, p.Threads, p.WaitStatus)
	}
	if p.Namespace(procfs.NetNamespace) != procfs.Some(uint64(103)) {
		t.Errorf("got %v", p.Namespaces)
	}
}

func TestThreadsApart(t *testing.T) {
	detail := procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace, procfs.UTSNamespace}}
	p := one(t, detail, process(5, func(t *task) { t.threads = 3 }), thread(6, 5), thread(7, 5, func(t *task) {
		t.namespaces = namespacesFrom(100)
		t.namespaces[1], t.namespaces[3] = 900, 901
		t.numbers = []int{7, 2, 5, 1}
	}))
	want := []procfs.ApartThread{{TID: 7, NSPIDs: []int{7, 2}, Namespaces: map[procfs.NamespaceType]uint64{procfs.UTSNamespace: 900}}}
	if !reflect.DeepEqual(p.Apart, want) {
		t.Errorf("got %+v, want %+v: the net namespace was not asked for", p.Apart, want)
	}
}

func TestInternals(t *testing.T) {
	p := one(t, procfs.Detail{}, process(5, func(t *task) {
		t.threads, t.subreaper, t.noChildWait, t.signalFlags, t.resets = 2, true, true, unkillable|4, 1<<14
		t.undeferred = 1 << 3
	}), thread(6, 5, func(t *task) { t.blocked, t.realBlocked = 0b0011, 0b1010 }))
	want := procfs.Internals{
		Subreaper: true, Unkillable: true, NoChildWait: true, Resetting: 1 << 14, Undeferred: 1 << 3,
		Threads: []procfs.ThreadMasks{{TID: 5}, {TID: 6, Blocked: 0b0011, Awaited: 0b1000}},
	}
	if got, _ := p.Internals.Get(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	kernel := one(t, procfs.Detail{}, process(5, func(t *task) { t.flags = pfKernelThread }))
	if !kernel.KernelThread || kernel.Internals.Absence() != procfs.NotHeld {
		t.Errorf("of a kernel thread: %+v", kernel)
	}
}

func TestLimitOfProcesses(t *testing.T) {
	for limit, want := range map[uint64]procfs.Opt[int]{
		1<<64 - 1: procfs.None[int](procfs.NotHeld), 0: procfs.Some(0), 4096: procfs.Some(4096),
	} {
		p := one(t, procfs.Detail{Limits: true}, process(5, func(t *task) { t.maxProcesses, t.effective = limit, 3 }))
		if p.MaxProcesses != want || p.Effective != procfs.Some(procfs.Capabilities(3)) {
			t.Errorf("%d: got %v, %v", limit, p.MaxProcesses, p.Effective)
		}
	}
}
