package read

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestSurveyReadsStatOnly(t *testing.T) {
	f := newFakeProc(t)
	f.add(living(20))
	for _, name := range []string{"status", "cmdline", "cgroup", "uid_map", "ns"} {
		f.remove("20/" + name)
	}
	s, err := f.open().Survey(t.Context(), procfs.SurveyOf{})
	if err != nil || !s.Whole || s.Root != f.root {
		t.Fatalf("got %+v, error %v", s, err)
	}
	procfstest.Equal(t, s.Processes, []procfs.Process{{
		Key: procfs.Key{PID: 20, StartTicks: 500}, StatOnly: true, ParentPID: 1, State: "S", Comm: "sleep", Threads: 1, PGID: 20, SID: 1,
	}})
	procfstest.Equal(t, s.Missed, []procfs.Missed(nil))
}

func TestSurveyOfPIDNamespaces(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := newFakeProc(t)
	for _, pid := range []int{20, 30, 40} {
		f.add(living(pid))
	}
	f.deny("30/ns")
	exited := living(40)
	exited.State, exited.Threads = procfs.StateZombie, 2
	f.write("40/stat", procfstest.StatLine(exited))
	f.remove("40/ns")
	f.write("40/task/41/stat", procfstest.StatLine(living(41)))
	f.link("40/task/41/ns/pid", "pid:[7]")
	s, err := f.open().Survey(t.Context(), procfs.SurveyOf{PIDNamespaces: true})
	if err != nil {
		t.Fatal(err)
	}
	for pid, want := range map[int]procfs.Opt[uint64]{20: procfs.Some[uint64](100), 30: procfs.None[uint64](procfs.Denied), 40: procfs.Some[uint64](7)} {
		p := find(t, s, pid)
		procfstest.Equal(t, p.Namespaces, map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: want})
	}
}

// The control groups are read for zombies only.
func TestSurveyOfZombieCgroups(t *testing.T) {
	f := newFakeProc(t)
	for _, pid := range []int{20, 30, 40} {
		f.add(living(pid))
	}
	for pid, threads := range map[int]int{30: 1, 40: 2} {
		exited := living(pid)
		exited.State, exited.Threads = procfs.StateZombie, threads
		f.write(strconv.Itoa(pid)+"/stat", procfstest.StatLine(exited))
		f.write(strconv.Itoa(pid)+"/cgroup", "0::/docker/x\n")
	}
	s, err := f.open().Survey(t.Context(), procfs.SurveyOf{ZombieCgroups: true})
	if err != nil {
		t.Fatal(err)
	}
	none := procfs.Opt[[]procfs.Cgroup]{}
	for pid, want := range map[int]procfs.Opt[[]procfs.Cgroup]{20: none, 30: procfs.Some([]procfs.Cgroup{{Path: "/docker/x"}}), 40: none} {
		procfstest.Equal(t, find(t, s, pid).Cgroups, want)
	}
}

// exited is the stat of a zombie, or of a process whose main thread has exited.
func exited(pid, threads int) procfs.Stat {
	stat := living(pid)
	stat.State, stat.Threads, stat.WaitStatus = procfs.StateZombie, threads, 7<<8
	return stat
}

// Of zombies, everything is read at once, wherever they are in the list: the first one, one after
// another, and one after a living process. Of others only the stat is read.
func TestSurveyOfZombies(t *testing.T) {
	little := procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}, MainThread: true}
	for name, of := range map[string]procfs.SurveyOf{
		"stat": {Zombies: &little}, "with namespaces": {Zombies: &little, PIDNamespaces: true}, "with groups": {Zombies: &little, Cgroups: true},
	} {
		f := newFakeProc(t)
		zombies := []int{20, 21, 22, 40, 60}
		for _, pid := range []int{10, 20, 21, 22, 30, 40, 50, 51, 60} {
			stat := living(pid)
			switch {
			case slices.Contains(zombies, pid):
				stat = exited(pid, 1)
			case pid == 51:
				stat = exited(pid, 2)
				f.write("51/task/52/stat", procfstest.StatLine(living(52)))
			}
			f.add(stat)
		}
		proc := f.open()
		s, err := proc.Survey(t.Context(), of)
		if err != nil || len(s.Processes) != 9 {
			t.Fatalf("%s: %d processes, %v", name, len(s.Processes), err)
		}
		for _, p := range s.Processes {
			isZombie := slices.Contains(zombies, p.PID)
			if p.StatOnly == isZombie {
				t.Errorf("%s: got %+v", name, p)
			}
			if isZombie {
				procfstest.Equal(t, p, read(t, proc, p.PID, little))
				procfstest.Equal(t, p.WaitStatus, procfs.Some[procfs.WaitStatus](7<<8))
			}
		}
	}
}

