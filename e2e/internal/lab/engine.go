//go:build e2e && linux

package lab

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

// Engine is an engine in addition to the suite's.
type Engine struct {
	T    testing.TB
	Host string
}

// Docker runs a Docker command there, which must succeed.
func (e Engine) Docker(args ...string) string {
	e.T.Helper()
	return Docker(e.T, append([]string{"--host", e.Host}, args...)...)
}

// PIDNS is docker pidns for that engine.
func (e Engine) PIDNS() Call {
	return Call{Through: []string{"docker", "--host", e.Host, "pidns"}}
}

// answers waits until the engine answers. log is shown if it never does.
func (e Engine) answers(log string) {
	e.T.Helper()
	for until := time.Now().Add(2 * Deadline); exec.Command("docker", "--host", e.Host, "version").Run() != nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			text, _ := os.ReadFile(log)
			e.T.Fatalf("the engine at %s does not answer:\n%s", e.Host, text)
		}
	}
}

// passImage loads the suite's image into the engine.
func (e Engine) passImage() {
	e.T.Helper()
	if out, err := Command("sh", "-c", fmt.Sprintf("docker image save %s | docker --host %s image load", Suite.Image, e.Host)); err != nil {
		e.T.Fatalf("%v: %s", err, out)
	}
}

// Run starts a container there and removes it when the test ends. The arguments are options of
// docker run, then "--", then the command.
func (e Engine) Run(name string, args ...string) *Box {
	e.T.Helper()
	at := slices.Index(args, "--")
	words := append([]string{"run", "-d", "--name", name}, args[:at]...)
	words = append(append(words, Suite.Image), args[at+1:]...)
	e.T.Cleanup(func() { _, _ = Command("docker", "--host", e.Host, "rm", "-f", name) })
	return &Box{T: e.T, Name: name, ID: e.Docker(words...)}
}

// PIDOf is the container's host PID according to that engine.
func (e Engine) PIDOf(b *Box) int {
	e.T.Helper()
	return Atoi(e.Docker("inspect", "--format", "{{.State.Pid}}", b.ID))
}

// OneOfEach is a command whose process ignores a child and a zombie.
var OneOfEach = []string{"sh", "-c", "sleep 8888 & (exit 6) & exec sleep infinity"}

// InsideOf is docker pidns for the inner engine, run inside the outer container.
func InsideOf(outer *Box) Call {
	return Call{Through: []string{"docker", "exec", outer.Name, "/docker-pidns", "--host", "unix:///run/inner/docker.sock"}}
}

// StartInnerEngine starts an engine in a container of the suite's engine, with the programs of
// this host. It has the rights of a privileged container except CAP_SYS_RESOURCE, which not
// every machine can give.
func StartInnerEngine(t *testing.T, options ...string) (*Box, Engine) {
	t.Helper()
	dir := ShortDir(t)
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
		"--tmpfs", "/run", "--tmpfs", "/tmp", "-v", "/var/lib/docker", "-v", dir + ":/run/inner", "-v", Suite.Plugin + ":/docker-pidns:ro",
	}
	for _, path := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib64"} {
		if _, err := os.Stat(path); err == nil {
			args = append(args, "-v", path+":"+path+":ro")
		}
	}
	outer := Run(t, append(append(args, options...), "--", "sh", "-c", script)...)
	e := Engine{T: t, Host: "unix://" + filepath.Join(dir, "docker.sock")}
	e.answers(filepath.Join(dir, "log"))
	e.passImage()
	return outer, e
}

// StartRootlessEngine creates an ordinary user and starts an engine as that user. as is the
// beginning of a command line that runs as that user.
func StartRootlessEngine(t *testing.T) (e Engine, as []string) {
	t.Helper()
	installRootlessKit(t)
	dir, name := ShortDir(t), "e2e-"+Random()
	who := makeUser(t, name, dir)
	e = Engine{T: t, Host: "unix://" + filepath.Join(dir, "docker.sock")}
	as = []string{"setpriv", "--reuid", who.Uid, "--regid", who.Gid, "--init-groups", "--inh-caps=-all", "env", "HOME=" + dir, "XDG_RUNTIME_DIR=" + dir}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	// What dockerd-rootless.sh does, except for the network. The engine has a network namespace
	// of its own without a network, because it must not change the bridge of the first engine.
	const inside = `rm -f /run/docker /run/containerd /run/xtables.lock; exec "$@"`
	words := append([]string{"--net"}, as...)
	words = append(words, "rootlesskit", "--net=host", "--copy-up=/etc", "--copy-up=/run", "--propagation=rslave", "sh", "-c", inside, "sh",
		"dockerd", "--host", e.Host, "--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"), "--pidfile", filepath.Join(dir, "pid"),
		"--config-file", EmptyConfig(t, dir), "--storage-driver", "vfs", "--bridge", "none", "--iptables=false", "--ip6tables=false")
	if err := os.Chown(filepath.Join(dir, "daemon.json"), Atoi(who.Uid), Atoi(who.Gid)); err != nil {
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

// installRootlessKit installs what a rootless engine needs in addition to dockerd.
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
	if out, err := exec.Command("./script/engine.sh", append([]string{"install"}, missing...)...).CombinedOutput(); err != nil {
		t.Fatalf("install %v: %v\n%s", missing, err, out)
	}
}

// makeUser creates a user with a range of subordinate IDs and the home folder dir.
func makeUser(t *testing.T, name, dir string) *user.User {
	t.Helper()
	if _, err := Command("useradd", "--no-create-home", "--home-dir", dir, "--shell", "/bin/sh", name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := Command("userdel", name); err != nil {
			t.Error(err)
		}
	})
	who, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, Atoi(who.Uid), Atoi(who.Gid)); err != nil {
		t.Fatal(err)
	}
	return who
}

// endRootless stops the daemon, and so rootlesskit. Then it ends the remaining shims, whose
// arguments name the daemon's folder.
func endRootless(t *testing.T, cmd *exec.Cmd, e Engine) {
	for _, pid := range Mentioning(t, "dockerd", e.Host) {
		_ = syscall.Kill(pid, syscall.SIGTERM)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(Deadline):
		_ = cmd.Process.Kill()
		<-ended
	}
	for _, pid := range Mentioning(t, "containerd-shim", filepath.Dir(strings.TrimPrefix(e.Host, "unix://"))) {
		Kill(pid)
	}
}

// Mentioning are the processes whose comm begins with comm and whose command line contains
// text.
func Mentioning(t testing.TB, comm, text string) []int {
	t.Helper()
	var pids []int
	for _, pid := range AllPIDs(t) {
		if p, ok := ReadProcess(pid); ok && strings.HasPrefix(p.Comm, comm) && strings.Contains(strings.Join(p.Args, " "), text) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// ShortDir is a temporary folder whose path is short enough for a socket.
func ShortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Dir(Suite.dockerConfig), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// EmptyConfig is a daemon.json that sets nothing, so that the host's is not read.
func EmptyConfig(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "daemon.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
