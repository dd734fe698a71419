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

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// otherEngine is a second engine. In a PID namespace of its own, its PIDs are those of other
// processes here, or of none.
type otherEngine struct {
	t    *testing.T
	host string
	// name and id are those of the container that runs there, and hostPID is the host PID that
	// this engine reports.
	name, ID, hostPID string
}

// startOtherEngine starts an engine that shares nothing with the first: its own namespaces of
// mounts and network (so docker0 is another one), a containerd, every folder, and the namespaces
// in further options of unshare(1).
func startOtherEngine(t *testing.T, unshare ...string) *otherEngine {
	t.Helper()
	return startDaemon(t, unshare, "true")
}

// startDaemon is startOtherEngine with a shell command that comes first in the namespaces, and
// further options of dockerd.
func startDaemon(t *testing.T, unshare []string, before string, options ...string) *otherEngine {
	t.Helper()
	dir := ShortDir(t)
	e := &otherEngine{t: t, host: "unix://" + filepath.Join(dir, "docker.sock"), name: "other-" + Random()}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	// A containerd of the system would run the containers, in the host's PID
	// namespace: dockerd starts its own where it finds none.
	script := `mount --make-rprivate / && { [ ! -d /run/containerd ] || mount -t tmpfs none /run/containerd; } && ` + before + ` && exec "$@"`
	words := append([]string{"--mount", "--net", "--fork", "--kill-child"}, unshare...)
	words = append(words, "sh", "-c", script, "sh", "dockerd", "--host", e.host, "--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"),
		"--pidfile", filepath.Join(dir, "pid"), "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--config-file", EmptyConfig(t, dir))
	words = append(words, options...)
	cmd := exec.Command("unshare", words...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.stop(cmd) })
	answers := func() bool { return exec.Command("docker", "--host", e.host, "version").Run() == nil }
	for until := time.Now().Add(2 * Deadline); !answers(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(until) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("the second engine does not answer:\n%s", text)
		}
	}
	e.runContainer()
	return e
}

var inOwnPIDNamespace = []string{"--pid", "--mount-proc"}