// A PID may be reused as soon as its zombie has been reaped. What is read belongs to one process:
// if another one has the PID by then, it is that one, and if none has, none is there.
func TestSurveyOfZombiesThatAreReaped(t *testing.T) {
	later := living(30)
	later.StartTicks = 900
	for name, test := range map[string]struct {
		before []int
		spoil  func(fakeProc)
		want   procfs.State
	}{
		"another has the PID":                {nil, func(f fakeProc) { f.serve("30/stat", procfstest.StatLine(exited(30, 1)), procfstest.StatLine(later)) }, "S"},
		"its folder is gone":                 {nil, func(f fakeProc) { f.remove("30/status") }, ""},
		"after a zombie":                     {[]int{29}, func(f fakeProc) { f.remove("30/status") }, ""},
		"when its namespace is read":         {[]int{29}, func(f fakeProc) { f.remove("30/ns"); f.serve("30/stat", procfstest.StatLine(exited(30, 1)), "") }, ""},
		"after a zombie, there is a process": {[]int{29}, func(f fakeProc) { f.write("30/stat", procfstest.StatLine(later)) }, "S"},
	} {
		f := newFakeProc(t)
		for _, pid := range test.before {
			f.add(exited(pid, 1))
		}
		f.add(exited(30, 1))
		test.spoil(f)
		s, err := f.open().Survey(t.Context(), procfs.SurveyOf{Zombies: &procfs.Detail{MainThread: true}})
		if err != nil {
			t.Fatal(err)
		}
		at, there := s.Position(30)
		if there != (test.want != "") {
			t.Errorf("%s: there %t, missed %v", name, there, s.Missed)
			continue
		}
		if there && (s.Processes[at].State != test.want || s.Processes[at].StartTicks != later.StartTicks || !s.Processes[at].StatOnly) {
			t.Errorf("%s: got %+v", name, s.Processes[at])
		}
	}
}

// What is read ahead of a process that turns out to be a zombie is read too.
func TestSurveyAheadOfZombies(t *testing.T) {
	f := newFakeProc(t)
	f.add(exited(30, 1))
	ahead := func(int) (procfs.Detail, bool) { return procfs.Detail{UIDMaps: true, WithoutArgs: true}, true }
	s, err := f.open().Survey(t.Context(), procfs.SurveyOf{Ahead: ahead, Zombies: &procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}}})
	if err != nil {
		t.Fatal(err)
	}
	if p := find(t, s, 30); !p.UIDMap.Held() || !p.Namespace(procfs.PIDNamespace).Held() || p.Args.Absence() != procfs.NotHeld {
		t.Errorf("got %+v", p)
	}
}

// A zombie that is reaped before its control groups are read is missed.
func TestSurveyOfZombieCgroupsThatAreGone(t *testing.T) {
	for _, before := range [][]int{nil, {29}} {
		f := newFakeProc(t)
		for _, pid := range append(before, 30) {
			f.add(exited(pid, 1))
		}
		f.remove("30/cgroup")
		s, err := f.open().Survey(t.Context(), procfs.SurveyOf{ZombieCgroups: true})
		if err != nil {
			t.Fatal(err)
		}
		procfstest.Equal(t, pids(s.Processes), before)
		procfstest.Equal(t, s.Missed, []procfs.Missed{{PID: 30, Why: procfs.Gone}})
	}
}

