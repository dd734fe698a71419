//go:build e2e && linux

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// unitGroup creates the control group that systemd has for a service, and returns its folder in
// the hierarchy that systemd uses.
func unitGroup(t *testing.T, service string) string {
	t.Helper()
	root := "/sys/fs/cgroup/systemd"
	if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err != nil {
		root = "/sys/fs/cgroup"
	}
	slice := filepath.Join(root, "system.slice")
	_, err := os.Stat(slice)
	isNew := os.IsNotExist(err)
	dir := filepath.Join(slice, service)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Skipf("no control group can be made here: %v", err)
	}
	t.Cleanup(func() {
		Eventually(t, "its control group to be empty", func() bool { return os.Remove(dir) == nil })
		if isNew {
			_ = os.Remove(slice)
		}
	})
	return dir
}

// A container that a unit's docker start runs is restarted by the unit. If only docker restarts
// it, its client exits.
func TestContainerOfAUnit(t *testing.T) {
	t.Parallel()
	service := "e2e-" + Random() + ".service"
	dir := unitGroup(t, service)
	b := Create(t, "--network", "none", "--", "sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait")
	// systemd is the parent of what it starts, and starts a session for it.
	script := `(setsid sh -c 'echo $$ > "$1/cgroup.procs" && exec docker start -a "$2"' sh "$0" "$1" >/dev/null 2>&1 </dev/null &)`
	if out, err := Command("sh", "-c", script, dir, b.Name); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	Eventually(t, "it to run", func() bool { return b.Inspect("{{.State.Running}}") == "true" })
	client := Mentioning(t, "docker", b.Name)
	if len(client) != 1 {
		t.Fatalf("its clients are %v", client)
	}
	if p, _ := ReadProcess(client[0]); p.PPID != 1 {
		t.Skipf("whom nobody waits for is adopted by %d here", p.PPID)
	}
	Ask(t, "explain", b.Name).Want(t, "unit "+service+" (systemd)", "systemctl restart "+service)
	Ask(t, "host-pid", "--format", "json", b.Name).Want(t, `"Manager":"systemd"`, `"ManagerName":"`+service+`"`)
	Ask(t, "tree", "--format", "{{.ManagerName}}", b.Name).Want(t, service)

	Docker(t, "restart", b.Name)
	Eventually(t, "its client to end", func() bool { return len(Mentioning(t, "docker", b.Name)) == 0 })
	Ask(t, "explain", b.Name).WantNoWordOf(t, "systemctl")
}
