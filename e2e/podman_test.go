//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// startPodman starts podman's API, which answers docker's commands.
func startPodman(t *testing.T) Engine {
	t.Helper()
	if _, err := exec.LookPath("podman"); err != nil {
		t.Skip("podman is not installed")
	}
	dir := ShortDir(t)
	e := Engine{T: t, Host: "unix://" + filepath.Join(dir, "p.sock")}
	t.Cleanup(func() { // that of an exec session stays for minutes
		for _, pid := range Mentioning(t, "conmon", dir) {
			Kill(pid)
		}
	})
	// Not every machine lets podman raise limits.
	conf := filepath.Join(dir, "containers.conf")
	if err := os.WriteFile(conf, []byte("[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stays(t, "env", "CONTAINERS_CONF="+conf, "podman", "--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--tmpdir", filepath.Join(dir, "tmp"),
		"--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "runc", "system", "service", "--time", "0", e.Host)
	Eventually(t, "podman to answer", func() bool { _, err := Command("docker", "--host", e.Host, "version"); return err == nil })
	if out, err := Command("sh", "-c", fmt.Sprintf("docker image save %s | docker --host %s image load", Suite.Image, e.Host)); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return e
}

// Each exec session of podman has a conmon of its own. It is in the tree of one container and in
// the tree of all.
func TestTreeOfPodman(t *testing.T) {
	t.Parallel()
	e := startPodman(t)
	name := "e2e-" + Random()
	t.Cleanup(func() { _, _ = Command("docker", "--host", e.Host, "rm", "-f", name) })
	id, err := Command("docker", "--host", e.Host, "run", "-d", "--network", "none", "--name", name, Suite.Image, "sleep", "7777")
	if err != nil {
		t.Skipf("podman runs no container here: %v", err)
	}
	b := &Box{T: t, Name: name, ID: id}
	e.Docker("exec", "-d", name, "sleep", "7778")
	session := ByArgs(t, b.EventuallyWith("sleep 7778"), "sleep 7778")
	// Without its API, conmon and the bundle tell the same.
	without := PIDNS(t, "tree", "--engine", "none", name, "--format", "json").WantStatus(t, 0).Rows(t)
	if r := RowOf(t, without, session.PID); r.Role != "exec" || r.Container != name || r.ContainerID != id {
		t.Errorf("without an engine the session is %v", r)
	}
	PIDNS(t, "signals", "--engine", "none", name).WantStatus(t, 0).Want(t, "podman exec "+name)
	for _, args := range [][]string{{"tree", name}, {"tree"}} {
		rows := e.PIDNS().Run(t, append(args, "--format", "json")...).WantStatus(t, 0).Rows(t)
		r := RowOf(t, rows, session.PID)
		if r.Role != "exec" || r.ExecID == nil || r.Container != name {
			t.Errorf("%q: the session is %v", args, r)
		}
		if !slices.ContainsFunc(rows, func(r Row) bool { return r.HostPID == session.PPID && r.Role == "shim" }) {
			t.Errorf("%q: its conmon %d is not there: %v", args, session.PPID, rows)
		}
	}
}
