package read

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

var allDetail = procfs.Detail{Namespaces: procfs.NamespaceTypes, UIDMaps: true}

// The mounts over the files of /etc are read if they are wanted.
func TestProcessEtcMounts(t *testing.T) {
	f := newFakeProc(t)
	f.add(living(20))
	for _, test := range []struct {
		mountinfo string
		wanted    bool
		want      procfs.Opt[[]string]
	}{
		{"1 2 3:4 /c/0a/hosts /etc/hosts rw - ext4 /dev/vda rw\n", false, procfs.Opt[[]string]{}},
		{"1 2 3:4 /c/0a/hosts /etc/hosts rw - ext4 /dev/vda rw\n", true, procfs.Some([]string{"/c/0a/hosts"})},
		{strings.Repeat("1 2 3:4 / /x rw - ext4 /dev/vda rw\n", mostMounts/30), true, procfs.None[[]string](procfs.TooLong)},
	} {
		f.write("20/mountinfo", test.mountinfo)
		p, err := f.open().Process(20, procfs.Detail{EtcMounts: test.wanted})
		if err != nil {
			t.Fatal(err)
		}
		procfstest.Equal(t, p.EtcMounts, test.want)
	}
}

// A command line of any length is read up to a limit, and the arguments within it are kept.
func TestLongCommandLine(t *testing.T) {
	f := newFakeProc(t)
	f.add(living(77))
	f.write("77/cmdline", "java\x00-cp\x00"+strings.Repeat("x", 1<<20)+"\x00Main\x00")
	p, err := f.open().Process(77, allDetail)
	if err != nil || !slices.Equal(p.Args.Or(nil), []string{"java", "-cp"}) || !p.ArgsCut {
		t.Errorf("got %d arguments, cut %t, %v", len(p.Args.Or(nil)), p.ArgsCut, err)
	}
	f.write("77/cmdline", "java\x00")
	if p, err := f.open().Process(77, allDetail); err != nil || p.ArgsCut {
		t.Errorf("a short one is cut: %v", err)
	}
}

func TestProcessWithAbsentValues(t *testing.T) {
	args := func(p *procfs.Process) procfs.Absence { return p.Args.Absence() }
	cgroups := func(p *procfs.Process) procfs.Absence { return p.Cgroups.Absence() }
	uidMap := func(p *procfs.Process) procfs.Absence { return p.UIDMap.Absence() }
	netNS := func(p *procfs.Process) procfs.Absence { return p.Namespace(procfs.NetNamespace).Absence() }
	wait := func(p *procfs.Process) procfs.Absence { return p.WaitStatus.Absence() }
	tests := map[string]struct {
		spoil func(f fakeProc)
		of    func(p *procfs.Process) procfs.Absence
		want  procfs.Absence
	}{
		"cmdline empty":       {func(f fakeProc) { f.write("77/cmdline", "") }, args, procfs.NotHeld},
		"cmdline denied":      {func(f fakeProc) { f.deny("77/cmdline") }, args, procfs.Denied},
		"cmdline gone":        {func(f fakeProc) { f.remove("77/cmdline") }, args, procfs.Gone},
		"cmdline too long":    {func(f fakeProc) { f.write("77/cmdline", strings.Repeat("x", 1<<20)) }, args, procfs.TooLong},
		"cgroup malformed":    {func(f fakeProc) { f.write("77/cgroup", "4:pids\n") }, cgroups, procfs.Malformed},
		"cgroup ID malformed": {func(f fakeProc) { f.write("77/cgroup", "x:pids:/\n") }, cgroups, procfs.Malformed},
		"cgroup denied":       {func(f fakeProc) { f.deny("77/cgroup") }, cgroups, procfs.Denied},
		"cgroup gone":         {func(f fakeProc) { f.remove("77/cgroup") }, cgroups, procfs.Gone},
		"uid_map malformed":   {func(f fakeProc) { f.write("77/uid_map", "0 0\n") }, uidMap, procfs.Malformed},
		"uid_map denied":      {func(f fakeProc) { f.deny("77/uid_map") }, uidMap, procfs.Denied},
		"uid_map gone":        {func(f fakeProc) { f.remove("77/uid_map") }, uidMap, procfs.Gone},
		"ns of another type":  {func(f fakeProc) { f.link("77/ns/net", "pid:[7]") }, netNS, procfs.Malformed},
		"ns denied":           {func(f fakeProc) { f.deny("77/ns") }, netNS, procfs.Denied},
		"one ns gone":         {func(f fakeProc) { f.remove("77/ns/net") }, netNS, procfs.Gone},
		"no zombie":           {func(fakeProc) {}, wait, procfs.NotHeld},
		"zombie, ns denied":   {func(f fakeProc) { f.zombie(77); f.deny("77/ns") }, wait, procfs.Denied},
		"zombie, ns gone":     {func(f fakeProc) { f.zombie(77); f.remove("77/ns") }, wait, procfs.Gone},
		"args of a zombie":    {func(f fakeProc) { f.zombie(77) }, args, procfs.NotHeld},
		"args of the kernel": {func(f fakeProc) {
			kernel := living(77)
			kernel.Flags = procfs.PFKThread
			f.add(kernel)
		}, args, procfs.NotHeld},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			likeAnOrdinaryUser(t)
			f := newFakeProc(t)
			f.add(living(77))
			test.spoil(f)
			p := read(t, f.open(), 77, allDetail)
			if got := test.of(&p); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			// An absent value does not make others absent.
			if p.PID != 77 || p.StartTicks != 500 || p.ParentPID != 1 || p.InnermostPID() != 5 {
				t.Errorf("got %+v", p)
			}
		})
	}
}