func TestSurveyMisses(t *testing.T) {
	for name, test := range map[string]struct {
		spoil  func(f fakeProc)
		why    procfs.Absence
		detail string
	}{
		"vanished":         {func(f fakeProc) { f.remove("77/stat") }, procfs.Gone, ""},
		"denied":           {func(f fakeProc) { f.deny("77/stat") }, procfs.Denied, "77/stat"},
		"cut":              {func(f fakeProc) { f.write("77/stat", "77 (sleep) S 1 7") }, procfs.Malformed, "stat: cut"},
		"empty":            {func(f fakeProc) { f.write("77/stat", "") }, procfs.Malformed, "stat"},
		"reaped meanwhile": {func(f fakeProc) { f.write("77/stat", procfstest.StatLine(procfs.Stat{PID: 77, Comm: "x", State: "X"})) }, procfs.Gone, ""},
	} {
		for _, namespaces := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				likeAnOrdinaryUser(t)
				f := newFakeProc(t)
				f.add(living(1))
				f.add(living(77))
				f.add(living(100))
				test.spoil(f)
				s, err := f.open().Survey(t.Context(), procfs.SurveyOf{PIDNamespaces: namespaces})
				onlyMissed77(t, s, err, test.why, test.detail)
			})
		}
	}
}

func TestComplete(t *testing.T) {
	f := newFakeProc(t)
	for _, pid := range []int{10, 20, 30, 40} {
		f.add(living(pid))
	}
	proc := f.open()
	s, err := proc.Survey(t.Context(), procfs.SurveyOf{})
	if err != nil {
		t.Fatal(err)
	}
	f.remove("20")
	little := procfs.Detail{MainThread: true, WithoutArgs: true}
	selected := func(p *procfs.Process) (procfs.Detail, bool) {
		if p.PID == 40 {
			return little, true
		}
		return allDetail, p.PID != 30
	}
	if err := proc.Complete(t.Context(), &s, selected); err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, pids(s.Processes), []int{10, 30, 40})
	procfstest.Equal(t, s.Missed, []procfs.Missed{{PID: 20, Why: procfs.Gone}})
	procfstest.Equal(t, find(t, s, 10), read(t, proc, 10, allDetail))
	procfstest.Equal(t, find(t, s, 40), read(t, proc, 40, little))
	if p := find(t, s, 40); p.Args.Absence() != procfs.Unread || p.UIDMap.Absence() != procfs.Unread || p.Namespaces != nil || !p.Cgroups.Held() || len(p.NSPIDs) != 2 {
		t.Errorf("got %+v", p)
	}
	if p := find(t, s, 30); !p.StatOnly {
		t.Errorf("got %+v", p)
	}
}

// The control groups of a process whose main thread has exited are read from a living thread.
func TestSurveyOfCgroups(t *testing.T) {
	f := newFakeProc(t)
	f.add(living(20))
	exited := living(40)
	f.add(exited)
	exited.State, exited.Threads = procfs.StateZombie, 2
	f.write("40/stat", procfstest.StatLine(exited))
	f.write("40/cgroup", "0::/\n")
	f.write("40/task/41/stat", procfstest.StatLine(living(41)))
	f.write("40/task/41/cgroup", "0::/docker/x\n")
	s, err := f.open().Survey(t.Context(), procfs.SurveyOf{Cgroups: true})
	if err != nil {
		t.Fatal(err)
	}
	whole := read(t, f.open(), 20, allDetail)
	if p := find(t, s, 20); !p.StatOnly || p.Namespaces != nil || len(p.NSPIDs) > 0 || !p.Cgroups.Held() {
		t.Errorf("got %+v", p)
	}
	procfstest.Equal(t, find(t, s, 20).Cgroups, whole.Cgroups)
	procfstest.Equal(t, find(t, s, 40).Cgroups, procfs.Some([]procfs.Cgroup{{Path: "/docker/x"}}))
}

// What is needed in any case is read at once, and only once.
func TestSurveyReadsAhead(t *testing.T) {
	f := newFakeProc(t)
	for _, pid := range []int{10, 20, 30} {
		f.add(living(pid))
	}
	f.remove("30/status")
	proc := f.open()
	ahead := func(pid int) (procfs.Detail, bool) { return allDetail, pid != 10 }
	s, err := proc.Survey(t.Context(), procfs.SurveyOf{PIDNamespaces: true, Ahead: ahead})
	if err != nil {
		t.Fatal(err)
	}
	if p := find(t, s, 10); !p.StatOnly || !p.Namespace(procfs.PIDNamespace).Held() {
		t.Errorf("got %+v", p)
	}
	procfstest.Equal(t, find(t, s, 20), read(t, proc, 20, allDetail))
	procfstest.Equal(t, pids(s.Processes), []int{10, 20})
	if len(s.Missed) != 1 || s.Missed[0].PID != 30 {
		t.Errorf("missed %+v", s.Missed)
	}
}

