//go:build e2e && engines && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// These tests need the engines of script/engines.sh first in PATH. make e2e-engines does that.

// wantBuilt ends the test if the program is not one of script/engines.sh.
func wantBuilt(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil || !strings.Contains(path, "docker-pidns/engines/") {
		t.Fatalf("%s is %q (%v): make e2e-engines builds it", program, path, err)
	}
	return path
}

// startDockerOfToday starts dockerd with a daemon.json that has this text, and returns its path.
// The file is older than dockerd's process, so that dockerd has read it.
func startDockerOfToday(t *testing.T, text string) (e *otherEngine, config string) {
	t.Helper()
	wantBuilt(t, "dockerd")
	config = filepath.Join(ShortDir(t), "daemon.json")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // longer than a tick of the clock of /proc/PID/stat
	return startDaemon(t, nil, "true", "--config-file", config), config
}

func (e *otherEngine) box() *Box { return &Box{T: e.t, Name: e.name, ID: e.ID} }

func (e *otherEngine) pidns() Call { return Engine{T: e.t, Host: e.host}.PIDNS() }

// stopForecast is a row of docker pidns signals.
type stopForecast struct {
	Container          string
	StopTimeoutSeconds float64
	Certainty          string
}

// The default grace period of dockerd is in no answer of its API. It is certain from
// daemon.json, from its last reload, and only likely if daemon.json was changed and dockerd has
// not reported since.
func TestDefaultGraceOfDockerOfToday(t *testing.T) {
	t.Parallel()
	e, config := startDockerOfToday(t, `{"default-stop-timeout":4}`)
	want := func(seconds float64, certainty string) {
		t.Helper()
		rows := Decoded[stopForecast](t, e.pidns().Run(t, "signals", e.name, "--format", "json").WantStatus(t, 0))
		if len(rows) != 1 || rows[0].StopTimeoutSeconds != seconds || rows[0].Certainty != certainty {
			t.Errorf("want %gs, %s: %+v", seconds, certainty, rows)
		}
	}
	Eventually(t, "its main process to be older than a second", func() bool {
		rows := Decoded[stopForecast](t, e.pidns().Run(t, "signals", e.name, "--format", "json"))
		return len(rows) == 1 && rows[0].Certainty == "certain"
	})
	want(4, "certain")
	if err := os.WriteFile(config, []byte(`{"default-stop-timeout":2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	want(2, "likely")
	if err := syscall.Kill(daemonOf(t, e), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "dockerd to report that it has reloaded", func() bool {
		out, err := Command("docker", "--host", e.host, "events", "--since", "1", "--until", fmt.Sprint(time.Now().Unix()), "--filter", "type=daemon")
		return err == nil && strings.Contains(out, "default-stop-timeout=2")
	})
	want(2, "certain")
	started := time.Now()
	Docker(t, "--host", e.host, "stop", e.name)
	if took := time.Since(started); took < 2*time.Second {
		t.Errorf("docker stop took %s", took)
	}
}

// dockerd that is its own containerd: its containers are found by their shims while it is
// silent and after it was killed. Each has a time namespace of its own.
func TestDockerOfTodayIsItsOwnContainerd(t *testing.T) {
	e, _ := startDockerOfToday(t, `{"features":{"embedded-containerd":true},"live-restore":true}`)
	b, main := e.box(), Atoi(e.hostPID)
	family := below(t, mustRead(t, main).PPID)
	wantRows(t, e.pidns().Run(t, "tree", e.name, "--format", "json").WantStatus(t, 0).Rows(t), b, family)
	r := nsRowOf(t, nsRows(t, e.pidns().Run(t, "ns", e.name, "--format", "json").WantStatus(t, 0)), b, "time")
	if r.Mode != "own" || Value(r.Inode) != namespace(t, main, "time") || r.Verdict != "ok" {
		t.Errorf("its time namespace: %+v", r)
	}
	daemon := daemonOf(t, e)
	if started := childrenOf(t, daemon); slices.ContainsFunc(started, func(pid int) bool { return mustRead(t, pid).Comm == "containerd" }) {
		t.Fatalf("it has started a containerd: %v", started)
	}
	stopProcess(t, daemon)
	a := e.pidns().Run(t, "tree", "--format", "json", "--timeout", "3s").WantStatus(t, 0).WantError(t, "did not answer")
	wantRows(t, a.Rows(t), b, family)
	_ = syscall.Kill(daemon, syscall.SIGKILL)
	t.Cleanup(func() { Kill(mustRead(t, main).PPID); Kill(main) })
	there := Call{Env: []string{"DOCKER_HOST=" + e.host}}
	Eventually(t, "the daemon to be gone", func() bool { _, err := Command("docker", "--host", e.host, "version"); return err != nil })
	a = there.Run(t, "tree", e.name, "--format", "json").WantStatus(t, 0).WantError(t, "no engine answers at "+e.host)
	wantRows(t, a.Rows(t), b, family)
}

func mustRead(t *testing.T, pid int) Process {
	t.Helper()
	p, ok := ReadProcess(pid)
	if !ok {
		t.Fatalf("no process %d", pid)
	}
	return p
}

// A fresh dockerd keeps images in containerd's image store, where an image's ID is a digest of
// its manifest. The helper's image is imported there, found again, and removed.
func TestHelperOfDockerOfToday(t *testing.T) {
	t.Parallel()
	e, _ := startDockerOfToday(t, `{}`)
	if driver := Docker(t, "--host", e.host, "info", "--format", "{{json .DriverStatus}}"); !strings.Contains(driver, "io.containerd.snapshotter.v1") {
		t.Fatalf("not containerd's image store: %s", driver)
	}
	family := below(t, mustRead(t, Atoi(e.hostPID)).PPID)
	first := e.pidns().Run(t, "tree", e.name, "--via", "helper", "--format", "json").WantStatus(t, 0).WantError(t, "imported the image docker-pidns-helper:")
	wantRows(t, first.Rows(t), e.box(), family)
	again := e.pidns().Run(t, "tree", e.name, "--via", "helper", "--format", "json").WantStatus(t, 0)
	if strings.Contains(again.Stderr, "imported") {
		t.Errorf("imported again:\n%s", again.Stderr)
	}
	e.pidns().Run(t, "helper", "rm").WantStatus(t, 0).Want(t, "removed image")
	if left := Docker(t, "--host", e.host, "images", "--all", "--format", "{{.Repository}}"); strings.Contains(left, "docker-pidns-helper") {
		t.Errorf("left: %s", left)
	}
}

// The containers of pods have the names of their pods, without an engine.
func TestPodsOfContainerd(t *testing.T) {
	for _, program := range []string{"containerd", "containerd-shim-runc-v2", "runc", "ctr", "crictl"} {
		wantBuilt(t, program)
	}
	c := startContainerd(t)
	pod := c.write("pod.json", `{"metadata":{"name":"web","namespace":"shop","uid":"u1","attempt":1},"log_directory":"`+c.dir+`","linux":{"security_context":{"namespace_options":{"network":2}}}}`)
	sandbox := c.crictl("runp", pod)
	t.Cleanup(func() { _, _ = c.try("crictl", "--config", c.file("crictl.yaml"), "rmp", "--force", sandbox) })
	app := c.write("app.json", `{"metadata":{"name":"app"},"image":{"image":"`+c.image+`"},"command":["/bin/sh","-c","export PATH=/bin; sleep 8888 & (exit 6) & exec sleep 7776"],"log_path":"app.log","linux":{"security_context":{"namespace_options":{"network":2,"pid":0}}}}`)
	id := c.crictl("create", sandbox, app, pod)
	c.crictl("start", id)
	var main Process
	Eventually(t, "its main process", func() bool {
		for _, p := range ProcessesOf(t, id) {
			if slices.Equal(p.Args, []string{"sleep", "7776"}) {
				main = p
			}
		}
		return main.PID != 0
	})
	none := func(args ...string) Answer { return PIDNS(t, append(args, "--engine", "none")...).WantStatus(t, 0) }
	wantPIDs(t, none("host-pid", "web/app"), main.PID)
	rows := none("tree", "web/app", "--format", "json").Rows(t)
	if r := RowOf(t, rows, main.PID); r.Role != "main" || r.Container != "web/app" || r.ContainerID != id {
		t.Errorf("its main process is %v", r)
	}
	for _, r := range nsRows(t, none("ns", "web/app", "--format", "json")) {
		if r.Type == "pid" && (Value(r.Owner) != "web/sandbox" || r.Verdict != "ok") {
			t.Errorf("its PID namespace is %+v", r)
		}
	}
	none("zombies", "web/app").Want(t, "1 zombie", "kubectl -n shop delete pod web")
	none("signals", "web/app").Want(t, "TERM 30s", "likely")
	none("limits", "web/sandbox").Want(t, "pids.max")
}

// containerdOfToday is a containerd with the CRI, in namespaces of mounts and network of its
// own.
type containerdOfToday struct {
	t          *testing.T
	dir, image string
	pid        int
}

func (c *containerdOfToday) file(name string) string { return filepath.Join(c.dir, name) }

func (c *containerdOfToday) write(name, text string) string {
	c.t.Helper()
	if err := os.WriteFile(c.file(name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return c.file(name)
}

// try runs a command in the namespaces of containerd.
func (c *containerdOfToday) try(words ...string) (string, error) {
	return Command("nsenter", append([]string{"--target", fmt.Sprint(c.pid), "--mount", "--net", "--"}, words...)...)
}

func (c *containerdOfToday) crictl(args ...string) string {
	c.t.Helper()
	out, err := c.try(append([]string{"crictl", "--config", c.file("crictl.yaml")}, args...)...)
	if err != nil {
		c.t.Fatalf("crictl %v: %v: %s", args, err, out)
	}
	lines := strings.Fields(out) // warnings come before the ID
	return lines[len(lines)-1]
}

// startContainerd starts containerd with the suite's image, which is that of sandboxes too: its
// own command sleeps.
func startContainerd(t *testing.T) *containerdOfToday {
	t.Helper()
	c := &containerdOfToday{t: t, dir: ShortDir(t), image: "docker.io/library/e2e-pod:1"}
	c.write("crictl.yaml", "runtime-endpoint: unix:///run/containerd/containerd.sock\nimage-endpoint: unix:///run/containerd/containerd.sock\ntimeout: 20\n")
	config := c.write("config.toml", `version = 3
root = "`+c.file("root")+`"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "`+c.image+`"
[plugins."io.containerd.cri.v1.runtime"]
  disable_apparmor = true
  restrict_oom_score_adj = true
`)
	c.saveImage("image.tar")
	const script = `mount --make-rprivate / && mkdir -p /run/containerd && mount -t tmpfs none /run/containerd && exec containerd --config "$0"`
	c.pid = stays(t, "unshare", "--mount", "--net", "sh", "-c", script, config)
	Eventually(t, "containerd to answer", func() bool { _, err := c.try("ctr", "version"); return err == nil })
	if out, err := c.try("ctr", "--namespace", "k8s.io", "images", "import", c.file("image.tar")); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return c
}

// saveImage writes the suite's image, with a command that sleeps, to a file.
func (c *containerdOfToday) saveImage(name string) {
	c.t.Helper()
	source, tag := "e2e-pod-"+Random(), "e2e-pod:1"
	Docker(c.t, "create", "--name", source, Suite.Image, "true")
	defer func() { _, _ = Command("docker", "rm", source) }()
	Docker(c.t, "commit", "--change", `ENTRYPOINT ["/bin/sleep","infinity"]`, "--change", "CMD []", source, tag)
	defer func() { _, _ = Command("docker", "rmi", tag) }()
	Docker(c.t, "save", "--output", c.file(name), tag)
}
