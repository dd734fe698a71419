//go:build e2e && reach && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// swarmNode is an engine in namespaces of its own, with a network to another one. Its /proc shows
// only its own processes, as that of another host does.
type swarmNode struct {
	t             *testing.T
	name, address string
	// host is its endpoint.
	host string
}

// docker runs a docker command on the node, and returns what it prints.
func (n swarmNode) docker(args ...string) string {
	n.t.Helper()
	return Docker(n.t, append([]string{"--host", n.host}, args...)...)
}

// pidns is docker pidns for the node's engine.
func (n swarmNode) pidns() Call { return Call{Env: []string{"DOCKER_HOST=" + n.host}} }

// startNode starts a node whose end of a link has a name and an address.
func startNode(t *testing.T, name, link, address string) swarmNode {
	t.Helper()
	dir := ShortDir(t)
	n := swarmNode{t: t, name: name, address: address, host: "unix://" + filepath.Join(dir, "docker.sock")}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`mount --make-rprivate / && { [ ! -d /run/containerd ] || mount -t tmpfs none /run/containerd; } && hostname %[1]s && ip link set lo up &&
		ip link set %[2]s up && ip addr add %[3]s/24 dev %[2]s && exec "$@"`, name, link, address)
	words := []string{
		"--net=/run/netns/" + link, "unshare", "--mount", "--uts", "--pid", "--mount-proc", "--fork", "--kill-child", "sh", "-c", script, "sh",
		"dockerd", "--host", n.host, "--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"), "--pidfile", filepath.Join(dir, "pid"),
		"--iptables=false", "--ip6tables=false", "--ip-masq=false", "--config-file", EmptyConfig(t, dir),
	}
	cmd := exec.Command("nsenter", words...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { (&otherEngine{t: t, host: n.host, name: "nobody"}).stop(cmd) })
	for until := time.Now().Add(2 * Deadline); exec.Command("docker", "--host", n.host, "version").Run() != nil; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(until) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("the engine of the node does not answer:\n%s", text)
		}
	}
	pass := fmt.Sprintf("docker image save %s | docker --host %s image load", Suite.Image, n.host)
	if out, err := Command("sh", "-c", pass); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return n
}

// startSwarm starts two nodes with a link between them. The first is the manager.
func startSwarm(t *testing.T) (manager, worker swarmNode) {
	t.Helper()
	links := []string{"swa" + Random()[:6], "swb" + Random()[:6]}
	run := func(words ...string) {
		t.Helper()
		if out, err := Command(words[0], words[1:]...); err != nil {
			t.Fatalf("%v: %v: %s", words, err, out)
		}
	}
	run("ip", "link", "add", links[0], "type", "veth", "peer", "name", links[1])
	t.Cleanup(func() { _, _ = Command("ip", "link", "del", links[0]) }) // in case it was not moved
	for _, link := range links {
		run("ip", "netns", "add", link)
		t.Cleanup(func() { _, _ = Command("ip", "netns", "del", link) })
		run("ip", "link", "set", link, "netns", link)
	}
	manager, worker = startNode(t, "manager", links[0], "10.123.7.1"), startNode(t, "worker", links[1], "10.123.7.2")
	manager.docker("swarm", "init", "--advertise-addr", manager.address)
	worker.docker("swarm", "join", "--token", manager.docker("swarm", "join-token", "--quiet", "worker"), "--advertise-addr", worker.address, manager.address+":2377")
	t.Cleanup(func() {
		_, _ = Command("docker", "--host", manager.host, "service", "rm", "web")
		_, _ = Command("docker", "--host", worker.host, "swarm", "leave", "--force")
		_, _ = Command("docker", "--host", manager.host, "swarm", "leave", "--force")
	})
	return manager, worker
}

// wantNothingLeft waits until no node has a service or container of helpers.
func wantNothingLeft(t *testing.T, manager swarmNode, nodes ...swarmNode) {
	t.Helper()
	if left := manager.docker("service", "ls", "--quiet", "--filter", "label=docker-pidns.helper"); left != "" {
		t.Errorf("services are left: %s", left)
	}
	Eventually(t, "the helpers' containers to be removed", func() bool {
		for _, n := range nodes {
			if n.docker("ps", "--all", "--quiet", "--filter", "label=docker-pidns.helper") != "" {
				return false
			}
		}
		return true
	})
}

// swarmRow is what the rows of a Swarm have.
type swarmRow struct {
	Host, Container string
	HostPID         int
}

