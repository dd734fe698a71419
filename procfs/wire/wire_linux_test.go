package wire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// sought is looked for in the programs of these tests.
var sought = procfs.Sought{
	Marks: []string{"OPTIND", "CDPATH", ".go.buildinfo"},
	Signs: []procfs.Sign{{Marks: []string{".go.buildinfo"}, Clients: true}, {Marks: []string{"OPTIND"}, Script: true}},
}

// connect serves a /proc, and returns its client.
func connect(t testing.TB, server Server) *Client {
	t.Helper()
	here, there := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Serve(context.WithoutCancel(t.Context()), there, server) }()
	c, err := Dial(t.Context(), here, Hello{Tool: "test", Nonce: "n", Sought: sought})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		if err := <-ended; err != nil {
			t.Errorf("the server ends with %v", err)
		}
	})
	return c
}

func openProc(t testing.TB, root string) read.FS {
	t.Helper()
	proc, err := read.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return proc
}

// fakeProc writes a /proc of two processes, one of them a zombie, with the control groups of
// its process 1.
func fakeProc(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("uptime", "1000.00 2000.00\n")
	write("loadavg", "0.00 0.00 0.00 1/7 9\n")
	write("vmstat", "oom_kill 0\n")
	write("self/mountinfo", "")
	write("thread-self/children", "")
	write("sys/kernel/random/boot_id", "abc\n")
	write("sys/kernel/threads-max", "99\n")
	write("1/mountinfo", "39 29 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n41 29 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n")
	for _, hierarchy := range []string{"pids", "unified"} {
		for name, text := range map[string]string{"cgroup.procs": "7\n1\n", "pids.current": "2\n", "pids.max": "5\n", "pids.events": "max 1\n"} {
			write("1/root/sys/fs/cgroup/"+hierarchy+"/docker/abc/"+name, text)
		}
	}
	for _, s := range []procfs.Stat{
		{PID: 1, Comm: "init", State: "S", PGID: 1, SID: 1, Threads: 1, StartTicks: 5},
		{PID: 7, Comm: "odd\xff)\n", State: "Z", ParentPID: 1, PGID: 7, SID: 1, Threads: 1, StartTicks: 500, WaitStatus: 256},
		{PID: 9, Comm: "gone soon", State: "S", ParentPID: 1, PGID: 9, SID: 1, Threads: 1, StartTicks: 600},
	} {
		dir := strconv.Itoa(s.PID)
		write(dir+"/stat", procfstest.StatLine(s))
		write(dir+"/status", procfstest.StatusText(s.Comm, procfs.Status{TGID: s.PID, NSPIDs: []int{s.PID, 5}, NSSIDs: []int{1, 0}}))
		write(dir+"/cmdline", "sh\x00-c\x00\xfe\xff\x00")
		write(dir+"/cgroup", "4:pids:/docker/abc\n0::/docker/abc\n")
		write(dir+"/uid_map", procfstest.RootlessMap)
		write(dir+"/task/"+dir+"/children", "")
		if err := os.Mkdir(filepath.Join(root, dir, "ns"), 0o755); err != nil {
			t.Fatal(err)
		}
		for i, namespace := range procfs.NamespaceTypes {
			if err := os.Symlink(fmt.Sprintf("%s:[%d]", namespace, 100+i), filepath.Join(root, dir, "ns", string(namespace))); err != nil {
				t.Fatal(err)
			}
		}
	}
	write("1/task/1/children", "7 9 ")
	return root
}

// everything is all detail.
var everything = procfs.Detail{Namespaces: procfs.NamespaceTypes, UIDMaps: true, Limits: true, EtcMounts: true}

// outcome is the result of a call. Errors are compared as callers compare them.
type outcome struct {
	value any
	gone  bool
	fails bool
}

func of(value any, err error) outcome {
	return outcome{value, errors.Is(err, fs.ErrNotExist), err != nil}
}

// sameTime removes the times from a snapshot, so that two can be compared.
func sameTime(s procfs.Snapshot) procfs.Snapshot {
	s.TakenAt, s.Uptime = time.Time{}, 0
	return s
}

