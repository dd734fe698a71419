//go:build e2e && linux

package e2e

import (
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// swarmTasks starts an engine that is a Swarm by itself, with one service, and returns how its
// tasks are listed.
func swarmTasks(t *testing.T, command ...string) (outer *Box, e Engine, tasks func() []string) {
	t.Helper()
	outer, e = StartInnerEngine(t)
	e.Docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")
	words := []string{"service", "create", "--detach", "--name", "web", "--network", "host", "--stop-grace-period", "2s", Suite.Image}
	e.Docker(append(words, command...)...)
	tasks = func() []string {
		return strings.Fields(e.Docker("ps", "--format", "{{.Names}}", "--filter", "label=com.docker.swarm.service.name=web"))
	}
	Eventually(t, "a task", func() bool { return len(tasks()) == 1 })
	return outer, e, tasks
}

// For a Swarm task, neither a restart nor an update of the task alone is recommended. What is
// recommended instead works.
func TestSwarm(t *testing.T) {
	t.Parallel()
	outer, e, tasks := swarmTasks(t, OneOfEach...)
	inside := InsideOf(outer)
	first := tasks()[0]
	Eventually(t, "its zombie", func() bool { return strings.Contains(inside.Run(t, "zombies").Stdout, "1 zombie") })
	inside.Run(t, "zombies").Want(t, "docker service update --force web").WantNoWordOf(t, "docker restart")
	inside.Run(t, "signals").Want(t, "docker service update --init web")
	inside.Run(t, "explain", first).Want(t, "service web (Swarm)")

	e.Docker("service", "update", "--init", "web")
	Eventually(t, "another task in its place", func() bool { list := tasks(); return len(list) == 1 && list[0] != first })
	second := tasks()[0]
	inside.Run(t, "signals", second).Want(t, "stop it").WantNoWordOf(t, "--init")

	e.Docker("kill", second)
	Eventually(t, "a third", func() bool { list := tasks(); return len(list) == 1 && list[0] != second })
	inside.Run(t, "explain", second).Want(t, "service web (Swarm) decides what replaces it", "docker service ps --no-trunc web")
}

// A container that joined the network of a compose service that was created anew has lost it.
// The compose command that gives it the new one is reported.
func TestOwnerCreatedAnew(t *testing.T) {
	t.Parallel()
	project := "e2e" + Random()
	of := func(service string, more ...string) []string {
		return append([]string{"--label", "com.docker.compose.project=" + project, "--label", "com.docker.compose.service=" + service,
			"--label", "com.docker.compose.project.working_dir=/srv/" + project, "--label", "com.docker.compose.project.config_files=/srv/" + project + "/compose.yaml"}, more...)
	}
	sleeps := []string{"--", "sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"}
	vpn := MakeBox(t, "run", append(of("vpn", "-d"), sleeps...))
	app := MakeBox(t, "run", append(of("app", "-d", "--label", "com.docker.compose.depends_on=vpn:service_started:false", "--network", "container:"+vpn.Name), sleeps...))
	Ask(t, "doctor", "--rule", "owner-gone", app.Name).WantNoWordOf(t, "owner-gone")

	Docker(t, "stop", "-t", "1", vpn.Name)
	Ask(t, "doctor", "--rule", "owner-gone", app.Name).Want(t, "1 error", "has lost its interfaces", "docker start "+vpn.Name)
	Docker(t, "rm", vpn.Name)
	next := MakeBox(t, "run", append(of("vpn", "-d"), sleeps...))
	Ask(t, "doctor", "--rule", "owner-gone", app.Name).Want(t, "has lost its interfaces", next.Name+" has replaced",
		"docker compose -f /srv/"+project+"/compose.yaml up -d --force-recreate app")
	PIDNS(t, "doctor", "--rule", "owner-gone", "--fail-on", "error", app.Name).WantStatus(t, 3)
	if devices := Docker(t, "exec", app.Name, "cat", "/proc/net/dev"); strings.Contains(devices, "eth0") || !strings.Contains(devices, "lo:") {
		t.Errorf("its interfaces are\n%s", devices)
	}
}
