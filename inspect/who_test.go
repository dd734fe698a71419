package inspect_test

import (
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

// A rootless engine, or one on a host of cgroup v1 alone, leaves no ID in the
// cgroups of some processes: their ancestors tell that they are not the host's.
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
