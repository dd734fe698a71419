package read

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// own makes the fake /proc that of this program's PID namespace.
func (f fakeProc) own() { f.numbered(7) }

// numbered makes these the numbers of this program.
func (f fakeProc) numbered(pids ...int) {
	f.write("self/status", procfstest.StatusText("test", procfs.Status{TGID: 7, NSPIDs: pids}))
}

// child is a living process with that parent and session.
func child(pid, parent, sid int) procfs.Stat {
	s := living(pid)
	s.ParentPID, s.SID = parent, sid
	return s
}

// Nothing is read of who is known to live, however many there are, except of the ancestors of
// those that are read, and of the leaders of zombies' sessions.
func TestSurveyOfTheLiving(t *testing.T) {
	f := newFakeProc(t)
	f.own()
	job := child(60, 50, 30)
	job.State = procfs.StateZombie
	for _, stat := range []procfs.Stat{child(1, 0, 1), child(20, 1, 20), child(30, 20, 20), child(40, 20, 20), child(50, 40, 20), job, child(70, 20, 40)} {
		f.add(stat)
	}
	for pid := 100; pid < 120; pid++ {
		f.write(strconv.Itoa(pid)+"/stat", "is not read")
	}
	isLiving := func(pid int) bool { return pid >= 20 && pid != 60 && pid != 70 }
	for _, counted := range []int{10, 3 * processesPerReader} {
		f.write("loadavg", "0.00 0.01 0.05 1/"+strconv.Itoa(counted)+" 31813\n")
		s, err := f.open().Survey(t.Context(), procfs.SurveyOf{Living: isLiving, Zombies: &procfs.Detail{MainThread: true}})
		if err != nil || !s.Whole || len(s.Missed) > 0 {
			t.Fatalf("%d are counted: %+v, error %v", counted, s.Missed, err)
		}
		procfstest.Equal(t, pidsOfSnapshot(s), []int{1, 20, 30, 40, 50, 60, 70})
		procfstest.Equal(t, find(t, s, 60).StatOnly, false)
		procfstest.Equal(t, s.Listed, []int{100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119})
	}
}

// A process that has become a zombie since is read like any zombie, and one that was reaped is
// missed.
func TestSurveyOfTheLivingThatExit(t *testing.T) {
	f := newFakeProc(t)
	f.own()
	f.add(child(1, 0, 1))
	for pid, parent := range map[int]int{60: 50, 61: 51, 50: 1, 40: 1} {
		stat := child(pid, parent, 40)
		if pid != 40 {
			stat.State = procfs.StateZombie
		}
		f.add(stat)
	}
	f.add(child(51, 1, 1))
	f.remove("51/stat")
	s, err := f.open().Survey(t.Context(), procfs.SurveyOf{Living: func(pid int) bool { return pid == 50 || pid == 51 || pid == 40 }, Zombies: &procfs.Detail{MainThread: true}})
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, pidsOfSnapshot(s), []int{1, 40, 50, 60, 61})
	procfstest.Equal(t, find(t, s, 50).StatOnly, false)
	procfstest.Equal(t, len(s.Listed), 0)
	procfstest.Equal(t, s.Missed, []procfs.Missed{{PID: 51, Why: procfs.Gone}})
}

// A chain of ancestors that is long is read too, and so is a circle, as after PIDs were reused.
func TestSurveyOfLongChains(t *testing.T) {
	f := newFakeProc(t)
	f.own()
	const length = 3 * mostGenerations
	f.write("1/stat", procfstest.StatLine(child(1, 0, 1)))
	for i := range length {
		f.write(strconv.Itoa(100+i)+"/stat", procfstest.StatLine(child(100+i, max(99+i, 100), 1)))
	}
	f.write("90/stat", procfstest.StatLine(child(90, 91, 1)))
	f.write("91/stat", procfstest.StatLine(child(91, 90, 1)))
	s, err := f.open().Survey(t.Context(), procfs.SurveyOf{Living: func(pid int) bool { return pid != 1 && pid != 99+length && pid != 90 }})
	if err != nil || len(s.Processes) != length+3 || len(s.Listed) != 0 || s.Processes[0].State != "S" {
		t.Errorf("%d processes, listed %v, error %v", len(s.Processes), s.Listed, err)
	}
}

