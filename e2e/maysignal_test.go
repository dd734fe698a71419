//go:build e2e && linux

package e2e

import (
	"strings"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// An init that may not signal its program: tini exits at once, and the program with it, as
// predicted. With CAP_KILL the program receives the signal.
func TestForecastWithoutRights(t *testing.T) {
	t.Parallel()
	sick := ready(t, "sleep 941", []string{"--init", "--cap-drop", "KILL"}, "workload", "as", "65534", "sleep", "941")
	if f := forecastOf(t, sick); f.Forecast != "handled" || !strings.Contains(strings.Join(f.Evidence, " "), "may not send SIGTERM to sleep") {
		t.Errorf("got %+v", f)
	}
	if took, exit := stop(sick); exit != 1 || took > time.Second {
		t.Errorf("docker stop took %s with exit code %d, want 1", took, exit)
	}
	well := ready(t, "sleep 942", []string{"--init", "--cap-add", "KILL"}, "workload", "as", "65534", "sleep", "942")
	if _, exit := stop(well); exit != 143 {
		t.Errorf("with CAP_KILL it exits with %d, want 143", exit)
	}
}

// The predicted effect of docker exec with kill -9 on a main process that is not an init depends
// on the rights of docker exec, and is correct.
func TestKillByExec(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	joined := func(options ...string) *Box {
		return ready(t, "sleep 943", append(options, "--pid", "container:"+owner.Name), "workload", "as", "65534", "sleep", "943")
	}
	b := joined("--cap-drop", "KILL")
	said := Ask(t, "signals", b.Name).Stdout
	said = strings.Join(strings.Fields(said), " ")
	if !strings.Contains(said, "is refused (Operation not permitted)") || !strings.Contains(said, "docker exec -u 65534 "+b.Name+" kill -9 ") {
		t.Errorf("got %s", said)
	}
	_, refused, _ := strings.Cut(said, "docker exec "+b.Name+" kill -9 ")
	pid, _, _ := strings.Cut(refused, " ")
	if out, err := Command("docker", "exec", b.Name, "kill", "-9", pid); err == nil || b.Inspect("{{.State.Running}}") != "true" {
		t.Errorf("docker exec kill -9 %s was not refused: %s", pid, out)
	}
	// Detached, because the engine may not report a session that ends with its container.
	Docker(t, "exec", "-d", "-u", "65534", b.Name, "kill", "-9", pid)
	b.Ended()
	if other := joined(); strings.Contains(Ask(t, "signals", other.Name).Stdout, "is refused") {
		t.Error("with CAP_KILL it is not refused")
	}
}

// A grace period that the engine cannot count has no effect, as reported.
func TestForecastOfAnOverflow(t *testing.T) {
	t.Parallel()
	b := Run(t, "--stop-timeout", "9223372037", "--", "sleep", "944")
	f := forecastOf(t, b)
	if f.Forecast != "unknown" || !strings.Contains(strings.Join(f.Evidence, " "), "more seconds than the engine can count") {
		t.Errorf("got %+v", f)
	}
	if took, exit := stop(b); exit != 137 || took > 5*time.Second {
		t.Errorf("docker stop took %s with exit code %d", took, exit)
	}
}

// Killing a parent is not recommended if its zombies would be reparented to a PID 1 that does
// not reap.
func TestNowIsAForecast(t *testing.T) {
	t.Parallel()
	b := ready(t, "workload never-waits 0", nil, "sh", "-c", "workload never-waits 0 & exec sleep 945")
	b.Zombies(1)
	said := Ask(t, "zombies", b.Name).Stdout
	if !strings.Contains(said, "docker restart "+b.Name) || strings.Contains(said, "kill ") {
		t.Errorf("got %s", said)
	}
	reaping := ready(t, "workload never-waits 0", withInit, "sh", "-c", "workload never-waits 0 & exec sleep 946")
	reaping.Zombies(1)
	if said := Ask(t, "zombies", reaping.Name).Stdout; !strings.Contains(said, "kill ") || !strings.Contains(said, "which reaps") {
		t.Errorf("got %s", said)
	}
}
