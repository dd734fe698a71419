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