// stop ends the daemon cleanly, which unmounts what it mounted, and everything that is left of
// its namespace.
func (e *otherEngine) stop(cmd *exec.Cmd) {
	_, _ = Command("docker", "--host", e.host, "rm", "-f", e.name)
	for _, pid := range AllPIDs(e.t) {
		if p, ok := ReadProcess(pid); ok && p.PPID == cmd.Process.Pid {
			_ = syscall.Kill(p.PID, syscall.SIGTERM)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(Deadline):
		// unshare kills its child when it exits (--kill-child).
		_ = cmd.Process.Kill()
		<-ended
	}
}

// runContainer starts one container there, from the image of the first engine.
func (e *otherEngine) runContainer() {
	e.t.Helper()
	pass := fmt.Sprintf("docker image save %s | docker --host %s image load", Suite.Image, e.host)
	if out, err := Command("sh", "-c", pass); err != nil {
		e.t.Fatalf("%v: %s", err, out)
	}
	e.ID = Docker(e.t, "--host", e.host, "run", "-d", "--name", e.name, "--network", "none", Suite.Image, "sleep", "infinity")
	e.hostPID = Docker(e.t, "--host", e.host, "inspect", "--format", "{{.State.Pid}}", e.name)
}

// wantRefusals checks that no command writes a PID that could be another engine's.
func (e *otherEngine) wantRefusals(t *testing.T, c Call, texts ...string) {
	t.Helper()
	for _, args := range [][]string{
		{"tree"}, {"tree", e.name}, {"tree", e.ID, "--format", "json"},
		{"zombies"}, {"zombies", e.name}, {"zombies", "-q"},
		{"host-pid"}, {"host-pid", e.name}, {"host-pid", e.name, "1"}, {"host-pid", "-q"},
	} {
		c.Run(t, args...).WantStatus(t, 1).WantNothing(t).WantError(t, texts...)
	}
	c.Run(t, "zombies", "--exit-code", e.name).WantStatus(t, 4)
}

func TestEngineInAnotherPIDNamespace(t *testing.T) {
	t.Parallel()
	e := startOtherEngine(t, inOwnPIDNamespace...)
	there := Call{Env: []string{"DOCKER_HOST=" + e.host}}
	const remedy = "docker pidns"
	e.wantRefusals(t, there, e.name, "PID namespace", remedy)
	e.wantRefusals(t, Call{Through: []string{Suite.Plugin, "--host", e.host}}, e.name, "PID namespace", remedy)
	there.Run(t, "version").Want(t, "is not the engine's", "PID namespace")

	// A capture taken here has no binding of another engine's container either.
	path := filepath.Join(ShortDir(t), "capture")
	if a := there.Run(t, "snapshot", "-o", path); a.Status == 0 {
		e.wantRefusals(t, Call{Through: []string{"sh", "-c", "exec docker pidns \"$@\" --from " + path, "sh"}}, e.name, "PID namespace")
	}

	// A relay on this host does not change to which engine processes belong.
	relay := Call{Env: []string{"DOCKER_HOST=unix://" + serve(t, relayTo(strings.TrimPrefix(e.host, "unix://")))}}
	if a := relay.Run(t, "version"); regexp.MustCompile(`(?m)^/proc +is the engine's`).MatchString(a.Stdout) {
		t.Errorf("a relay proves nothing\n%s", a)
	}
	e.wantRefusals(t, relay, e.name, remedy)

	// From inside that namespace everything works.
	inside := Call{Through: []string{"nsenter", "--pid", "--mount", "--target", fmt.Sprint(daemonOf(t, e)), "docker", "pidns"}, Env: there.Env}
	if a := inside.Run(t, "host-pid", e.name); a.Status != 0 || strings.TrimSpace(a.Stdout) != e.hostPID {
		t.Errorf("want %s\n%s", e.hostPID, a)
	}
}

// By chance the other engine's PID can be that of a process in one of our containers. Here its
// namespace is made to count through the numbers of many of them.
func TestStrangersNumberIsOneOfOurs(t *testing.T) {
	t.Parallel()
	crowd := Run(t, "--", "sh", "-c", "for i in $(seq 400); do sleep 777 & done; wait")
	settled(t, crowd, 401)
	e := startOtherEngine(t, inOwnPIDNamespace...)
	there := Call{Env: []string{"DOCKER_HOST=" + e.host}}
	pids := slices.Sorted(maps.Keys(crowd.Processes()))
	// Some numbers between are those of other processes, so one try may miss.
	for at := 0; at < len(pids); at += 20 {
		count := fmt.Sprintf("echo %d >/proc/sys/kernel/ns_last_pid", pids[at])
		if out, err := Command("nsenter", "--pid", "--mount", "--target", fmt.Sprint(daemonOf(t, e)), "sh", "-c", count); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		Docker(t, "--host", e.host, "restart", "--time", "0", e.name)
		e.hostPID = Docker(t, "--host", e.host, "inspect", "--format", "{{.State.Pid}}", e.name)
		if HasID(Atoi(e.hostPID), crowd.ID) {
			e.wantRefusals(t, there, e.name, "PID namespace")
			relay := Call{Env: []string{"DOCKER_HOST=unix://" + serve(t, relayTo(strings.TrimPrefix(e.host, "unix://")))}}
			e.wantRefusals(t, relay, e.name, "does not have the container's ID in its cgroup")
			return
		}
	}
	t.Errorf("the engine's PIDs, at last %s, met none of %s", e.hostPID, crowd.Name)
}

// daemonOf is the host PID of the second daemon: the peer of its socket, known
// by its arguments.
func daemonOf(t *testing.T, e *otherEngine) int {
	t.Helper()
	for _, pid := range AllPIDs(t) {
		if p, ok := ReadProcess(pid); ok && p.Comm == "dockerd" && strings.Contains(strings.Join(p.Args, " "), e.host) {
			return pid
		}
	}
	t.Fatal("no second dockerd")
	return 0
}

// relayTo forwards each connection to another socket.
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

// A second engine on this host whose daemon is stopped and so never answers. It is proved to be
// here, so /proc answers for it as far as possible, by ID, and only for its containers.
func TestStoppedDaemon(t *testing.T) {
	t.Parallel()
	first := Run(t)
	e := startOtherEngine(t)
	there := Call{Env: []string{"DOCKER_HOST=" + e.host}}
	main := Atoi(e.hostPID)
	wantPIDs(t, there.Run(t, "host-pid", e.name).WantStatus(t, 0), main)
	Docker(t, "--host", e.host, "exec", e.name, "sh", "-c", "(sh -c 'exit 5') >/dev/null 2>&1 &")
	second := &Box{T: t, Name: e.name, ID: e.ID}
	zombie := onlyKey(t, second.Zombies(1))

	daemon := daemonOf(t, e)
	t.Cleanup(func() { _ = syscall.Kill(daemon, syscall.SIGCONT) })
	if err := syscall.Kill(daemon, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	silent := func(args ...string) Answer {
		return there.Run(t, append(args, "--timeout", "500ms")...).Within(t, 10*time.Second)
	}
	for _, ref := range []string{e.ID, e.ID[:12]} {
		wantPIDs(t, silent("host-pid", ref).WantStatus(t, 0).WantOneError(t, "did not answer"), main)
	}
	r := RowOf(t, silent("zombies", e.ID, "--format", "json").WantStatus(t, 0).WantError(t, "did not answer").Rows(t), zombie)
	if r.Cause != "init-does-not-reap" || r.ContainerID != e.ID || Value(r.ExitCode) != 5 {
		t.Errorf("verdict from /proc alone: %v", r)
	}
	// Its name is in the files that the engine has left on disk.
	wantPIDs(t, silent("host-pid", e.name).WantStatus(t, 0).WantOneError(t, "names are from the engine's files"), main)

	rows := silent("tree", "--format", "json").WantStatus(t, 0).WantError(t, "did not answer").Rows(t)
	RowOf(t, rows, main)
	RowOf(t, rows, zombie)
	for _, r := range rows {
		if r.ContainerID != e.ID {
			t.Errorf("a container of another engine, as %s is: %v", first.Name, r)
			break
		}
	}
	silent("tree", first.ID).WantStatus(t, 1).WantNothing(t)
}

// Through a relay the socket does not show the engine, but the containers' IDs in the cgroups
// do.
func TestRelayedEngine(t *testing.T) {
	t.Parallel()
	path, isUnix := strings.CutPrefix(Suite.Endpoint, "unix://")
	if !isUnix {
		t.Fatalf("these tests need an engine behind a unix socket, not %s", Suite.Endpoint)
	}
	b := Run(t)
	relay := Call{Env: []string{"DOCKER_HOST=unix://" + serve(t, relayTo(path))}}
	wantPIDs(t, relay.Run(t, "host-pid", b.Name).WantStatus(t, 0), b.PID())
	wantExactly(t, relay.Run(t, "tree", b.Name, "--format", "json").WantStatus(t, 0).Rows(t), b)
	relay.Run(t, "version").WantStatus(t, 0)
}

// The plugin in a PID namespace of its own, as in a container with the engine's socket: its
// /proc is not the engine's, unless the engine's is mounted too.
func TestPluginInAnotherPIDNamespace(t *testing.T) {
	t.Parallel()
	b := Run(t)
	inside := []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"}
	c := Call{Through: append(inside, "docker", "pidns")}
	for _, args := range [][]string{{"tree"}, {"tree", b.Name}, {"zombies"}, {"zombies", b.Name}, {"host-pid"}, {"host-pid", b.Name}, {"host-pid", b.Name, "1"}} {
		c.Run(t, args...).WantStatus(t, 1).WantNothing(t).WantError(t, "PID namespace", "--proc")
	}

	// This is the host's /proc, mounted elsewhere before there was another.
	dir := ShortDir(t)
	script := fmt.Sprintf(`mount --make-rprivate / && mount --bind /proc %[1]s && exec %[2]s docker pidns "$@" --proc %[1]s`, dir, strings.Join(inside, " "))
	c = Call{Through: []string{"unshare", "--mount", "sh", "-c", script, "sh"}}
	wantPIDs(t, c.Run(t, "host-pid", b.Name).WantStatus(t, 0), b.PID())
	wantExactly(t, c.Run(t, "tree", b.Name, "--format", "json").WantStatus(t, 0).Rows(t), b)
}