// zombie makes a process exit while its command line is still readable.
func (f fakeProc) zombie(pid int) {
	s := living(pid)
	s.State = procfs.StateZombie
	f.write(strconv.Itoa(pid)+"/stat", procfstest.StatLine(s))
}

func TestProcessReadsNoMoreThanAsked(t *testing.T) {
	f := newFakeProc(t)
	f.add(living(77))
	p := read(t, f.open(), 77, procfs.Detail{})
	if p.Namespaces != nil || p.UIDMap.Absence() != procfs.Unread {
		t.Errorf("got %+v, %+v", p.Namespaces, p.UIDMap)
	}
}

func TestKernelWithoutPIDNamespaces(t *testing.T) {
	f := newFakeProc(t)
	f.add(living(77))
	f.write("77/status", procfstest.StatusText("sleep", procfs.Status{TGID: 77}))
	p := read(t, f.open(), 77, procfs.Detail{})
	procfstest.Equal(t, p.NSPIDs, []int{77})
}

// For a process that exits between two reads, facts before and after its exit must not be
// mixed.
func TestProcessThatChangesWhileItIsRead(t *testing.T) {
	stat := func(state procfs.State) string {
		s := living(77)
		s.State = state
		return procfstest.StatLine(s)
	}
	sleeps, runs, zombie := stat("S"), stat("R"), stat(procfs.StateZombie)
	tests := map[string]struct {
		stats []string
		want  procfs.State
	}{
		"does not":           {[]string{sleeps}, "S"},
		"wakes up":           {[]string{sleeps, runs}, "S"},
		"dies":               {[]string{sleeps, zombie}, procfs.StateZombie},
		"dies at second try": {[]string{sleeps, zombie, runs, zombie}, procfs.StateZombie},
		"never rests":        {append(slices.Repeat([]string{sleeps, zombie}, attempts), sleeps), ""},
		"ends unreadable":    {[]string{sleeps, ""}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeProc(t)
			f.add(living(77))
			f.serve("77/stat", test.stats...)
			p, err := f.open().Process(77, procfs.Detail{})
			if p.State != test.want || errors.Is(err, procfs.ErrMalformed) != (test.want == "") {
				t.Errorf("got state %q, error %v", p.State, err)
			}
			if p.Args.Held() == p.IsZombie() && err == nil {
				t.Errorf("state %s with args %+v", p.State, p.Args)
			}
		})
	}
}