// For a /proc that does not change, every call has the same result over the stream as directly.
func TestSameAsDirect(t *testing.T) {
	root := fakeProc(t)
	proc := openProc(t, root)
	c, ctx := connect(t, Server{Proc: proc, Tool: "1.2"}), t.Context()
	lines := []procfs.Cgroup{{Hierarchy: 4, Controllers: []string{"pids"}, Path: "/docker/abc"}, {Path: "/docker/abc"}}
	// The client has the host's names of the folders of control groups.
	const group = "/sys/fs/cgroup/pids/docker/abc"
	hosts := filepath.Join(root, "1/root")
	named := func(dir string) outcome { return of(strings.TrimPrefix(dir, hosts), nil) }
	namedGroup := func(g procfs.PIDsGroup) outcome {
		g.Dir = strings.TrimPrefix(g.Dir, hosts)
		return of(g, nil)
	}
	zombie, living := procfs.Key{PID: 7, StartTicks: 500}, procfs.Key{PID: 1, StartTicks: 5}
	known, err := proc.Process(1, everything)
	if err != nil {
		t.Fatal(err)
	}
	ahead := func(pid int) (procfs.Detail, bool) { return everything, pid == 7 }
	family := procfs.FamilyOf{Trees: []int{1}, Alone: []int{9, 99}, Known: []procfs.Process{known}, Groups: []string{group}, PIDNamespaces: []uint64{100}}
	far := family
	family.Groups = []string{hosts + group}
	thin, farThin := family, far
	farThin.Only = &procfs.SurveyOf{PIDNamespaces: true, Cgroups: true}
	thin.Only = &procfs.SurveyOf{PIDNamespaces: true, Cgroups: true}
	snapshot := func(s procfs.Snapshot, err error) outcome { return of(sameTime(s), err) }
	maxMappings := procfs.Some(4)
	few := procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}}
	programs := proc.Programs(sought.Marks)
	for name, test := range map[string][2]outcome{
		"Scan":          {snapshot(proc.Scan(ctx, everything)), snapshot(c.Scan(ctx, everything))},
		"Scan of less":  {snapshot(proc.Scan(ctx, procfs.Detail{})), snapshot(c.Scan(ctx, procfs.Detail{}))},
		"Family":        {snapshot(proc.Family(ctx, family, everything)), snapshot(c.Family(ctx, far, everything))},
		"Family, thin":  {snapshot(proc.Family(ctx, thin, everything)), snapshot(c.Family(ctx, farThin, everything))},
		"Survey":        {snapshot(proc.Survey(ctx, *thin.Only)), snapshot(c.Survey(ctx, *thin.Only))},
		"Survey, ahead": {snapshot(proc.Survey(ctx, procfs.SurveyOf{Ahead: ahead})), snapshot(c.Survey(ctx, procfs.SurveyOf{Ahead: ahead}))},
		"Survey, zombies": {
			snapshot(proc.Survey(ctx, procfs.SurveyOf{Zombies: &few, Ahead: ahead})), snapshot(c.Survey(ctx, procfs.SurveyOf{Zombies: &few, Ahead: ahead})),
		},
		"Survey, all zombies": {snapshot(proc.Survey(ctx, procfs.SurveyOf{Zombies: &everything})), snapshot(c.Survey(ctx, procfs.SurveyOf{Zombies: &everything}))},
		"Outside":             {snapshot(proc.Outside(ctx, []int{1}, []uint64{5}, everything)), snapshot(c.Outside(ctx, []int{1}, []uint64{5}, everything))},
		"Root":                {of(proc.Root(), nil), of(c.Root(), nil)},
		"Host":                {of(proc.Host(), nil), of(c.Host(), nil)},
		"Process":             {of(proc.Process(7, everything)), of(c.Process(7, everything))},
		"no Process":          {of(proc.Process(8, everything)), of(c.Process(8, everything))},
		"Threads":             {of(proc.Threads(1), nil), of(c.Threads(1), nil)},
		"no Threads":          {of(proc.Threads(8), nil), of(c.Threads(8), nil)},
		"Thread":              {of(proc.Thread(7)), of(c.Thread(7))},
		"no Thread":           {of(proc.Thread(8)), of(c.Thread(8))},
		"ChildrenNamed":       {of(proc.ChildrenNamed(1, []string{"gone soon"}), nil), of(c.ChildrenNamed(1, []string{"gone soon"}), nil)},
		"File":                {of(proc.File(living, "/none"), nil), of(c.File(living, "/none"), nil)},
		"Attention":           {of(proc.Attention("a", 1, programs)), of(c.Attention("a", 1))},
		"no Attention":        {of(proc.Attention("a", 8, programs)), of(c.Attention("a", 8))},
		"Resources":           {of(proc.Resources(1)), of(c.Resources(1))},
		"Lives":               {of(proc.Lives(living), nil), of(c.Lives(living), nil)},
		"lives no more":       {of(proc.Lives(zombie), nil), of(c.Lives(zombie), nil)},
		"StillZombies":        {of(proc.StillZombies([]procfs.Key{zombie, living}), nil), of(c.StillZombies([]procfs.Key{zombie, living}), nil)},
		"Group":               {named(proc.CgroupMounts().Group(lines, "abc")), of(c.Group(lines, "abc"), nil)},
		"no Group":            {of(proc.CgroupMounts().Group(lines, "x"), nil), of(c.Group(lines, "x"), nil)},
		"UnifiedGroup":        {named(proc.CgroupMounts().UnifiedGroup(lines, "abc")), of(c.UnifiedGroup(lines, "abc"), nil)},
		"GroupPIDs":           {of(proc.GroupPIDs(hosts+group), nil), of(c.GroupPIDs(group), nil)},
		"PIDsGroup":           {namedGroup(proc.PIDsMounts().PIDsGroup(lines, "/docker/abc")), of(c.PIDsGroup(lines, "/docker/abc"), nil)},
		"no PIDsGroup":        {namedGroup(proc.PIDsMounts().PIDsGroup(nil, "/x")), of(c.PIDsGroup(nil, "/x"), nil)},
		"OOM":                 {of(proc.OOM(), nil), of(c.OOM(), nil)},
		"TaskLimits":          {of(proc.TaskLimits(), nil), of(c.TaskLimits(), nil)},
		"AddressSpaces":       {of(proc.AddressSpaces([]procfs.Key{living, {PID: 8}}, maxMappings), nil), of(c.AddressSpaces([]procfs.Key{living, {PID: 8}}, maxMappings), nil)},
		"OwnNamespace":        {of(proc.OwnNamespace(procfs.UserNamespace), nil), of(c.OwnNamespace(procfs.UserNamespace), nil)},
		"UserNamespace":       {of(proc.UserNamespaces(1), nil), of(c.UserNamespaces(1), nil)},
	} {
		t.Run(name, func(t *testing.T) { procfstest.Equal(t, test[1], test[0]) })
	}
	if pid, known := c.OldestGroupPID(group); pid != 1 || !known {
		t.Errorf("the oldest is %d, %t", pid, known)
	}
	if current, most := c.PIDsUse(group); current != procfs.Some(2) || most != procfs.Some(5) {
		t.Errorf("use %v of %v", current, most)
	}
	w := c.Welcome()
	procfstest.Equal(t, w, Welcome{
		Tool: "1.2", Nonce: "n", Root: root, BootID: procfs.Some("abc"), PIDNamespace: procfs.Some[uint64](100), PID: procfs.None[int](procfs.NotHeld),
	})
}

