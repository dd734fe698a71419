package source

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// writeProc writes a /proc with these processes.
func writeProc(t *testing.T, w *World) string {
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
	write("self/mountinfo", "")
	write("thread-self/children", "")
	for i := range w.Snapshot.Processes {
		p := &w.Snapshot.Processes[i]
		dir := itoa(p.PID) + "/"
		write(dir+"stat", procfstest.StatLine(procfs.Stat{
			PID: p.PID, Comm: p.Comm, State: p.State, ParentPID: p.ParentPID, PGID: p.PID, SID: p.SID, Threads: 1, StartTicks: p.StartTicks,
		}))
		write(dir+"status", procfstest.StatusText(p.Comm, procfs.Status{TGID: p.PID, NSPIDs: p.NSPIDs}))
		write(dir+"cmdline", strings.Join(p.Args.Or(nil), "\x00")+"\x00")
		write(dir+"uid_map", "0 0 4294967295\n")
		lines := ""
		for _, g := range p.Cgroups.Or(nil) {
			lines += itoa(g.Hierarchy) + ":" + strings.Join(g.Controllers, ",") + ":" + g.Path + "\n"
		}
		write(dir+"cgroup", lines)
		write(dir+"task/"+itoa(p.PID)+"/children", "")
	}
	return root
}

// The host on which this program runs is a folder, an engine and a collector. What is read there
// is the container's, and the capture names the collector.
func TestLocal(t *testing.T) {
	root := writeProc(t, one())
	for name, test := range map[string]struct {
		collector string
		question  need.Question
		want      string
	}{
		"the whole host":                       {"", need.Snapshot(0), "demo running 101 bound by proc"},
		"one":                                  {CollectorProc, need.MainPID("demo", true), "demo running 101 bound by proc"},
		"limits":                               {"", need.Limits(nil), "demo running 101 bound by proc"},
		"signals":                              {"", need.Signals(nil, 0, false), "demo running 101 bound by proc"},
		"what the kernel refuses for a folder": {CollectorAuto, need.Tree(nil), "demo running 101 bound by proc, not bpf"},
		"what is asked for by name":            {CollectorBPF, need.Tree(nil), "error"},
	} {
		facts := newRig(one()).facts
		facts.change(ID("a"), func(c *inspect.Container) { c.AnsweredAt = time.Now() }) // with the clock of this test
		local := &Local{Engine: facts, ProcRoot: root, Tool: "1.2", Collector: test.collector}
		c, err := local.Capture(t.Context(), test.question)
		if err != nil {
			var refused *CollectorError
			if test.want != "error" || !errors.As(err, &refused) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		got := stateOf(c, "demo") + " by " + string(c.Collector.Name)
		if c.Collector.Reason != "" {
			got += ", not bpf"
		}
		if got != test.want || c.Tool != "1.2" || c.Proof.Verdict != inspect.Unknown {
			t.Errorf("%s: got %s, %+v", name, got, c.Proof)
		}
		for id, use := range c.PIDs {
			t.Errorf("%s: %s has %+v in a group that is mounted nowhere", name, id[:1], use)
		}
	}
}

// A folder that is not a /proc is an error that names it.
func TestLocalWithoutProc(t *testing.T) {
	folder := t.TempDir()
	local := &Local{Engine: newRig(one()).facts, ProcRoot: folder}
	if _, err := local.Capture(t.Context(), need.Tree(nil)); err == nil || !strings.Contains(err.Error(), folder) {
		t.Errorf("got %v", err)
	}
}

// Groups that are not mounted anywhere have no folder, and without a folder there are no
// numbers.
func TestProcWithoutGroups(t *testing.T) {
	proc, err := OpenProc(writeProc(t, one()))
	if err != nil {
		t.Fatal(err)
	}
	lines := one().Index().ProcessAt(101).Cgroups.Or(nil)
	if dir := proc.Group(lines, ID("a")) + proc.UnifiedGroup(lines, ID("a")); dir != "" {
		t.Errorf("group at %s", dir)
	}
	if use := proc.PIDsUse(filepath.Join(proc.Root(), "nowhere")); use.Current.Held() || use.Max.Held() {
		t.Errorf("use %+v", use)
	}
	if g := proc.PIDsGroup(lines, "/docker/"+ID("a")); g.Dir != "" || g.Path != "/docker/"+ID("a") || g.Current.Held() {
		t.Errorf("group %+v", g)
	}
	if _, err := proc.Attention("", 999); err == nil {
		t.Error("what is not there listens")
	}
}