// A process that still has all its namespaces after everything else has been read did not exit
// meanwhile. Its stat is not read again, unless threads are read after that.
func TestNamespacesShowThatItLives(t *testing.T) {
	stat := func(state procfs.State, threads int) string {
		s := living(77)
		s.State, s.Threads = state, threads
		return procfstest.StatLine(s)
	}
	detail := procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace, procfs.NetNamespace, procfs.UserNamespace}}
	for name, test := range map[string]struct {
		detail  procfs.Detail
		threads int
		ended   []procfs.NamespaceType
		want    procfs.State
	}{
		"held":                           {detail, 1, nil, "S"},
		"let go":                         {detail, 1, []procfs.NamespaceType{procfs.NetNamespace}, procfs.StateZombie},
		"one that it keeps":              {procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace, procfs.UserNamespace}}, 1, nil, procfs.StateZombie},
		"its threads come after":         {detail, 2, nil, procfs.StateZombie},
		"its threads are not looked at":  {procfs.Detail{Namespaces: detail.Namespaces, MainThread: true}, 2, nil, "S"},
		"one of several has been let go": {procfs.Detail{Namespaces: procfs.NamespaceTypes}, 1, []procfs.NamespaceType{procfs.CgroupNamespace}, procfs.StateZombie},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeProc(t)
			f.add(living(77))
			f.serve("77/stat", stat("S", test.threads), stat(procfs.StateZombie, 1))
			for _, namespace := range test.ended {
				f.remove("77/ns/" + string(namespace))
			}
			if p := read(t, f.open(), 77, test.detail); p.State != test.want {
				t.Errorf("got state %s, want %s", p.State, test.want)
			}
		})
	}
}

// What the main thread no longer has is read from a living thread.
func TestLiveThreadOfFake(t *testing.T) {
	f := newFakeProc(t)
	f.add(living(77))
	exited := living(77)
	exited.State, exited.Threads = procfs.StateZombie, 3
	f.write("77/stat", procfstest.StatLine(exited))
	f.write("77/cmdline", "")
	f.write("77/cgroup", "4:pids:/\n")
	f.remove("77/ns")
	f.link("77/ns/pid", "pid:[1]")
	for _, tid := range []string{"1200", "90"} {
		f.write("77/task/"+tid+"/stat", procfstest.StatLine(living(90)))
		f.write("77/task/"+tid+"/cmdline", "server\x00"+tid+"\x00")
		f.write("77/task/"+tid+"/cgroup", "4:pids:/docker/"+tid+"\n")
		f.link("77/task/"+tid+"/ns/pid", "pid:[100]")
		f.link("77/task/"+tid+"/ns/net", "net:[103]")
	}
	p := read(t, f.open(), 77, procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace, procfs.NetNamespace, procfs.UTSNamespace}})
	if !p.MainThreadExited() || p.IsZombie() || p.WaitStatus.Absence() != procfs.NotHeld {
		t.Errorf("got %+v", p)
	}
	procfstest.Equal(t, p.Args, procfs.Some([]string{"server", "90"}))
	procfstest.Equal(t, p.Cgroups, procfs.Some([]procfs.Cgroup{{Hierarchy: 4, Controllers: []string{"pids"}, Path: "/docker/90"}}))
	procfstest.Equal(t, p.Namespaces, map[procfs.NamespaceType]procfs.Opt[uint64]{
		procfs.PIDNamespace: procfs.Some(uint64(100)), procfs.NetNamespace: procfs.Some(uint64(103)), procfs.UTSNamespace: procfs.None[uint64](procfs.Gone),
	})
}

func TestThisProcess(t *testing.T) {
	proc := realProc(t)
	p := read(t, proc, os.Getpid(), allDetail)
	if p.PID != os.Getpid() || p.ParentPID != os.Getppid() || p.PGID != syscall.Getpgrp() {
		t.Errorf("got process %d, parent %d, group %d", p.PID, p.ParentPID, p.PGID)
	}
	if p.UIDs.Real != os.Getuid() || p.UIDs.Effective != os.Geteuid() {
		t.Errorf("got users %+v", p.UIDs)
	}
	if p.NSPIDs[0] != p.PID || p.InnermostPID() != p.PID || p.Depth() != 0 {
		t.Errorf("got NSpid %v", p.NSPIDs)
	}
	if p.KernelThread || p.IsZombie() || p.MainThreadExited() || p.Threads < 2 {
		t.Errorf("got %+v", p)
	}
	procfstest.Equal(t, p.Args, procfs.Some(os.Args))
	for _, namespace := range []procfs.NamespaceType{procfs.PIDNamespace, procfs.UTSNamespace, procfs.IPCNamespace, procfs.NetNamespace, procfs.MountNamespace, procfs.UserNamespace} {
		target, err := os.Readlink("/proc/self/ns/" + string(namespace))
		if err != nil {
			t.Fatal(err)
		}
		inode, _ := p.Namespace(namespace).Get()
		procfstest.Equal(t, string(namespace)+":["+strconv.FormatUint(inode, 10)+"]", target)
	}
	if len(p.UIDMap.Or(nil)) == 0 || len(p.Cgroups.Or(nil)) == 0 {
		t.Errorf("got uid_map %+v, cgroups %+v", p.UIDMap, p.Cgroups)
	}
}