// The selection of a completion is called here, and a process that has gone meanwhile is
// missed.
func TestComplete(t *testing.T) {
	root := fakeProc(t)
	proc := openProc(t, root)
	c, ctx := connect(t, Server{Proc: proc}), t.Context()
	directly, err := proc.Survey(ctx, procfs.SurveyOf{})
	if err != nil {
		t.Fatal(err)
	}
	over, err := c.Survey(ctx, procfs.SurveyOf{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(root, "9")); err != nil {
		t.Fatal(err)
	}
	selection := func(p *procfs.Process) (procfs.Detail, bool) {
		switch p.PID {
		case 1:
			return procfs.Detail{}, false
		case 7:
			return everything, true
		default:
			return procfs.Detail{WithoutArgs: true}, true
		}
	}
	if err := errors.Join(proc.Complete(ctx, &directly, selection), c.Complete(ctx, &over, selection)); err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, sameTime(over), sameTime(directly))
	if len(over.Processes) != 2 || len(over.Missed) != 1 || !over.Processes[0].StatOnly || over.Processes[1].StatOnly {
		t.Errorf("got %+v", over)
	}
	nobody := func(*procfs.Process) (procfs.Detail, bool) { return procfs.Detail{}, false }
	if err := c.Complete(ctx, &over, nobody); err != nil || len(over.Processes) != 2 {
		t.Errorf("got %+v, %v", over, err)
	}
}