func TestSurveyFails(t *testing.T) {
	f := newFakeProc(t)
	f.add(living(1))
	proc := f.open()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := proc.Survey(ended, procfs.SurveyOf{}); !errors.Is(err, context.Canceled) {
		t.Errorf("context has ended: %v", err)
	}
	s := procfs.Snapshot{Processes: []procfs.Process{{Key: procfs.Key{PID: 1}, StatOnly: true}}}
	if err := proc.Complete(ended, &s, func(*procfs.Process) (procfs.Detail, bool) { return procfs.Detail{}, true }); !errors.Is(err, context.Canceled) {
		t.Errorf("context has ended: %v", err)
	}
}

// Many processes are read by several readers, and none is lost between them.
func TestManyProcesses(t *testing.T) {
	f := newFakeProc(t)
	var want []int
	for pid := 1; pid <= 2*processesPerReader+1; pid++ {
		dir := strconv.Itoa(pid)
		if pid%100 == 0 {
			f.write(dir+"/stat", "cut")
			continue
		}
		f.write(dir+"/stat", procfstest.StatLine(living(pid)))
		f.write(dir+"/status", procfstest.StatusText("sleep", procfs.Status{TGID: pid, NSPIDs: []int{pid}}))
		want = append(want, pid)
	}
	for name, look := range map[string]func() (procfs.Snapshot, error){
		"survey": func() (procfs.Snapshot, error) {
			return f.open().Survey(t.Context(), procfs.SurveyOf{PIDNamespaces: true})
		},
		"scan": func() (procfs.Snapshot, error) { return f.open().Scan(t.Context(), allDetail) },
	} {
		s, err := look()
		if err != nil {
			t.Fatal(err)
		}
		if got := pids(s.Processes); !slices.Equal(got, want) {
			t.Errorf("%s: %d processes, want %d", name, len(got), len(want))
		}
		if len(s.Missed) != 5 || s.Missed[0].PID != 100 || s.Missed[4].PID != 500 || s.Missed[0].Why != procfs.Malformed {
			t.Errorf("%s: missed %+v", name, s.Missed)
		}
	}
}

// A survey of the real /proc agrees with reading each process by itself.
func TestSurveyOfRealProc(t *testing.T) {
	proc := realProc(t)
	child := shell(t, "exec sleep 300")
	s, err := proc.Survey(t.Context(), procfs.SurveyOf{PIDNamespaces: true})
	if err != nil {
		t.Fatal(err)
	}
	whole := read(t, proc, child.Process.Pid, procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}})
	surveyed := find(t, s, child.Process.Pid)
	procfstest.Equal(t, surveyed.Key, whole.Key)
	procfstest.Equal(t, surveyed.ParentPID, os.Getpid())
	procfstest.Equal(t, surveyed.Namespaces, whole.Namespaces)
}

// A large host is read while it is listed. Every process is found once and in order, even if
// there are more than the kernel has counted.
func TestSurveyOfMany(t *testing.T) {
	const processes = 3 * processesPerReader
	f := newFakeProc(t)
	var pids []int
	for i := range processes {
		pid := 5 + 3*i
		pids = append(pids, pid)
		f.write(strconv.Itoa(pid)+"/stat", procfstest.StatLine(living(pid)))
	}
	f.remove("50/stat")
	pids = slices.DeleteFunc(pids, func(pid int) bool { return pid == 50 })
	for _, counted := range []int{processes - 1, processesPerReader, processes + 100, 10} {
		f.write("loadavg", "0.00 0.01 0.05 1/"+strconv.Itoa(counted)+" 31813\n")
		s, err := f.open().Survey(t.Context(), procfs.SurveyOf{})
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, p := range s.Processes {
			got = append(got, p.PID)
		}
		if !slices.Equal(got, pids) {
			t.Errorf("%d are counted: %d processes, want %d: %v", counted, len(got), len(pids), got)
		}
		procfstest.Equal(t, s.Missed, []procfs.Missed{{PID: 50, Why: procfs.Gone}})
	}
	f.write("loadavg", "0.00 0.01 0.05 1/900 31813\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.open().Survey(ctx, procfs.SurveyOf{}); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits for it any more: %v", err)
	}
}
