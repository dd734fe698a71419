package inspect_test

import (
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestWho(t *testing.T) {
	w := Demo().
		Process(2, 0, "kthreadd", func(p *procfs.Process) { p.KernelThread = true }).
		Process(50, 1, "sshd", func(p *procfs.Process) {
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 9, Controllers: []string{"name=systemd"}, Path: "/system.slice/ssh.service"}})
		}).
		Process(600, 1, "containerd-shim", ShimOf("e")).
		Process(601, 600, "pause", In("e", 1), NS(30))
	if got := w.Index().Who(999); got.Role != inspect.WhoUnknown || got.Why != procfs.Unread {
		t.Errorf("without threads: got %s, %s; it could be one", got.Role, got.Why)
	}
	w.Threads = map[int]procfs.Thread{112: {PID: 111, NSPIDs: []int{112, 9}}}
	w.Snapshot.Missed = []procfs.Missed{{PID: 700, Why: procfs.Denied}, {PID: 701, Why: procfs.Gone}}
	ix := w.Index()
	for number, want := range map[int]struct {
		role      inspect.WhoRole
		container string
		via       inspect.Via
		foreign   string
	}{
		101: {"main", "demo", inspect.ViaCgroup, ""},
		110: {inspect.WhoZombie, "demo", inspect.ViaCgroup, ""},
		111: {"child", "demo", inspect.ViaCgroup, ""},
		120: {"exec", "demo", inspect.ViaCgroup, ""},
		100: {"shim", "demo", inspect.ViaShim, ""},
		112: {inspect.WhoThread, "demo", inspect.ViaCgroup, ""},
		2:   {inspect.WhoKernel, "", "", ""},
		50:  {inspect.WhoHost, "", "", ""},
		600: {inspect.WhoOtherEngine, "", "", ID("e")},
		601: {inspect.WhoOtherEngine, "", "", ID("e")},
		700: {inspect.WhoUnknown, "", "", ""},
		701: {inspect.WhoNone, "", "", ""},
		999: {inspect.WhoNone, "", "", ""},
	} {
		got := ix.Who(number)
		name := ""
		if got.Owner.Container != nil {
			name = got.Owner.Container.Name
		}
		if got.Role != want.role || name != want.container || got.Owner.Via != want.via || got.ForeignID != want.foreign {
			t.Errorf("%d: got %s of %q via %q (%q), want %+v", number, got.Role, name, got.Owner.Via, got.ForeignID, want)
		}
	}
	if got := ix.Who(50).Unit; got != "ssh.service" {
		t.Errorf("got unit %q", got)
	}
	if got := ix.Who(112); got.Process.PID != 111 || inspect.ChainString(got.ContainerPIDs) != "9" || inspect.ChainString(got.PIDs) != "112>9" {
		t.Errorf("the thread is of %d, inside %v, in all %v", got.Process.PID, got.ContainerPIDs, got.PIDs)
	}
}

// A rootless engine, or one on a host with only cgroup v1, leaves no ID in the cgroups of some
// processes. Their ancestors show that they are not the host's.
func TestWhoOfAnotherEngineByItsShim(t *testing.T) {
	noID := func(chain ...int) Change {
		return func(p *procfs.Process) { p.NSPIDs = append([]int{p.PID}, chain...) }
	}
	ix := Demo().
		Process(600, 1, "containerd-shim", ShimOf("e")).
		Process(601, 600, "pause", noID(1), NS(30)).
		Process(602, 601, "sh", noID(7), NS(30), Exited(0)).
		Process(603, 600, "sh", noID(8), NS(30)).
		Process(610, 1, "containerd-shim", ShimOf("f")).
		Process(611, 610, "pause", In("f", 1), NS(40)).
		Process(612, 611, "sh", noID(9), NS(40), SID(603), V1Zombie).
		Process(130, 100, "runc").
		Process(140, 1, "dockerd").
		Index()
	for number, want := range map[int]string{600: "e", 601: "e", 602: "e", 603: "e", 611: "f", 612: "e", 130: "", 140: ""} {
		got := ix.Who(number)
		if want != "" {
			want = ID(want)
		}
		isHosts := got.Role == inspect.WhoHost
		if got.ForeignID != want || isHosts != (want == "") || got.Owner.Container != nil {
			t.Errorf("%d: got %s of %q, want it of %q", number, got.Role, inspect.ShortRef(got.ForeignID), inspect.ShortRef(want))
		}
	}
	if got := ix.NamedIDs(ix.ProcessAt(602)); len(got) != 1 || got[0] != ID("e") {
		t.Errorf("the engine is asked for %v", got)
	}
	if got := ix.NamedIDs(ix.ProcessAt(140)); len(got) != 0 {
		t.Errorf("a host process names %v", got)
	}
}

