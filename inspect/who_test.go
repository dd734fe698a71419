package inspect

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestWho(t *testing.T) {
	w := demo().
		process(2, 0, "kthreadd", func(p *procfs.Process) { p.KernelThread = true }).
		process(50, 1, "sshd", func(p *procfs.Process) {
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 9, Controllers: []string{"name=systemd"}, Path: "/system.slice/ssh.service"}})
		}).
		process(600, 1, "containerd-shim", shimOf("e")).
		process(601, 600, "pause", in("e", 1), ns(30))
	if got := w.index().Who(999); got.Role != WhoUnknown || got.Why != procfs.Unread {
		t.Errorf("without threads: got %s, %s; it could be one", got.Role, got.Why)
	}
	w.Threads = map[int]procfs.Thread{112: {PID: 111, NSPIDs: []int{112, 9}}}
	w.Snapshot.Missed = []procfs.Missed{{PID: 700, Why: procfs.Denied}, {PID: 701, Why: procfs.Gone}}
	ix := w.index()
	for number, want := range map[int]struct {
		role      WhoRole
		container string
		via       Via
		foreign   string
	}{
		101: {"main", "demo", ViaCgroup, ""},
		110: {WhoZombie, "demo", ViaCgroup, ""},
		111: {"child", "demo", ViaCgroup, ""},
		120: {"exec", "demo", ViaCgroup, ""},
		100: {"shim", "demo", ViaShim, ""},
		112: {WhoThread, "demo", ViaCgroup, ""},
		2:   {WhoKernel, "", "", ""},
		50:  {WhoHost, "", "", ""},
		600: {WhoOtherEngine, "", "", id("e")},
		601: {WhoOtherEngine, "", "", id("e")},
		700: {WhoUnknown, "", "", ""},
		701: {WhoNone, "", "", ""},
		999: {WhoNone, "", "", ""},
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
	if got := ix.Who(112); got.Process.PID != 111 || ChainString(got.ContainerPIDs) != "9" || ChainString(got.PIDs) != "112>9" {
		t.Errorf("the thread is of %d, inside %v, in all %v", got.Process.PID, got.ContainerPIDs, got.PIDs)
	}
}

// A rootless engine, or one on a host of cgroup v1 alone, leaves no ID in the
// cgroups of some processes: their ancestors tell that they are not the host's.
func TestWhoOfAnotherEngineByItsShim(t *testing.T) {
	noID := func(chain ...int) change {
		return func(p *procfs.Process) { p.NSPIDs = append([]int{p.PID}, chain...) }
	}
	ix := demo().
		process(600, 1, "containerd-shim", shimOf("e")).
		process(601, 600, "pause", noID(1), ns(30)).
		process(602, 601, "sh", noID(7), ns(30), zombie(0)).
		process(603, 600, "sh", noID(8), ns(30)).
		process(610, 1, "containerd-shim", shimOf("f")).
		process(611, 610, "pause", in("f", 1), ns(40)).
		process(612, 611, "sh", noID(9), ns(40), sid(603), v1Zombie).
		process(130, 100, "runc").
		process(140, 1, "dockerd").
		index()
	for number, want := range map[int]string{600: "e", 601: "e", 602: "e", 603: "e", 611: "f", 612: "e", 130: "", 140: ""} {
		got := ix.Who(number)
		if want != "" {
			want = id(want)
		}
		isHosts := got.Role == WhoHost
		if got.ForeignID != want || isHosts != (want == "") || got.Owner.Container != nil {
			t.Errorf("%d: got %s of %q, want it of %q", number, got.Role, ShortRef(got.ForeignID), ShortRef(want))
		}
	}
	if got := ix.NamedIDs(ix.ProcessAt(602)); len(got) != 1 || got[0] != id("e") {
		t.Errorf("the engine is asked for %v", got)
	}
	if got := ix.NamedIDs(ix.ProcessAt(140)); len(got) != 0 {
		t.Errorf("a host process names %v", got)
	}
}
