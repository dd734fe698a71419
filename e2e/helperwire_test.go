//go:build e2e && linux

package e2e

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/wire"
)

// attached is the stream of a program: its output, and its input, which ends it.
type attached struct {
	io.Reader
	io.WriteCloser
}

// startHelper runs the real helper in a container that may do no more than it needs, and
// returns its client and its PID on the host.
func startHelper(t *testing.T) (c *wire.Client, pid int, ended func() error) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "pidns-helper")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "../cmd/pidns-helper")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	name := "e2e-" + Random()
	t.Cleanup(func() { _, _ = Command("docker", "rm", "-f", name) })
	cmd := exec.Command("docker", "run", "--name", name, "--label", Label+"="+t.Name(), "-i", "--rm", "--pid", "host", "--cgroupns", "host",
		"--network", "none", "--read-only", "--cap-drop", "ALL", "--cap-add", "SYS_PTRACE", "--security-opt", "no-new-privileges",
		"-v", binary+":/pidns-helper:ro", Suite.Image, "/pidns-helper", "--nonce", "abc")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c, err = wire.Dial(t.Context(), attached{out, in}, wire.Hello{Nonce: "abc", Sought: signal.Sought()})
	if err != nil {
		t.Fatal(err)
	}
	return c, Atoi(Docker(t, "inspect", "-f", "{{.State.Pid}}", name)), cmd.Wait
}

// A helper in a container, with one capability, reads what root reads on the host: processes,
// control groups and their limits, and how signals are handled. It ends with its stream.
func TestHelperReadsAsRoot(t *testing.T) {
	box := Run(t, "--pids-limit", "50", "--", "sh", "-c", "trap : TERM; sleep 1000 & sleep 1000")
	pid := Atoi(Docker(t, "inspect", "-f", "{{.State.Pid}}", box.ID))
	c, own, ended := startHelper(t)
	proc, err := read.Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	host := proc.Host()
	if w := c.Welcome(); w.PID != procfs.Some(own) || w.BootID != host.BootID || w.PIDNamespace != proc.OwnNamespace(procfs.PIDNamespace) {
		t.Errorf("welcome %+v of process %d", w, own)
	}
	host.OwnFilesOnly = true // CAP_SYS_PTRACE is all that it has
	if got := c.Host(); !reflect.DeepEqual(got, host) {
		t.Errorf("host\n%+v, want\n%+v", got, host)
	}
	everything := procfs.Detail{Namespaces: procfs.NamespaceTypes, UIDMaps: true, Limits: true, EtcMounts: true}
	main, err := proc.Process(pid, everything)
	if err != nil {
		t.Fatal(err)
	}
	lines := main.Cgroups.Or(nil)
	path, _ := procfs.PIDsPath(lines)
	dir := proc.CgroupMounts().Group(lines, box.ID)
	group := proc.PIDsMounts().PIDsGroup(lines, path)
	sought := signal.Sought()
	programs := proc.Programs(sought.Marks).WithScriptsOf(sought.WantsScript).WithClientsOf(sought.WantsClients)
	Eventually(t, "what both read is the same", func() bool {
		direct, directErr := proc.Process(pid, everything)
		far, farErr := c.Process(pid, everything)
		attention, attentionErr := proc.Attention(box.ID, pid, programs)
		farAttention, farAttentionErr := c.Attention(box.ID, pid)
		return directErr == nil && farErr == nil && attentionErr == nil && farAttentionErr == nil &&
			reflect.DeepEqual(direct, far) && reflect.DeepEqual(attention, farAttention)
	})
	if got := c.Group(lines, box.ID); got != dir || dir == "" {
		t.Errorf("group at %q, want %q", got, dir)
	}
	if got := c.GroupPIDs(dir); len(got) != 3 || !reflect.DeepEqual(got, proc.GroupPIDs(dir)) {
		t.Errorf("processes %v, want %v", got, proc.GroupPIDs(dir))
	}
	if got := c.PIDsGroup(lines, path); got != group || group.Max != procfs.Some(50) {
		t.Errorf("group %+v, want %+v", got, group)
	}
	if current, most := c.PIDsUse(dir); current != procfs.Some(3) || most != procfs.Some(50) {
		t.Errorf("use %v of %v", current, most)
	}
	_ = c.Close()
	if err := ended(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	Eventually(t, "its container is gone", func() bool {
		return strings.TrimSpace(Docker(t, "ps", "-aq", "--filter", "label="+Label+"="+t.Name(), "--filter", "status=running")) == box.ID[:12]
	})
}