// A unit is the innermost one of the first hierarchy that has one. Other groups are not units.
func TestWhoOfAUnit(t *testing.T) {
	for name, test := range map[string]struct {
		paths []string
		want  string
	}{
		"a service":               {[]string{"/system.slice/ssh.service"}, "ssh.service"},
		"a scope of a user":       {[]string{"/user.slice/user-1000.slice/session-3.scope"}, "session-3.scope"},
		"a slice":                 {[]string{"/user.slice"}, "user.slice"},
		"a group below a unit":    {[]string{"/system.slice/containerd.service/kubelet"}, "containerd.service"},
		"another hierarchy's":     {[]string{"/", "/system.slice/ssh.service"}, "ssh.service"},
		"the first of two":        {[]string{"/a.slice", "/system.slice/ssh.service"}, "a.slice"},
		"no unit":                 {[]string{"/mine/yours"}, ""},
		"no group":                {[]string{"/", ""}, ""},
		"a relative one":          {[]string{"mine/yours"}, ""},
		"outside of the reader's": {[]string{"/../../init.scope"}, "init.scope"},
		"nothing was read":        {nil, ""},
	} {
		groups := procfs.Opt[[]procfs.Cgroup]{}
		for _, path := range test.paths {
			groups = procfs.Some(append(groups.Or(nil), procfs.Cgroup{Path: path}))
		}
		ix := NewWorld().Process(50, 1, "x", func(p *procfs.Process) { p.Cgroups = groups }).Index()
		if got := ix.Who(50); got.Unit != test.want || got.Role != inspect.WhoHost {
			t.Errorf("%s: got %q (%s), want %q", name, got.Unit, got.Role, test.want)
		}
	}
}

// A number has its own chain: that of the process or the thread, also for a thread in no
// container. A shim has no chain in the container that it serves.
func TestWhoSaysTheChain(t *testing.T) {
	w := nested()
	w.Threads = map[int]procfs.Thread{404: {PID: 403, NSPIDs: []int{404, 64, 4}}, 51: {PID: 1, NSPIDs: []int{51}}, 102: {PID: 100, NSPIDs: []int{102}}, 405: {PID: 403}, 900: {PID: 899}}
	ix := w.Index()
	for number, want := range map[int]string{
		403: "child [403 63 3] [63 3] 403", 404: "thread [404 64 4] [64 4] 403", 101: "main [101 1] [1] 101", 202: "child [202 51] [51] 202",
		51: "thread [51] [] 1", 100: "shim [100] [] 100", 102: "thread [102] [] 100", 405: "thread [] [] 403", 900: "none [] [] 0", 899: "none [] [] 0",
	} {
		got := ix.Who(number)
		if text := fmt.Sprint(got.Role, " ", got.PIDs, " ", got.ContainerPIDs, " ", hostPIDOf(got.Process)); text != want || got.HostPID != number {
			t.Errorf("%d: got %q, want %q", number, text, want)
		}
	}
}

// A number that could not be read is distinguished from a number that no process has.
func TestWhoIsNotSeen(t *testing.T) {
	w := NewWorld()
	w.Threads = map[int]procfs.Thread{71: {PID: 70}}
	w.Snapshot.Missed = []procfs.Missed{{PID: 70, Why: procfs.Denied}, {PID: 80, Why: procfs.Malformed}, {PID: 90, Why: procfs.Gone}}
	ix := w.Index()
	for number, want := range map[int]string{70: "unknown denied", 71: "unknown denied", 80: "unknown malformed", 90: "none gone", 100: "none gone"} {
		got := ix.Who(number)
		if text := fmt.Sprint(got.Role, " ", got.Why); text != want || got.Process != nil || got.Row != nil || got.PIDs != nil {
			t.Errorf("%d: got %q, want %q", number, text, want)
		}
	}
}