// The real /proc of this machine, about processes that this test has started.
func TestRealProc(t *testing.T) {
	proc := openProc(t, "/proc")
	c, ctx := connect(t, Server{Proc: proc}), t.Context()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("sleep 60; exit 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", script)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	pid := cmd.Process.Pid
	programs := proc.Programs(sought.Marks).WithScriptsOf(sought.WantsScript).WithClientsOf(sought.WantsClients)
	agree(t, "Process", func() outcome { return of(proc.Process(pid, everything)) }, func() outcome { return of(c.Process(pid, everything)) })
	agree(t, "Attention", func() outcome { return of(proc.Attention("a", pid, programs)) }, func() outcome { return of(c.Attention("a", pid)) })
	agree(t, "Resources", func() outcome { return of(proc.Resources(pid)) }, func() outcome { return of(c.Resources(pid)) })
	agree(t, "Host", func() outcome { return of(proc.Host(), nil) }, func() outcome { return of(c.Host(), nil) })
	agree(t, "OOM", func() outcome { return of(proc.OOM(), nil) }, func() outcome { return of(c.OOM(), nil) })
	agree(t, "Thread", func() outcome { return of(proc.Thread(pid)) }, func() outcome { return of(c.Thread(pid)) })
	agree(t, "Threads", func() outcome { return of(proc.Threads(pid), nil) }, func() outcome { return of(c.Threads(pid), nil) })
	ours := func(s procfs.Snapshot, err error) outcome {
		s.Processes = slices.DeleteFunc(s.Processes, func(p procfs.Process) bool { return p.PID != pid })
		s.Missed = nil
		return of(sameTime(s), err)
	}
	agree(t, "Scan", func() outcome { return ours(proc.Scan(ctx, everything)) }, func() outcome { return ours(c.Scan(ctx, everything)) })
	family := procfs.FamilyOf{Trees: []int{pid}}
	agree(t, "Family", func() outcome { return ours(proc.Family(ctx, family, everything)) }, func() outcome { return ours(c.Family(ctx, family, everything)) })
	p, err := c.Process(pid, procfs.Detail{})
	if err != nil {
		t.Fatal(err)
	}
	agree(t, "AddressSpaces", func() outcome { return of(proc.AddressSpaces([]procfs.Key{p.Key}, procfs.Some(1)), nil) },
		func() outcome { return of(c.AddressSpaces([]procfs.Key{p.Key}, procfs.Some(1)), nil) })
	if a, err := c.Attention("a", pid); err != nil || a.Script != procfs.Some("sleep 60; exit 3\n") {
		t.Errorf("the script is %v, %v", a.Script, err)
	}
	file := c.File(p.Key, script)
	if held, _ := file.Get(); held.Text != "sleep 60; exit 3\n" {
		t.Errorf("the file is %+v", file)
	}
	if w := c.Welcome(); w.PID != procfs.Some(os.Getpid()) || w.BootID != proc.Host().BootID || w.Root != "/proc" {
		t.Errorf("welcome %+v", w)
	}
}

// agree compares results that may change at any time: one of several looks must agree.
func agree(t *testing.T, name string, directly, over func() outcome) {
	t.Helper()
	const looks = 50
	for look := range looks {
		want, got := directly(), over()
		if look == looks-1 || reflect.DeepEqual(got, want) {
			t.Run(name, func(t *testing.T) { procfstest.Equal(t, got, want) })
			return
		}
	}
}