func TestStartedAtOfRealChild(t *testing.T) {
	before := time.Now()
	child := shell(t, "read line")
	after := time.Now()
	s, err := realProc(t).Scan(t.Context(), procfs.Detail{})
	if err != nil {
		t.Fatal(err)
	}
	p := find(t, s, child.Process.Pid)
	// The clocks tick in steps of 10 ms and are read one after the other.
	const slack = time.Second
	if at := s.StartedAt(p.StartTicks); at.Before(before.Add(-slack)) || at.After(after.Add(slack)) {
		t.Errorf("started at %v, want between %v and %v", at, before, after)
	}
}

func find(t *testing.T, s procfs.Snapshot, pid int) procfs.Process {
	t.Helper()
	for _, p := range s.Processes {
		if p.PID == pid {
			return p
		}
	}
	t.Fatalf("process %d was not read; missed: %+v", pid, s.Missed)
	return procfs.Process{}
}

func TestZombie(t *testing.T) {
	proc := realProc(t)
	me := read(t, proc, os.Getpid(), allDetail)
	for want, script := range map[string]string{"exit 7": "exit 7", "SIGKILL": "kill -KILL $$"} {
		t.Run(want, func(t *testing.T) {
			pid := shell(t, script).Process.Pid
			var p procfs.Process
			await(t, "the child is a zombie", func() bool {
				p = read(t, proc, pid, allDetail)
				if !p.IsZombie() && p.WaitStatus.Absence() != procfs.NotHeld {
					t.Fatalf("a living process has the wait status %+v", p.WaitStatus)
				}
				return p.IsZombie()
			})
			checkZombie(t, p, me, want)
			for _, of := range []procfs.FamilyOf{{Trees: []int{me.PID}}, {Alone: []int{pid}}} {
				s, err := proc.Family(t.Context(), of, allDetail)
				if err != nil {
					t.Fatal(err)
				}
				procfstest.Equal(t, find(t, s, pid), p)
			}
		})
	}
}

// The namespaces and exit status of a zombie of the reader's own user are read without any
// capability.
func checkZombie(t *testing.T, p, parent procfs.Process, want string) {
	t.Helper()
	status, held := p.WaitStatus.Get()
	if !held || status.String() != want {
		t.Errorf("got wait status %s, %+v, want %s", status, p.WaitStatus, want)
	}
	if p.Comm != "sh" || p.ParentPID != parent.PID || p.SID != parent.SID || p.Threads != 1 {
		t.Errorf("got %+v", p)
	}
	procfstest.Equal(t, p.UIDs, parent.UIDs)
	procfstest.Equal(t, p.Args, procfs.None[[]string](procfs.NotHeld))
	for _, namespace := range []procfs.NamespaceType{procfs.PIDNamespace, procfs.UserNamespace} {
		procfstest.Equal(t, p.Namespace(namespace), parent.Namespace(namespace))
	}
	if p.Namespace(procfs.NetNamespace).Absence() != procfs.Gone {
		t.Errorf("got net namespace %+v of a zombie", p.Namespace(procfs.NetNamespace))
	}
}

func TestStillZombies(t *testing.T) {
	proc := realProc(t)
	child := shell(t, "exit 7")
	pid := child.Process.Pid
	await(t, "the child is a zombie", func() bool { return isZombie(t, pid) })
	key := read(t, proc, pid, procfs.Detail{}).Key
	successor := procfs.Key{PID: pid, StartTicks: key.StartTicks + 1}
	me := read(t, proc, os.Getpid(), procfs.Detail{}).Key
	procfstest.Equal(t, proc.StillZombies([]procfs.Key{successor, key, me}), []procfs.ZombieSeen{{Key: key, ParentPID: me.PID}})

	_ = child.Wait()
	procfstest.Equal(t, proc.StillZombies([]procfs.Key{key}), []procfs.ZombieSeen(nil))
	if _, err := proc.Process(pid, allDetail); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a child that has been waited for: %v", err)
	}
}

