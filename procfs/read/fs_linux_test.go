package read

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestOpen(t *testing.T) {
	f := newFakeProc(t)
	proc, err := Open(f.root + "/self/..//")
	if err != nil || proc.Root() != f.root {
		t.Errorf("got %q, error %v", proc.Root(), err)
	}
}

func TestOpenRefusesWhatIsNoProc(t *testing.T) {
	f := newFakeProc(t)
	if _, err := Open(f.path("no-such-folder")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folder: %v", err)
	}
	f.write("uptime", "long\n")
	if _, err := Open(f.root); !errors.Is(err, procfs.ErrMalformed) {
		t.Errorf("uptime without numbers: %v", err)
	}
}

func TestScan(t *testing.T) {
	f := newFakeProc(t)
	zombie := procfs.Stat{PID: 300, Comm: "a) Z (b\n", State: procfs.StateZombie, ParentPID: 20, PGID: 300, SID: 20, Threads: 1, StartTicks: 700, WaitStatus: 9}
	f.add(zombie)
	f.add(living(20))
	f.add(living(1))
	f.write("version", "no process")
	f.write("20x/stat", "no process")

	s, err := f.open().Scan(t.Context(), procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}, UIDMaps: true})
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, pids(s.Processes), []int{1, 20, 300})
	procfstest.Equal(t, s.Missed, []procfs.Missed(nil))
	if s.Root != f.root || s.Uptime != 1000*time.Second || !s.Whole || s.Unfinished || time.Since(s.TakenAt) > time.Minute {
		t.Errorf("got %+v", s)
	}
	procfstest.Equal(t, find(t, s, 300), procfs.Process{
		Key: procfs.Key{PID: 300, StartTicks: 700}, ParentPID: 20, State: procfs.StateZombie, Comm: "a) Z (b\n", Threads: 1, PGID: 300, SID: 20,
		NSPIDs: []int{300, 5}, NSSIDs: []int{1, 0}, Args: procfs.None[[]string](procfs.NotHeld), WaitStatus: procfs.Some(procfs.WaitStatus(9)),
		Namespaces: map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some(uint64(100))}, UIDMap: procfs.Some(procfstest.RootlessMappings),
		Cgroups: procfs.Some([]procfs.Cgroup{{Hierarchy: 4, Controllers: []string{"pids"}, Path: "/docker/abc"}, {Path: "/docker/abc"}}),
	})
}

// badProcesses damage process 77 so that it cannot be read at all.
var badProcesses = map[string]struct {
	spoil  func(f fakeProc)
	why    procfs.Absence
	detail string
}{
	"vanished":         {func(f fakeProc) { f.remove("77"); f.link("77", "nowhere") }, procfs.Gone, ""},
	"stat vanished":    {func(f fakeProc) { f.remove("77/stat") }, procfs.Gone, ""},
	"status vanished":  {func(f fakeProc) { f.remove("77/status") }, procfs.Gone, ""},
	"stat denied":      {func(f fakeProc) { f.deny("77/stat") }, procfs.Denied, "77/stat"},
	"status denied":    {func(f fakeProc) { f.deny("77/status") }, procfs.Denied, "77/status"},
	"folder denied":    {func(f fakeProc) { f.deny("77") }, procfs.Denied, "77/stat"},
	"stat empty":       {func(f fakeProc) { f.write("77/stat", "") }, procfs.Malformed, "stat"},
	"stat cut":         {func(f fakeProc) { f.write("77/stat", "77 (sleep) S 1 7") }, procfs.Malformed, "stat: cut"},
	"stat is a folder": {func(f fakeProc) { f.remove("77/stat"); f.write("77/stat/x", "") }, procfs.Malformed, "77/stat"},
	"status cut":       {func(f fakeProc) { f.write("77/status", "Name:\tsle") }, procfs.Malformed, "status: cut"},
	"status poor":      {func(f fakeProc) { f.write("77/status", "Name:\tsleep\n") }, procfs.Malformed, "status: no Tgid"},
	// The kernel shows Tgid 0 for a process that is reaped while it writes status.
	"reaped meanwhile": {func(f fakeProc) {
		f.write("77/stat", procfstest.StatLine(procfs.Stat{PID: 77, Comm: "sleep", State: "X", PGID: -1, SID: -1}))
		f.write("77/status", procfstest.StatusText("sleep", procfs.Status{NSPIDs: []int{0}, NSSIDs: []int{0}}))
	}, procfs.Gone, ""},
}

func TestBadProcessNeverEndsASnapshot(t *testing.T) {
	for name, test := range badProcesses {
		t.Run(name, func(t *testing.T) {
			likeAnOrdinaryUser(t)
			f := newFakeProc(t)
			f.add(living(1), 77, 100)
			f.add(living(77))
			f.add(living(100))
			test.spoil(f)
			scan, err := f.open().Scan(t.Context(), procfs.Detail{})
			onlyMissed77(t, scan, err, test.why, test.detail)
			family, err := f.open().Family(t.Context(), procfs.FamilyOf{Trees: []int{1}}, procfs.Detail{})
			onlyMissed77(t, family, err, test.why, test.detail)
		})
	}
}

