//go:build e2e && linux

package e2e

import (
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// otherEngine is a second engine. In a PID namespace of its own its PIDs are
// numbers of other processes here, or of none.
type otherEngine struct {
	t    *testing.T
	host string
	// name and id are of the container that runs there, and hostPID is what
	// that engine calls its host PID.
	name, id, hostPID string
}

// startOtherEngine starts one that shares nothing with the first: namespaces
// of mounts and network (so docker0 is another one), a containerd, and every
// folder; and those that further options of unshare(1) name.
func startOtherEngine(t *testing.T, unshare ...string) *otherEngine {
	t.Helper()
	dir := shortDir(t)
	e := &otherEngine{t: t, host: "unix://" + filepath.Join(dir, "docker.sock"), name: "other-" + random()}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	// A containerd of the system would run the containers, in the host's PID
	// namespace: dockerd starts its own where it finds none.
	script := `mount --make-rprivate / && { [ ! -d /run/containerd ] || mount -t tmpfs none /run/containerd; } && exec "$@"`
	words := append([]string{"--mount", "--net", "--fork", "--kill-child"}, unshare...)
	words = append(words, "sh", "-c", script, "sh", "dockerd", "--host", e.host, "--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"),
		"--pidfile", filepath.Join(dir, "pid"), "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--config-file", emptyConfig(t, dir))
	cmd := exec.Command("unshare", words...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.stop(cmd) })
	answers := func() bool { return exec.Command("docker", "--host", e.host, "version").Run() == nil }
	for until := time.Now().Add(2 * deadline); !answers(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(until) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("the second engine does not answer:\n%s", text)
		}
	}
	e.runContainer()
	return e
}

var inOwnPIDNamespace = []string{"--pid", "--mount-proc"}