// Everything that is read through a handle belongs to the process for which the handle was
// opened, not to one that reused its PID.
func TestHandleOutlivesNoProcess(t *testing.T) {
	child := shell(t, "exit 7")
	d, err := realProc(t).openProcess(child.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	_ = child.Wait()
	_, readErr := d.read("stat")
	_, linkErr := d.readlink("ns/pid")
	_, threadsErr := d.threads()
	for _, err := range []error{readErr, linkErr, threadsErr} {
		if absenceOf(err) != procfs.Gone {
			t.Errorf("after its end: %v", err)
		}
	}
}

// As root, the reader becomes another user for the test. Otherwise the host's first process
// belongs to another user.
func TestForeignProcess(t *testing.T) {
	proc := realProc(t)
	pid, denied := 1, true
	if os.Geteuid() == 0 {
		pid = shell(t, "exit 7").Process.Pid
		await(t, "the child is a zombie", func() bool { return isZombie(t, pid) })
		becomeNobody(t)
	} else {
		me := read(t, proc, os.Getpid(), procfs.Detail{})
		denied = read(t, proc, 1, procfs.Detail{}).UIDs != me.UIDs
	}
	p := read(t, proc, pid, allDetail)
	for _, namespace := range []procfs.NamespaceType{procfs.PIDNamespace, procfs.UserNamespace} {
		if got := p.Namespace(namespace); (got.Absence() == procfs.Denied) != denied {
			t.Errorf("%s namespace: got %+v, denied %t", namespace, got, denied)
		}
	}
	want := procfs.NotHeld
	if p.IsZombie() {
		want = procfs.Denied
	}
	if p.WaitStatus.Absence() != want {
		t.Errorf("wait status: got %+v, want %s", p.WaitStatus, want)
	}
	// Everything else can be read by every user.
	if p.PID != pid || p.NSPIDs[0] != pid || !p.Cgroups.Held() || !p.UIDMap.Held() {
		t.Errorf("got %+v", p)
	}
}

// becomeNobody gives the thread of the test another user for files and /proc, and no capability,
// until the end of the test.
func becomeNobody(t *testing.T) {
	t.Helper()
	const nobody = 65534
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	root, err := unix.SetfsuidRetUid(nobody)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = unix.SetfsuidRetUid(root) })
	if now, _ := unix.SetfsuidRetUid(nobody); now != nobody {
		t.Fatalf("the user for files is %d", now)
	}
	likeAnOrdinaryUser(t)
}

func TestMainThreadExited(t *testing.T) {
	proc := realProc(t)
	me := read(t, proc, os.Getpid(), allDetail)
	child := startHalfExited(t, "an", "", "argument\n")
	pid := child.Process.Pid
	var p procfs.Process
	await(t, "the main thread has exited", func() bool {
		p = read(t, proc, pid, allDetail)
		return p.MainThreadExited()
	})
	if p.IsZombie() || p.State != procfs.StateZombie || p.Threads < 2 {
		t.Errorf("got state %s, %d threads", p.State, p.Threads)
	}
	procfstest.Equal(t, p.Args, procfs.Some(child.Args))
	procfstest.Equal(t, p.Namespaces, me.Namespaces)
	procfstest.Equal(t, p.UIDMap, me.UIDMap)
	procfstest.Equal(t, p.Cgroups, me.Cgroups)
	procfstest.Equal(t, p.WaitStatus, procfs.None[procfs.WaitStatus](procfs.NotHeld))
	procfstest.Equal(t, proc.StillZombies([]procfs.Key{p.Key}), []procfs.ZombieSeen(nil))
}

// If the main thread has exited, another thread is read. It may exit at any time, and may have
// exited before and still exist for its tracer.
func TestThreadsThatEnd(t *testing.T) {
	living90, exiting := living(90), living(80)
	exiting.Flags = procfs.PFExiting
	for name, stats := range map[string][]string{
		"before":    {procfstest.StatLine(exiting)},
		"meanwhile": {procfstest.StatLine(living(80)), procfstest.StatLine(exiting)},
	} {
		t.Run(name, func(t *testing.T) {
			exited := living(77)
			exited.State, exited.Threads = procfs.StateZombie, 3
			made := func() fakeProc {
				f := newFakeProc(t)
				f.add(exited)
				f.remove("77/ns")
				f.write("77/task/80/cgroup", "4:pids:/\n")
				f.serve("77/task/80/stat", stats...)
				f.write("77/task/90/stat", procfstest.StatLine(living90))
				f.write("77/task/90/cgroup", "4:pids:/docker/90\n")
				f.link("77/task/90/ns/pid", "pid:[100]")
				return f
			}
			want := procfs.Some([]procfs.Cgroup{{Hierarchy: 4, Controllers: []string{"pids"}, Path: "/docker/90"}})
			whole := read(t, made().open(), 77, procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}})
			s, err := made().open().Survey(t.Context(), procfs.SurveyOf{PIDNamespaces: true, Cgroups: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range []procfs.Process{whole, find(t, s, 77)} {
				procfstest.Equal(t, p.Cgroups, want)
				procfstest.Equal(t, p.Namespace(procfs.PIDNamespace), procfs.Some(uint64(100)))
			}
			rest := whole
			rest.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Unread)
			if err := made().open().ReadRemainders(t.Context(), []Remainder{{Process: &rest, Cgroups: true}}); err != nil {
				t.Fatal(err)
			}
			procfstest.Equal(t, rest.Cgroups, want)
		})
	}
}