func onlyMissed77(t *testing.T, s procfs.Snapshot, err error, why procfs.Absence, detail string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, pids(s.Processes), []int{1, 100})
	if len(s.Missed) != 1 || s.Missed[0].PID != 77 || s.Missed[0].Why != why {
		t.Fatalf("missed %+v, want 77 once, %s", s.Missed, why)
	}
	// Nothing is reported about a process that is gone.
	if got := s.Missed[0].Detail; !strings.Contains(got, detail) || (detail == "") != (got == "") {
		t.Errorf("detail %q, want %q", got, detail)
	}
}

func TestScanFails(t *testing.T) {
	f := newFakeProc(t)
	f.add(living(1))
	proc := f.open()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := proc.Scan(ended, procfs.Detail{}); !errors.Is(err, context.Canceled) {
		t.Errorf("context has ended: %v", err)
	}
	f.remove("uptime")
	if _, err := proc.Scan(t.Context(), procfs.Detail{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no uptime: %v", err)
	}
}

// fakeZombies is a zombie, a process whose main thread has exited, one that sleeps, and one
// whose stat is cut.
func fakeZombies(t *testing.T) fakeProc {
	f := newFakeProc(t)
	zombie := living(77)
	zombie.State = procfs.StateZombie
	f.add(zombie)
	mainExited := zombie
	mainExited.PID, mainExited.Threads = 100, 2
	f.add(mainExited)
	f.add(living(101))
	f.write("102/stat", "102 (cut")
	return f
}

func TestStillZombiesOfFakes(t *testing.T) {
	keys := []procfs.Key{{PID: 77, StartTicks: 501}, {PID: 77, StartTicks: 500}, {PID: 100, StartTicks: 500}, {PID: 101, StartTicks: 500}, {PID: 102, StartTicks: 500}, {PID: 103, StartTicks: 500}}
	procfstest.Equal(t, fakeZombies(t).open().StillZombies(keys), []procfs.ZombieSeen{{Key: procfs.Key{PID: 77, StartTicks: 500}, ParentPID: 1}})
}

// Many are looked at by several readers, and returned in their order.
func TestStillZombiesOfMany(t *testing.T) {
	f := newFakeProc(t)
	var keys []procfs.Key
	var want []procfs.ZombieSeen
	for pid := 1; pid <= 2*processesPerReader+1; pid++ {
		stat, key := exited(pid, 1), procfs.Key{PID: pid, StartTicks: 500}
		if pid%100 == 0 {
			stat.StartTicks++
		} else {
			want = append(want, procfs.ZombieSeen{Key: key, ParentPID: 1})
		}
		f.write(strconv.Itoa(pid)+"/stat", procfstest.StatLine(stat))
		keys = append(keys, key)
	}
	procfstest.Equal(t, f.open().StillZombies(keys), want)
}

// A process that cannot be read is not reported as exited.
func TestLivesOfFakes(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := fakeZombies(t)
	f.add(living(104))
	f.deny("104/stat")
	for key, want := range map[procfs.Key]bool{{PID: 77, StartTicks: 500}: false, {PID: 100, StartTicks: 500}: true, {PID: 101, StartTicks: 500}: true, {PID: 101, StartTicks: 501}: false, {PID: 102, StartTicks: 500}: true, {PID: 103, StartTicks: 500}: false, {PID: 104, StartTicks: 500}: true} {
		if got := f.open().Lives(key); got != want {
			t.Errorf("%v: got %t", key, got)
		}
	}
}

func isZombie(t *testing.T, pid int) bool {
	p := read(t, realProc(t), pid, procfs.Detail{})
	return p.IsZombie()
}

// otherThread runs f on a thread that is not the main one.
func otherThread(t *testing.T, f func(tid int)) {
	t.Helper()
	done := make(chan bool)
	var try func()
	try = func() {
		defer func() { done <- true }()
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if tid := unix.Gettid(); tid != os.Getpid() {
			f(tid)
			return
		}
		// This is the main thread, and it is locked, so the next goroutine gets another.
		go try()
		<-done
	}
	go try()
	<-done
}

// A thread's number opens in /proc like a PID, but is not a process. The process of the thread
// can be determined.
func TestThreadIsNoProcess(t *testing.T) {
	proc := realProc(t)
	otherThread(t, func(tid int) {
		if p, err := proc.Process(tid, procfs.Detail{}); absenceOf(err) != procfs.Gone {
			t.Errorf("thread %d is read as process %+v, error %v", tid, p.Key, err)
		}
		if got, err := proc.Thread(tid); err != nil || got.PID != os.Getpid() || len(got.NSPIDs) == 0 || got.NSPIDs[0] != tid {
			t.Errorf("thread %d is %+v, %v; want one of this process", tid, got, err)
		}
	})
}