// Several goroutines ask at once, more than may be under way.
func TestManyAtOnce(t *testing.T) {
	proc := openProc(t, fakeProc(t))
	c := connect(t, Server{Proc: proc})
	want, err := proc.Process(7, everything)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 5 * mostCalls {
		group.Go(func() {
			if i%2 == 0 {
				if _, err := c.Process(8, everything); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("got %v", err)
				}
				return
			}
			if got, err := c.Process(7, everything); err != nil || got.Comm != want.Comm {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	group.Wait()
	if err := c.Err(); err != nil {
		t.Error(err)
	}
}

// fakeKernel is a collector whose answers show that it was called. It can wait until it is
// cancelled.
type fakeKernel struct {
	read.FS
	closed  *int
	waiting chan struct{}
}

func (k fakeKernel) Close() error { *k.closed++; return nil }

func (k fakeKernel) Scan(ctx context.Context, _ procfs.Detail) (procfs.Snapshot, error) {
	if k.waiting == nil {
		return procfs.Snapshot{Root: "kernel"}, nil
	}
	close(k.waiting)
	<-ctx.Done()
	return procfs.Snapshot{}, ctx.Err()
}

func (k fakeKernel) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	s, err := k.FS.Survey(ctx, of)
	for i := range s.Processes {
		s.Processes[i].Internals = procfs.Some(procfs.Internals{Subreaper: true, Partial: true})
	}
	return s, err
}

// The kernel's iterator is used if the server has one, and the facts of its survey are kept.
func TestIterator(t *testing.T) {
	proc, ctx := openProc(t, fakeProc(t)), t.Context()
	var unsupported *UnsupportedError
	if _, err := connect(t, Server{Proc: proc}).OpenIterator(ctx, true); !errors.As(err, &unsupported) {
		t.Errorf("without one: %v", err)
	}
	refused := &UnsupportedError{Reason: "CAP_BPF is missing", Remedy: "use sudo"}
	_, err := connect(t, Server{Proc: proc, OpenKernel: func(bool) (Kernel, error) { return nil, refused }}).OpenIterator(ctx, true)
	if !errors.As(err, &unsupported) || *unsupported != *refused {
		t.Errorf("refused: %v", err)
	}
	closed, purposes := 0, []bool{}
	c := connect(t, Server{Proc: proc, OpenKernel: func(forSurveys bool) (Kernel, error) {
		purposes = append(purposes, forSurveys)
		return fakeKernel{FS: proc, closed: &closed}, nil
	}})
	if _, err := (&Iterator{c}).Scan(ctx, procfs.Detail{}); !errors.As(err, &unsupported) {
		t.Errorf("not opened: %v", err)
	}
	iterator, err := c.OpenIterator(ctx, true)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := iterator.Scan(ctx, procfs.Detail{}); err != nil || s.Root != "kernel" {
		t.Errorf("got %+v, %v", s, err)
	}
	if s, err := iterator.Family(ctx, procfs.FamilyOf{Alone: []int{7}}, procfs.Detail{}); err != nil || len(s.Processes) != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
	s, err := iterator.Survey(ctx, procfs.SurveyOf{})
	if err == nil {
		err = iterator.Complete(ctx, &s, func(p *procfs.Process) (procfs.Detail, bool) { return procfs.Detail{}, p.PID == 7 })
	}
	if err != nil || len(s.Processes) != 3 || s.Processes[1].StatOnly || !s.Processes[1].Internals.Or(procfs.Internals{}).Subreaper {
		t.Errorf("got %+v, %v", s, err)
	}
	if err := iterator.Close(); err != nil || closed != 1 || !slices.Equal(purposes, []bool{true}) {
		t.Errorf("closed %d times, opened for %v, %v", closed, purposes, err)
	}
}

// A call whose answer is no longer needed is cancelled at the server, and others continue.
func TestCancel(t *testing.T) {
	proc, closed, waiting := openProc(t, fakeProc(t)), 0, make(chan struct{})
	c := connect(t, Server{Proc: proc, OpenKernel: func(bool) (Kernel, error) { return fakeKernel{proc, &closed, waiting}, nil }})
	iterator, err := c.OpenIterator(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-waiting
		cancel()
	}()
	if _, err := iterator.Scan(ctx, procfs.Detail{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// The iterator is used by one call at a time, so this returns when the other was cancelled
	// there.
	if err := iterator.Close(); err != nil || closed != 1 {
		t.Errorf("got %v", err)
	}
	if _, err := c.Process(7, everything); err != nil {
		t.Error(err)
	}
}

// What was read of programs is kept until the client begins another capture.
func TestAgain(t *testing.T) {
	a := newAttention(read.FS{})
	first := a.programs()
	if a.programs() != first {
		t.Error("read again")
	}
	if a.forget(); a.programs() == first {
		t.Error("not read again")
	}
}
