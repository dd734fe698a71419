//go:build e2e && linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// metric is a line of Prometheus' text format about a container: a name behind
// pidns_container_, further labels as they are sorted, and the value.
func metric(b *Box, name, labels, value string) string {
	before, after, _ := strings.Cut(labels, "|")
	return "pidns_container_" + name + "{" + before + `id="` + b.ID + `",name="` + b.Name + `"` + after + "} " + value + "\n"
}

// What is measured is what the kernel and the other commands show.
func TestMetrics(t *testing.T) {
	t.Parallel()
	leaks := Run(t, "--pids-limit", "40", "--label", "pidns.grace")
	leaks.Leave("exit 0")
	leaks.Leave("exit 7")
	leaks.Zombies(2)
	reaps := Run(t, "--init")
	text := Ask(t, "metrics", "--format", "text").Stdout
	for _, line := range []string{
		metric(leaks, "zombies", `|,reaper="pid1"`, "2"), metric(leaks, "zombies", `|,reaper="other"`, "0"),
		metric(leaks, "processes", "", "1"), metric(leaks, "pids", "", "3"), metric(leaks, "pids_limit", "", "40"),
		metric(leaks, "fork_failures_total", "", "0"), metric(leaks, "grace_wanted", "", "1"),
		metric(leaks, "stop_forecast", `|,outcome="ignored"`, "1"), metric(leaks, "reaps", `|,verdict="no"`, "1"),
		metric(reaps, "zombies", `|,reaper="pid1"`, "0"), metric(reaps, "processes", "", "2"),
		metric(reaps, "stop_forecast", `|,outcome="handled"`, "1"), metric(reaps, "reaps", `|,verdict="yes"`, "1"),
		"\npidns_up 1\n", "\npidns_engine_up 1\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s", line)
		}
	}
	for _, none := range []string{metric(reaps, "pids_limit", "", ""), `pidns_container_unread{id="` + leaks.ID, `pidns_container_grace_wanted{id="` + reaps.ID} {
		if strings.Contains(text, strings.TrimSpace(none)) {
			t.Errorf("there is %s", none)
		}
	}
}

// An engine that does not answer is measured as such, and what was true earlier is gone.
func TestMetricsWithoutEngine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pidns.prom")
	b := Run(t)
	Ask(t, "metrics", "-o", file, "--filter", "name="+b.Name)
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), b.Name) {
		t.Fatalf("%v: %s", err, text)
	}
	away := Call{Env: []string{"DOCKER_HOST=tcp://127.0.0.1:1"}}
	away.Run(t, "metrics", "-o", file).WantStatus(t, 1).WantError(t, "no engine answers at tcp://127.0.0.1:1")
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "\npidns_up 0\n") || strings.Contains(string(text), "pidns_container_") {
		t.Errorf("%v: %s", err, text)
	}
}
