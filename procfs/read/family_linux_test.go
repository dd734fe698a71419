package read

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// fakeFamily is a tree with a cycle, which a reused PID can cause, and with a child of a thread
// that is not the main one.
func fakeFamily(t *testing.T) fakeProc {
	f := newFakeProc(t)
	f.add(living(10), 20, 30)
	f.add(living(20), 10)
	f.add(living(30))
	f.children(30, 31, 40, 50)
	f.add(living(40))
	f.add(living(50))
	f.add(living(60), 70)
	f.add(living(70))
	return f
}

func TestFamily(t *testing.T) {
	f := fakeFamily(t)
	f.link("30/ns/pid", "pid:[7]")
	f.link("70/ns/pid", "pid:[7]")
	f.write("group/cgroup.procs", "60\n\n0\nself\n")
	f.write("group/sub/deeper/cgroup.procs", "70\n30\n")
	tests := map[string]struct {
		of   procfs.FamilyOf
		want []int
	}{
		"nothing":         {procfs.FamilyOf{}, nil},
		"tree":            {procfs.FamilyOf{Trees: []int{30}}, []int{30, 40, 50}},
		"tree in a cycle": {procfs.FamilyOf{Trees: []int{20}}, []int{10, 20, 30, 40, 50}},
		"alone":           {procfs.FamilyOf{Alone: []int{60}}, []int{60}},
		"group":           {procfs.FamilyOf{Groups: []string{f.path("group")}}, []int{30, 60, 70}},
		"group is gone":   {procfs.FamilyOf{Groups: []string{f.path("none")}, Alone: []int{70}}, []int{70}},
		"in a namespace":  {procfs.FamilyOf{Alone: []int{10}, PIDNamespaces: []uint64{7}}, []int{10, 30, 40, 50, 70}},
		"each once":       {procfs.FamilyOf{Trees: []int{30, 30, 40}, Alone: []int{30, 60, 60}, Groups: []string{f.path("group"), f.path("group")}}, []int{30, 40, 50, 60, 70}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := f.open().Family(t.Context(), test.of, procfs.Detail{})
			if err != nil {
				t.Fatal(err)
			}
			procfstest.Equal(t, pids(s.Processes), test.want)
			procfstest.Equal(t, s.Missed, []procfs.Missed(nil))
			if s.Whole || s.Unfinished {
				t.Errorf("whole %t, unfinished %t", s.Whole, s.Unfinished)
			}
		})
	}
}

// One pass misses children that are started, or listed, at a place that it has passed.
func TestFamilyLooksTwice(t *testing.T) {
	tests := map[string]struct {
		children   []string
		want       []int
		unfinished bool
	}{
		"at the second pass":   {[]string{"", "40 "}, []int{10, 20, 30, 40}, false},
		"at the first only":    {[]string{"40 ", ""}, []int{10, 20, 30, 40}, false},
		"more with every pass": {[]string{"", "40 ", "40 50 ", "40 50 60 "}, []int{10, 20, 30, 40, 50}, true},
		"who has come since":   {[]string{"", "80 "}, []int{10, 20, 30, 80}, false},
		"who is gone":          {[]string{"", "90 "}, []int{10, 20, 30}, false},
		"who was left by it":   {[]string{"", "90 ", "90 40 "}, []int{10, 20, 30, 40}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := fakeFamily(t)
			young := living(80)
			young.StartTicks = 1 << 40
			f.add(young)
			f.children(30, 31)
			f.serve("30/task/30/children", test.children...)
			s, err := f.open().Family(t.Context(), procfs.FamilyOf{Trees: []int{10}}, procfs.Detail{})
			if err != nil {
				t.Fatal(err)
			}
			procfstest.Equal(t, pids(s.Processes), test.want)
			if s.Unfinished != test.unfinished {
				t.Errorf("unfinished: got %t", s.Unfinished)
			}
		})
	}
}

func TestFamilyWithUnreadableChildren(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := fakeFamily(t)
	f.write("10/task/10/children", "20 x ")
	f.children(10, 11, 60)
	f.deny("60/task")
	s, err := f.open().Family(t.Context(), procfs.FamilyOf{Trees: []int{10, 999}}, procfs.Detail{})
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, pids(s.Processes), []int{10, 60})
	procfstest.Equal(t, s.Missed, []procfs.Missed{{PID: 999, Why: procfs.Gone}})
}