func emptyConfig(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "daemon.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// stop ends the daemon in good order, which unmounts what it mounted, and
// whatever is left of its namespace with it.
func (e *otherEngine) stop(cmd *exec.Cmd) {
	_, _ = command("docker", "--host", e.host, "rm", "-f", e.name)
	for _, pid := range allPIDs(e.t) {
		if p, ok := readProcess(pid); ok && p.ppid == cmd.Process.Pid {
			_ = syscall.Kill(p.pid, syscall.SIGTERM)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(deadline):
		// unshare takes its child with it (--kill-child).
		_ = cmd.Process.Kill()
		<-ended
	}
}

// runContainer starts one container there, from the image of the first engine.
func (e *otherEngine) runContainer() {
	e.t.Helper()
	pass := fmt.Sprintf("docker image save %s | docker --host %s image load", suite.image, e.host)
	if out, err := command("sh", "-c", pass); err != nil {
		e.t.Fatalf("%v: %s", err, out)
	}
	e.id = docker(e.t, "--host", e.host, "run", "-d", "--name", e.name, "--network", "none", suite.image, "sleep", "infinity")
	e.hostPID = docker(e.t, "--host", e.host, "inspect", "--format", "{{.State.Pid}}", e.name)
}

// wantRefusals checks that no command gives a PID that could be a stranger's.
func (e *otherEngine) wantRefusals(t *testing.T, c call, texts ...string) {
	t.Helper()
	for _, args := range [][]string{
		{"tree"}, {"tree", e.name}, {"tree", e.id, "--format", "json"},
		{"zombies"}, {"zombies", e.name}, {"zombies", "-q"},
		{"host-pid"}, {"host-pid", e.name}, {"host-pid", e.name, "1"}, {"host-pid", "-q"},
	} {
		c.run(t, args...).wantStatus(t, 1).wantNothing(t).wantError(t, texts...)
	}
	c.run(t, "zombies", "--exit-code", e.name).wantStatus(t, 4)
}

func TestEngineInAnotherPIDNamespace(t *testing.T) {
	t.Parallel()
	e := startOtherEngine(t, inOwnPIDNamespace...)
	there := call{env: []string{"DOCKER_HOST=" + e.host}}
	const remedy = "docker pidns"
	e.wantRefusals(t, there, e.name, "PID namespace", remedy)
	e.wantRefusals(t, call{through: []string{suite.plugin, "--host", e.host}}, e.name, "PID namespace", remedy)
	there.run(t, "version").want(t, "is not the engine's", "PID namespace")

	// A capture taken here holds no binding of a stranger either.
	path := filepath.Join(shortDir(t), "capture")
	if a := there.run(t, "snapshot", "-o", path); a.status == 0 {
		e.wantRefusals(t, call{through: []string{"sh", "-c", "exec docker pidns \"$@\" --from " + path, "sh"}}, e.name, "PID namespace")
	}

	// A relay on this host does not change whose processes they are.
	relay := call{env: []string{"DOCKER_HOST=unix://" + serve(t, relayTo(strings.TrimPrefix(e.host, "unix://")))}}
	if a := relay.run(t, "version"); regexp.MustCompile(`(?m)^/proc +is the engine's`).MatchString(a.stdout) {
		t.Errorf("a relay proves nothing\n%s", a)
	}
	e.wantRefusals(t, relay, e.name, remedy)

	// From inside that namespace all is well.
	inside := call{through: []string{"nsenter", "--pid", "--mount", "--target", fmt.Sprint(daemonOf(t, e)), "docker", "pidns"}, env: there.env}
	if a := inside.run(t, "host-pid", e.name); a.status != 0 || strings.TrimSpace(a.stdout) != e.hostPID {
		t.Errorf("want %s\n%s", e.hostPID, a)
	}
}

// By chance the other engine's number is that of a process of a container of
// ours. Here chance is helped along: its namespace is told to go on counting
// in the midst of many of them.
func TestStrangersNumberIsOneOfOurs(t *testing.T) {
	t.Parallel()
	crowd := run(t, "--", "sh", "-c", "for i in $(seq 400); do sleep 777 & done; wait")
	settled(t, crowd, 401)
	e := startOtherEngine(t, inOwnPIDNamespace...)
	there := call{env: []string{"DOCKER_HOST=" + e.host}}
	pids := slices.Sorted(maps.Keys(crowd.processes()))
	// Some numbers between are others', so one try may miss.
	for at := 0; at < len(pids); at += 20 {
		count := fmt.Sprintf("echo %d >/proc/sys/kernel/ns_last_pid", pids[at])
		if out, err := command("nsenter", "--pid", "--mount", "--target", fmt.Sprint(daemonOf(t, e)), "sh", "-c", count); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		docker(t, "--host", e.host, "restart", "--time", "0", e.name)
		e.hostPID = docker(t, "--host", e.host, "inspect", "--format", "{{.State.Pid}}", e.name)
		if hasID(atoi(e.hostPID), crowd.id) {
			e.wantRefusals(t, there, e.name, "PID namespace")
			relay := call{env: []string{"DOCKER_HOST=unix://" + serve(t, relayTo(strings.TrimPrefix(e.host, "unix://")))}}
			e.wantRefusals(t, relay, e.name, "has not its ID in its cgroup")
			return
		}
	}
	t.Errorf("the engine's PIDs, at last %s, met none of %s", e.hostPID, crowd.name)
}

// daemonOf is the host PID of the second daemon: the peer of its socket, known
// by its arguments.
func daemonOf(t *testing.T, e *otherEngine) int {
	t.Helper()
	for _, pid := range allPIDs(t) {
		if p, ok := readProcess(pid); ok && p.comm == "dockerd" && strings.Contains(strings.Join(p.args, " "), e.host) {
			return pid
		}
	}
	t.Fatal("no second dockerd")
	return 0
}

// relayTo passes each connection on to another socket.
func relayTo(path string) func(io.ReadWriteCloser) {
	return func(conn io.ReadWriteCloser) {
		defer func() { _ = conn.Close() }()
		engine, err := net.Dial("unix", path)
		if err != nil {
			return
		}
		defer func() { _ = engine.Close() }()
		done := make(chan struct{}, 2)
		for _, pair := range [][2]io.ReadWriter{{conn, engine}, {engine, conn}} {
			go func() {
				_, _ = io.Copy(pair[0], pair[1])
				done <- struct{}{}
			}()
		}
		<-done
	}
}

// A second engine on this host, whose daemon is stopped and so never answers:
// it is proved to be here, so /proc answers for it what it can, by ID, and for
// its containers alone.
func TestStoppedDaemon(t *testing.T) {
	t.Parallel()
	first := run(t)
	e := startOtherEngine(t)
	there := call{env: []string{"DOCKER_HOST=" + e.host}}
	main := atoi(e.hostPID)
	wantPIDs(t, there.run(t, "host-pid", e.name).wantStatus(t, 0), main)
	docker(t, "--host", e.host, "exec", e.name, "sh", "-c", "(sh -c 'exit 5') >/dev/null 2>&1 &")
	second := &box{t: t, name: e.name, id: e.id}
	zombie := onlyKey(t, second.zombies(1))

	daemon := daemonOf(t, e)
	t.Cleanup(func() { _ = syscall.Kill(daemon, syscall.SIGCONT) })
	if err := syscall.Kill(daemon, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	silent := func(args ...string) answer {
		return there.run(t, append(args, "--timeout", "500ms")...).within(t, 10*time.Second)
	}
	for _, ref := range []string{e.id, e.id[:12]} {
		wantPIDs(t, silent("host-pid", ref).wantStatus(t, 0).wantOneError(t, "did not answer"), main)
	}
	r := rowOf(t, silent("zombies", e.id, "--format", "json").wantStatus(t, 0).wantError(t, "did not answer").rows(t), zombie)
	if r.Cause != "init-does-not-reap" || r.ContainerID != e.id || value(r.ExitCode) != 5 {
		t.Errorf("verdict from /proc alone: %v", r)
	}
	// Names are the engine's alone.
	silent("host-pid", e.name).wantStatus(t, 1).wantNothing(t).wantError(t, e.name, "does not answer")

	rows := silent("tree", "--format", "json").wantStatus(t, 0).wantError(t, "did not answer").rows(t)
	rowOf(t, rows, main)
	rowOf(t, rows, zombie)
	for _, r := range rows {
		if r.ContainerID != e.id {
			t.Errorf("a container of another engine, as %s is: %v", first.name, r)
			break
		}
	}
	silent("tree", first.id).wantStatus(t, 1).wantNothing(t)
}

// Behind a relay the socket does not tell whose it is, but the containers' IDs
// in the cgroups do.
func TestRelayedEngine(t *testing.T) {
	t.Parallel()
	path, isUnix := strings.CutPrefix(suite.endpoint, "unix://")
	if !isUnix {
		t.Fatalf("these tests need an engine behind a unix socket, not %s", suite.endpoint)
	}
	b := run(t)
	relay := call{env: []string{"DOCKER_HOST=unix://" + serve(t, relayTo(path))}}
	wantPIDs(t, relay.run(t, "host-pid", b.name).wantStatus(t, 0), b.pid())
	wantExactly(t, relay.run(t, "tree", b.name, "--format", "json").wantStatus(t, 0).rows(t), b)
	relay.run(t, "version").wantStatus(t, 0)
}

// The plugin in a PID namespace of its own, as in a container that has the
// engine's socket mounted: its /proc is not the engine's, unless it has that
// mounted too.
func TestPluginInAnotherPIDNamespace(t *testing.T) {
	t.Parallel()
	b := run(t)
	inside := []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"}
	c := call{through: append(inside, "docker", "pidns")}
	for _, args := range [][]string{{"tree"}, {"tree", b.name}, {"zombies"}, {"zombies", b.name}, {"host-pid"}, {"host-pid", b.name}, {"host-pid", b.name, "1"}} {
		c.run(t, args...).wantStatus(t, 1).wantNothing(t).wantError(t, "PID namespace", "--proc")
	}

	// The host's /proc, mounted elsewhere before there was another.
	dir := shortDir(t)
	script := fmt.Sprintf(`mount --make-rprivate / && mount --bind /proc %[1]s && exec %[2]s docker pidns "$@" --proc %[1]s`, dir, strings.Join(inside, " "))
	c = call{through: []string{"unshare", "--mount", "sh", "-c", script, "sh"}}
	wantPIDs(t, c.run(t, "host-pid", b.name).wantStatus(t, 0), b.pid())
	wantExactly(t, c.run(t, "tree", b.name, "--format", "json").wantStatus(t, 0).rows(t), b)
}