// On a real Swarm every node answers with its own host PIDs, tasks have the names of docker
// service ps, nodes that cannot answer are named, and nothing is left.
func TestSwarmNodes(t *testing.T) {
	manager, worker := startSwarm(t)
	t.Cleanup(func() { _, _ = Command("docker", "--host", worker.host, "rm", "-f", "alone") })
	worker.pidns().Run(t, "tree", "--swarm").WantStatus(t, 1).WantNothing(t).WantOneError(t, "is a worker of a Swarm", "ask the engine of the manager 10.123.7.1")
	PIDNS(t, "tree", "--swarm").WantStatus(t, 1).WantNothing(t).WantOneError(t, "is not in a Swarm")
	manager.pidns().Run(t, "tree", "--swarm").WantStatus(t, 1).
		WantError(t, "worker: the node does not have the helper's image", "docker pidns helper image save --architecture", "| ssh worker docker image load")
	wantNothingLeft(t, manager, manager, worker)

	worker.pidns().Run(t, "helper", "image", "load").WantStatus(t, 0).Want(t, "loaded docker-pidns-helper:")
	manager.docker("service", "create", "--quiet", "--detach", "--no-resolve-image", "--name", "web", "--mode", "global", Suite.Image, "sh", "-c", "(exit 6) & exec sleep 8888")
	worker.docker("run", "-d", "--name", "alone", "--network", "none", Suite.Image, "sleep", "7777")
	Eventually(t, "the tasks to run", func() bool {
		return strings.Count(manager.docker("service", "ps", "--format", "{{.CurrentState}}", "web"), "Running") == 2
	})
	rows := Decoded[swarmRow](t, manager.pidns().Run(t, "host-pid", "--swarm", "--format", "json").WantStatus(t, 0))
	want := map[string]string{}
	for _, n := range []swarmNode{manager, worker} {
		for _, line := range strings.Fields(n.docker("ps", "--quiet", "--filter", "name=web", "--filter", "name=alone")) {
			fields := strings.Fields(n.docker("inspect", "--format", `{{.State.Pid}} {{or (index .Config.Labels "com.docker.swarm.task.name") .Name}}`, line))
			name := strings.TrimPrefix(fields[1], "/")
			if task, is := strings.CutPrefix(name, "web."); is {
				name = "web." + task[:strings.LastIndexByte(task, '.')]
			}
			want[n.name+" "+name] = fields[0]
		}
	}
	got := map[string]string{}
	for _, row := range rows {
		got[row.Host+" "+row.Container] = strconv.Itoa(row.HostPID)
	}
	if len(got) != 3 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	manager.pidns().Run(t, "zombies", "--swarm").WantStatus(t, 0).Want(t, "manager", "worker", "exit 6", "2 zombies")
	for _, command := range []string{"tree", "ns", "signals", "limits", "doctor"} {
		manager.pidns().Run(t, command, "--swarm").WantStatus(t, 0).Want(t, "manager", "worker", "alone")
	}
	manager.pidns().Run(t, "explain", "alone", "--swarm").WantStatus(t, 0).Want(t, "worker/alone  ", "sleep")
	wantNothingLeft(t, manager, manager, worker)

	node := manager.docker("node", "ls", "--quiet", "--filter", "name=worker")
	manager.docker("node", "update", "--availability", "drain", node)
	manager.pidns().Run(t, "host-pid", "--swarm").WantStatus(t, 1).Want(t, "manager").WantError(t, "worker: the node is drained")
	manager.docker("node", "update", "--availability", "active", node)
}

// An interrupted command removes what it has started. What a killed one leaves, a later one
// removes.
func TestSwarmInterrupted(t *testing.T) {
	manager, worker := startSwarm(t)
	worker.pidns().Run(t, "helper", "image", "load").WantStatus(t, 0)
	begin := func(options ...string) *exec.Cmd {
		t.Helper()
		cmd := exec.Command(Suite.Plugin, append([]string{"--host", manager.host, "zombies", "--swarm"}, options...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		Eventually(t, "the service", func() bool {
			return manager.docker("service", "ls", "--quiet", "--filter", "label=docker-pidns.helper") != ""
		})
		return cmd
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd := begin("--settle", "20s")
		_ = cmd.Process.Signal(signal)
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 130 {
			t.Errorf("%v: got %v", signal, err)
		}
		wantNothingLeft(t, manager, manager, worker)
	}
	cmd := begin("--settle", "2s", "--timeout", "1s")
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	Eventually(t, "the killed command's service to be removed by another", func() bool {
		manager.pidns().Run(t, "host-pid", "--swarm")
		return manager.docker("service", "ls", "--quiet", "--filter", "label=docker-pidns.helper") == ""
	})
	wantNothingLeft(t, manager, manager, worker)
}