// If no thread is alive any more, nothing is reported about threads.
func TestThreadsThatHaveEnded(t *testing.T) {
	f := newFakeProc(t)
	exited := living(77)
	exited.State, exited.Threads = procfs.StateZombie, 2
	f.add(exited)
	f.remove("77/ns")
	exited.Flags = procfs.PFExiting
	f.write("77/task/80/stat", procfstest.StatLine(exited))
	f.link("77/task/80/ns/pid", "pid:[100]")
	p := read(t, f.open(), 77, procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}})
	procfstest.Equal(t, p.Namespace(procfs.PIDNamespace), procfs.None[uint64](procfs.Gone))
}

func TestNoDescriptorLeaks(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := newFakeProc(t)
	f.add(living(1), 77, 78, 79, 80)
	f.add(living(77))
	f.deny("77/stat")
	f.add(living(78))
	f.write("78/status", "cut")
	f.add(living(79))
	f.deny("79/cmdline")
	f.add(living(80))
	f.write("80/stat", procfstest.StatLine(procfs.Stat{PID: 80, State: procfs.StateZombie, Threads: 2}))
	f.deny("80/task")
	exited := startHalfExited(t)
	proc := realProc(t)
	await(t, "the main thread has exited", func() bool {
		p := read(t, proc, exited.Process.Pid, procfs.Detail{})
		return p.MainThreadExited()
	})
	readAll := func() {
		family := procfs.FamilyOf{Trees: []int{os.Getpid()}, Alone: []int{1}, Groups: []string{f.path("1")}}
		if _, err := proc.Family(t.Context(), family, allDetail); err != nil {
			t.Error(err)
		}
		if _, err := f.open().Family(t.Context(), procfs.FamilyOf{Trees: []int{1}}, allDetail); err != nil {
			t.Error(err)
		}
		if _, err := f.open().Scan(t.Context(), allDetail); err != nil {
			t.Error(err)
		}
		proc.Host()
	}
	// A file that only its finalizer closes is also a leak.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	readAll()
	before := openFiles(t)
	for range 5 {
		readAll()
	}
	if after := openFiles(t); len(after) > len(before) {
		t.Errorf("open files before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

func openFiles(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, entry := range entries {
		target, _ := os.Readlink("/proc/self/fd/" + entry.Name())
		list = append(list, entry.Name()+" "+target)
	}
	return list
}

// The map of the initial user namespace is read once for all processes. That of another one is
// read for each process, because the inode can be reused.
func TestUIDMapsAreShared(t *testing.T) {
	const initial, other = "user:[4026531837]", "user:[4026532000]"
	for name, test := range map[string]struct {
		namespace string
		again     bool
	}{"the initial namespace": {initial, false}, "another": {other, true}} {
		f := newFakeProc(t)
		for _, pid := range []int{10, 11} {
			f.add(living(pid))
			f.link(strconv.Itoa(pid)+"/ns/user", test.namespace)
		}
		f.write("11/uid_map", "0 500 1\n")
		r, err := f.open().newReader()
		if err != nil {
			t.Fatal(err)
		}
		first, err := r.process(10, allDetail)
		second, err2 := r.process(11, allDetail)
		r.close()
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if len(first.UIDMap.Or(nil)) != 2 || reflect.DeepEqual(first.UIDMap, second.UIDMap) == test.again {
			t.Errorf("%s: got %v and %v", name, first.UIDMap, second.UIDMap)
		}
	}
}
