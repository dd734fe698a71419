//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// aged writes a snapshot again as if it had been taken this much later.
func aged(t *testing.T, path string, later time.Duration) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	var capture map[string]any
	if err := decoder.Decode(&capture); err != nil {
		t.Fatal(err)
	}
	snapshot := capture["Snapshot"].(map[string]any)
	taken, err := time.Parse(time.RFC3339Nano, snapshot["TakenAt"].(string))
	if err != nil {
		t.Fatal(err)
	}
	uptime, err := snapshot["Uptime"].(json.Number).Int64()
	if err != nil {
		t.Fatal(err)
	}
	snapshot["TakenAt"], snapshot["Uptime"] = taken.Add(later), uptime+int64(later)
	if data, err = json.Marshal(capture); err != nil {
		t.Fatal(err)
	}
	older := filepath.Join(t.TempDir(), "later.json")
	if err := os.WriteFile(older, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return older
}

// Exec sessions are found when they are old, each with its age. The snapshot is read as if it
// had been taken two hours later.
func TestDoctorOfLongExecs(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init")
	detached, attached := b.Start(nil, "sleep", "941"), attach(t, b, "sleep", "942")
	path := filepath.Join(t.TempDir(), "now.json")
	Ask(t, "snapshot", "--settle", "0", "-o", path)
	of := func(path string) (list []Finding) {
		for _, f := range Findings(t, Ask(t, "doctor", "--from", path, "--rule", "exec-long-running", "--format", "json", b.Name)) {
			list = append(list, f)
			if f.Severity != "note" || f.Now != "" || f.HostPID == nil {
				t.Fatalf("a note, and nothing to type about a saved host: %+v", f)
			}
		}
		return list
	}
	if found := of(path); len(found) != 0 {
		t.Errorf("it has just begun: %+v", found)
	}
	found := map[int]string{}
	for _, f := range of(aged(t, path, 2*time.Hour)) {
		found[*f.HostPID] = strings.Join(f.Evidence, "; ")
	}
	for pid, words := range map[int][]string{detached: {"2 hours", "It was detached (-d)"}, attached: {"2 hours", "It was not detached"}} {
		for _, word := range words {
			if len(found) != 2 || !strings.Contains(found[pid], word) {
				t.Errorf("of %d want %q: %v", pid, word, found)
			}
		}
	}
}

// attach runs words in an exec session whose client stays until the test ends, and returns the
// host PID of its first process.
func attach(t *testing.T, b *Box, words ...string) int {
	t.Helper()
	client := exec.Command("docker", append([]string{"exec", b.Name}, words...)...)
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.Process.Kill()
		_ = client.Wait()
	})
	return ByArgs(t, b.EventuallyWith(strings.Join(words, " ")), strings.Join(words, " ")).PID
}