func TestFamilyFails(t *testing.T) {
	f := fakeFamily(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.open().Family(ended, procfs.FamilyOf{Trees: []int{10}}, procfs.Detail{}); !errors.Is(err, context.Canceled) {
		t.Errorf("context has ended: %v", err)
	}
	f.remove("thread-self")
	if _, err := f.open().Family(t.Context(), procfs.FamilyOf{Trees: []int{10}}, procfs.Detail{}); !errors.Is(err, procfs.ErrNoChildren) {
		t.Errorf("kernel without children: %v", err)
	}
}

// forkHeavy has living processes at three depths, a zombie, and loops that fork all the time.
const forkHeavy = `
storm() { while :; do (:); done; }
for i in 1 2 3; do
	( storm & sh -c 'sleep 300 & (exec sleep 300) & wait' & wait ) &
done
( exit 3 ) & exec sleep 300
`

// Family must have found every process that existed before and after.
func TestFamilyFindsWhatScanFinds(t *testing.T) {
	proc := realProc(t)
	root := shell(t, forkHeavy).Process.Pid
	await(t, "the tree has grown", func() bool {
		sleeping := 0
		for _, p := range scanTree(t, proc, root) {
			if p.Comm == "sleep" && p.State == "S" {
				sleeping++
			}
		}
		return sleeping == 7
	})
	before := scanTree(t, proc, root)
	for range 5 {
		family, err := proc.Family(t.Context(), procfs.FamilyOf{Trees: []int{root}}, procfs.Detail{})
		if err != nil {
			t.Fatal(err)
		}
		after := scanTree(t, proc, root)
		for key, p := range before {
			_, stayed := after[key]
			found := slices.ContainsFunc(family.Processes, func(p procfs.Process) bool { return p.Key == key })
			if stayed && !found {
				t.Errorf("%s %d, child of %d, was not found", p.Comm, p.PID, p.ParentPID)
			}
		}
		for _, p := range family.Processes {
			if p.PID == os.Getpid() || p.PID == os.Getppid() {
				t.Errorf("process %d is above the family", p.PID)
			}
		}
		before = after
	}
}

// scanTree is the tree below root in a scan of the whole host.
func scanTree(t *testing.T, proc FS, root int) map[procfs.Key]procfs.Process {
	t.Helper()
	s, err := proc.Scan(t.Context(), procfs.Detail{})
	if err != nil {
		t.Fatal(err)
	}
	below := map[int]bool{root: true}
	tree := map[procfs.Key]procfs.Process{}
	for size := -1; size != len(tree); {
		size = len(tree)
		for _, p := range s.Processes {
			if p.PID == root || below[p.ParentPID] {
				below[p.PID] = true
				tree[p.Key] = p
			}
		}
	}
	return tree
}

func TestOldestGroupPID(t *testing.T) {
	f := newFakeProc(t)
	proc := f.open()
	many := strings.Repeat("123456\n", 2000)
	for name, test := range map[string]struct {
		text string
		want int
	}{
		"one":               {"77\n", 77},
		"sorted":            {"5\n77\n", 5},
		"unsorted":          {"77\n5\n80\n", 5},
		"none":              {"", 0},
		"other namespaces":  {"0\n0\n", 0},
		"more than a page":  {"200000\n" + many + "3\n", 123456},
		"the last is cut":   {"77\n5", 77},
		"a name, no number": {"77\nself\n", 77},
	} {
		f.write("group/cgroup.procs", test.text)
		if got, ok := proc.OldestGroupPID(f.path("group")); got != test.want || ok != (test.want != 0) {
			t.Errorf("%s: got %d, %t", name, got, ok)
		}
	}
	if _, ok := proc.OldestGroupPID(f.path("none")); ok {
		t.Error("a group that is not there has a process")
	}
}

// The children of every thread are looked at, and those with one of the names are read.
func TestChildrenNamed(t *testing.T) {
	f := newFakeProc(t)
	child := func(pid, parent int, comm string) procfs.Stat {
		p := living(pid)
		p.ParentPID, p.Comm = parent, comm
		return p
	}
	f.add(living(1), 10, 12)
	f.children(1, 2, 11, 13, 14)
	for _, p := range []procfs.Stat{child(10, 1, "docker"), child(11, 1, "podman"), child(12, 1, "dockerd"), child(13, 9, "docker"), child(15, 1, "docker")} {
		f.add(p)
	}
	list := f.open().ChildrenNamed(1, []string{"docker", "podman"})
	procfstest.Equal(t, pids(list), []int{10, 11})
	for _, p := range list {
		if !p.Args.Held() || !p.Cgroups.Held() || p.StatOnly {
			t.Errorf("of %d was read %+v", p.PID, p)
		}
	}
	many := slices.Repeat([]int{10}, mostNamed+5)
	f.children(1, 2, many...)
	if list := f.open().ChildrenNamed(1, []string{"docker"}); len(list) != mostNamed {
		t.Errorf("of too many: got %d", len(list))
	}
	f.remove("1/task")
	if list := f.open().ChildrenNamed(1, []string{"docker"}); len(list) != 0 {
		t.Errorf("without lists: got %v", pids(list))
	}
}