// If the /proc is that of another PID namespace, control groups number processes differently, and
// all are read. So they are if that cannot be determined.
func TestSurveyOfTheLivingElsewhere(t *testing.T) {
	f := newFakeProc(t)
	f.add(child(20, 1, 20))
	every := procfs.SurveyOf{Living: func(int) bool { return true }}
	for name, number := range map[string]func(){"it is in a namespace below": func() { f.numbered(7, 1) }, "no numbers": func() { f.numbered() }, "no process": func() { f.remove("self/status") }} {
		number()
		s, err := f.open().Survey(t.Context(), every)
		if err != nil || len(s.Processes) != 1 || len(s.Listed) != 0 {
			t.Errorf("%s: %+v, listed %v, error %v", name, s.Processes, s.Listed, err)
		}
	}
	f.own()
	if s, err := f.open().Survey(t.Context(), every); err != nil || len(s.Processes) != 0 || !slices.Equal(s.Listed, []int{20}) {
		t.Errorf("%+v, listed %v, error %v", s.Processes, s.Listed, err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	f.add(child(30, 20, 20))
	if _, err := f.open().Survey(ended, procfs.SurveyOf{Living: func(pid int) bool { return pid == 20 }}); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits for it any more: %v", err)
	}
}

func pidsOfSnapshot(s procfs.Snapshot) []int {
	pids := make([]int, len(s.Processes))
	for i := range s.Processes {
		pids[i] = s.Processes[i].PID
	}
	return pids
}

// busy forks all the time: processes that live for a moment, orphans, healthy loops, and zombies
// that stay, one of them below a zombie's parent of another session.
const busy = `
short() { while :; do sleep 0.01; done; }
orphans() { while :; do (sleep 0.2 &); sleep 0.01; done; }
unreaped() { sleep 0 & sleep 0 & exec sleep 300; }
sessions() { while :; do setsid sh -c 'sleep 0.05 & sleep 0 & exec sleep 0.1' & sleep 0.05; done; }
short & short & orphans & sessions & unreaped & unreaped &
exec sleep 300`

// busyLooks is how often they are looked at.
const busyLooks = 10

// Of the processes that lived through a look, the look that skips who is known to live misses
// none: each is read or listed. Zombies that stayed are read, and no zombie that was one before
// is listed. The ancestors of who is read are read too.
func TestSurveyOfTheLivingMissesNobody(t *testing.T) {
	proc := realProc(t)
	storm := shell(t, busy)
	await(t, "its zombies", func() bool {
		left := 0
		for _, p := range surveyAll(t, proc, procfs.SurveyOf{}) {
			if p.IsZombie() && p.PGID == storm.Process.Pid {
				left++
			}
		}
		return left >= 4
	})
	groups := groupsOfAll(t, proc)
	all := procfs.SurveyOf{Zombies: &procfs.Detail{MainThread: true, Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}}}
	zombies, listed, passing := 0, 0, 0
	for range busyLooks {
		before := surveyAll(t, proc, all)
		known := map[int]bool{}
		for _, group := range groups {
			for _, pid := range proc.GroupPIDs(group) {
				known[pid] = true
			}
		}
		with := all
		with.Living = func(pid int) bool { return known[pid] && pid != storm.Process.Pid }
		s, err := proc.Survey(t.Context(), with)
		if err != nil {
			t.Fatal(err)
		}
		after := surveyAll(t, proc, all)
		listed += len(s.Listed)
		for pid, p := range before {
			now, there := after[pid]
			if !there || now.Key != p.Key {
				passing++
				continue
			}
			at, read := s.Position(pid)
			_, isListed := slices.BinarySearch(s.Listed, pid)
			if read == isListed {
				t.Errorf("process %d (%s): read %t, listed %t", pid, p.Comm, read, isListed)
			}
			if !p.IsZombie() {
				continue
			}
			zombies++
			if !read || !s.Processes[at].IsZombie() || s.Processes[at].StatOnly {
				t.Errorf("zombie %d (%s): read %t, listed %t", pid, p.Comm, read, isListed)
			}
		}
		wantAncestors(t, &s, before, after)
	}
	t.Logf("%d times a zombie that stayed, %d times a process that was only listed, %d came or went", zombies, listed, passing)
	if zombies == 0 || listed == 0 {
		t.Error("that shows nothing")
	}
}

// wantAncestors are read of every process, and the leaders of the sessions of zombies, unless they
// have exited meanwhile.
func wantAncestors(t *testing.T, s *procfs.Snapshot, before, after map[int]procfs.Process) {
	t.Helper()
	for i := range s.Processes {
		p := &s.Processes[i]
		wanted := []int{p.ParentPID}
		if p.IsZombie() {
			wanted = append(wanted, p.SID)
		}
		for _, pid := range wanted {
			was, lived := before[pid]
			if _, read := s.Position(pid); pid > 0 && lived && after[pid].Key == was.Key && !read {
				t.Errorf("process %d points to %d, which was not read", p.PID, pid)
			}
		}
	}
}

func surveyAll(t *testing.T, proc FS, of procfs.SurveyOf) map[int]procfs.Process {
	t.Helper()
	s, err := proc.Survey(t.Context(), of)
	if err != nil || len(s.Listed) > 0 {
		t.Fatalf("listed %v, error %v", s.Listed, err)
	}
	found := map[int]procfs.Process{}
	for _, p := range s.Processes {
		found[p.PID] = p
	}
	return found
}

// groupsOfAll are the folders of the control groups that this program is in. The test is skipped
// if none of them lists it.
func groupsOfAll(t *testing.T, proc FS) []string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	mounts := proc.CgroupMounts()
	for line := range bytes.Lines(data) {
		groups, err := procfs.ParseCgroups(line)
		if err != nil || len(groups) != 1 {
			t.Fatalf("%s: %v", line, err)
		}
		for _, m := range mounts.mounts {
			if dir := m.MountPoint + groups[0].Path; m.Root == "/" && holds(m, groups[0]) && slices.Contains(readPIDs(dir+"/cgroup.procs"), os.Getpid()) {
				dirs = append(dirs, dir)
			}
		}
	}
	if len(dirs) == 0 {
		t.Skip("no control group of this program is mounted here")
	}
	return dirs
}
