//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// engine is one beside the suite's.
type engine struct {
	t    testing.TB
	host string
}

// docker runs a docker command there, which has to succeed.
func (e engine) docker(args ...string) string {
	e.t.Helper()
	return docker(e.t, append([]string{"--host", e.host}, args...)...)
}

// pidns is docker pidns asked of that engine.
func (e engine) pidns() call {
	return call{through: []string{"docker", "--host", e.host, "pidns"}}
}

// answers waits for the engine; log is shown if it never does.
func (e engine) answers(log string) {
	e.t.Helper()
	for until := time.Now().Add(2 * deadline); exec.Command("docker", "--host", e.host, "version").Run() != nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			text, _ := os.ReadFile(log)
			e.t.Fatalf("the engine at %s does not answer:\n%s", e.host, text)
		}
	}
}

// passImage gives it the suite's image.
func (e engine) passImage() {
	e.t.Helper()
	if out, err := command("sh", "-c", fmt.Sprintf("docker image save %s | docker --host %s image load", suite.image, e.host)); err != nil {
		e.t.Fatalf("%v: %s", err, out)
	}
}

// run starts a container there and removes it when the test ends: options of
// docker run, and behind "--" the command.
func (e engine) run(name string, args ...string) *box {
	e.t.Helper()
	at := slices.Index(args, "--")
	words := append([]string{"run", "-d", "--name", name}, args[:at]...)
	words = append(append(words, suite.image), args[at+1:]...)
	e.t.Cleanup(func() { _, _ = command("docker", "--host", e.host, "rm", "-f", name) })
	return &box{t: e.t, name: name, id: e.docker(words...)}
}

// pidOf is what that engine calls the container's host PID.
func (e engine) pidOf(b *box) int {
	e.t.Helper()
	return atoi(e.docker("inspect", "--format", "{{.State.Pid}}", b.id))
}

// oneOfEach is a command whose process leaves a child and a zombie alone.
var oneOfEach = []string{"sh", "-c", "sleep 8888 & (exit 6) & exec sleep infinity"}

// insideOf is docker pidns asked of the inner engine inside the outer container.
func insideOf(outer *box) call {
	return call{through: []string{"docker", "exec", outer.name, "/docker-pidns", "--host", "unix:///run/inner/docker.sock"}}
}

// startInnerEngine starts an engine in a container of the suite's engine, with
// the programs of this host. It may do what a privileged container may but for
// CAP_SYS_RESOURCE, which not every machine has to give.
func startInnerEngine(t *testing.T, options ...string) (*box, engine) {
	t.Helper()
	dir := shortDir(t)
	const script = `set -e
for d in /sys/fs/cgroup /sys/fs/cgroup/*; do
	mount -o remount,bind,rw "$d" 2>/dev/null || :
done
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
	# A group of version 2 that hands controllers down holds no process itself.
	mkdir -p /sys/fs/cgroup/init
	while read -r pid; do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs || :; done </sys/fs/cgroup/cgroup.procs
	sed -e 's/ / +/g' -e 's/^/+/' </sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control || :
fi
echo '{}' >/tmp/daemon.json
dockerd --host unix:///run/inner/docker.sock --config-file /tmp/daemon.json --storage-driver vfs \
	--bridge none --iptables=false --ip6tables=false >/run/inner/log 2>&1 &
wait`
	args := []string{
		"--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
		"--tmpfs", "/run", "--tmpfs", "/tmp", "-v", "/var/lib/docker", "-v", dir + ":/run/inner", "-v", suite.plugin + ":/docker-pidns:ro",
	}
	for _, path := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib64"} {
		if _, err := os.Stat(path); err == nil {
			args = append(args, "-v", path+":"+path+":ro")
		}
	}
	outer := run(t, append(append(args, options...), "--", "sh", "-c", script)...)
	e := engine{t: t, host: "unix://" + filepath.Join(dir, "docker.sock")}
	e.answers(filepath.Join(dir, "log"))
	e.passImage()
	return outer, e
}

// startRootlessEngine starts an engine as an ordinary user that it makes. as is
// what makes a command that user's.
func startRootlessEngine(t *testing.T) (e engine, as []string) {
	t.Helper()
	installRootlessKit(t)
	dir, name := shortDir(t), "e2e-"+random()
	who := makeUser(t, name, dir)
	e = engine{t: t, host: "unix://" + filepath.Join(dir, "docker.sock")}
	as = []string{"setpriv", "--reuid", who.Uid, "--regid", who.Gid, "--init-groups", "--inh-caps=-all", "env", "HOME=" + dir, "XDG_RUNTIME_DIR=" + dir}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	// What dockerd-rootless.sh does, but for the network: the engine is in
	// another one than the first, whose bridge it must not touch, and has none.
	const inside = `rm -f /run/docker /run/containerd /run/xtables.lock; exec "$@"`
	words := append([]string{"--net"}, as...)
	words = append(words, "rootlesskit", "--net=host", "--copy-up=/etc", "--copy-up=/run", "--propagation=rslave", "sh", "-c", inside, "sh",
		"dockerd", "--host", e.host, "--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"), "--pidfile", filepath.Join(dir, "pid"),
		"--config-file", emptyConfig(t, dir), "--storage-driver", "vfs", "--bridge", "none", "--iptables=false", "--ip6tables=false")
	if err := os.Chown(filepath.Join(dir, "daemon.json"), atoi(who.Uid), atoi(who.Gid)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", words...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endRootless(t, cmd, e) })
	e.answers(log.Name())
	e.passImage()
	return e, as
}

// installRootlessKit installs what a rootless engine needs beside dockerd.
func installRootlessKit(t *testing.T) {
	t.Helper()
	var missing []string
	for program, debian := range map[string]string{"rootlesskit": "rootlesskit", "newuidmap": "uidmap"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, debian)
		}
	}
	if len(missing) == 0 {
		return
	}
	if out, err := exec.Command("./engine.sh", append([]string{"install"}, missing...)...).CombinedOutput(); err != nil {
		t.Fatalf("install %v: %v\n%s", missing, err, out)
	}
}

// makeUser makes one with a range of subordinate IDs, whose home is dir.
func makeUser(t *testing.T, name, dir string) *user.User {
	t.Helper()
	if _, err := command("useradd", "--no-create-home", "--home-dir", dir, "--shell", "/bin/sh", name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := command("userdel", name); err != nil {
			t.Error(err)
		}
	})
	who, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, atoi(who.Uid), atoi(who.Gid)); err != nil {
		t.Fatal(err)
	}
	return who
}

// endRootless ends the daemon in good order, and with it rootlesskit, and then
// shims that are left, which name the daemon's folder.
func endRootless(t *testing.T, cmd *exec.Cmd, e engine) {
	for _, pid := range mentioning(t, "dockerd", e.host) {
		_ = syscall.Kill(pid, syscall.SIGTERM)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(deadline):
		_ = cmd.Process.Kill()
		<-ended
	}
	for _, pid := range mentioning(t, "containerd-shim", filepath.Dir(strings.TrimPrefix(e.host, "unix://"))) {
		kill(pid)
	}
}

// mentioning are the processes whose comm begins and whose command line
// mentions something.
func mentioning(t testing.TB, comm, text string) []int {
	t.Helper()
	var pids []int
	for _, pid := range allPIDs(t) {
		if p, ok := readProcess(pid); ok && strings.HasPrefix(p.comm, comm) && strings.Contains(strings.Join(p.args, " "), text) {
			pids = append(pids, pid)
		}
	}
	return pids
}
