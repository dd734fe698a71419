//go:build e2e && linux

package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// nowhere is how a machine without an engine and without a /proc looks.
var nowhere = call{env: []string{"DOCKER_HOST=unix:///nowhere/docker.sock"}}

func takeSnapshot(t *testing.T) string {
	t.Helper()
	path := filepath.Join(shortDir(t), "capture.json")
	a := ask(t, "snapshot", "-o", path).wantNothing(t).wantOneError(t, path, "command lines")
	if a.stderr == "" {
		t.Error("a snapshot holds command lines, and says so")
	}
	return path
}

func TestSnapshotKeepsSecrets(t *testing.T) {
	t.Parallel()
	secret := "secret" + random()
	b := run(t, "-e", "SECRET_E2E="+secret)
	b.start([]string{"-e", "SECRET_E2E=" + secret}, "sleep", "2222")
	path := takeSnapshot(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(data); strings.Contains(text, secret) || strings.Contains(text, "SECRET_E2E") {
		t.Error("the capture holds environments")
	} else if !strings.Contains(text, b.id) {
		t.Error("the capture lacks the container")
	}
	wantPrivate(t, path)

	// What stood there before gives it no wider mode, and a failure leaves it.
	wide := filepath.Join(filepath.Dir(path), "wide")
	if err := os.WriteFile(wide, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	ask(t, "snapshot", "--settle", "0", "-o", wide)
	wantPrivate(t, wide)
	nowhere.run(t, "snapshot", "-o", path).wantStatus(t, 1)
	if now, err := os.ReadFile(path); err != nil || string(now) != string(data) {
		t.Errorf("a snapshot that failed has changed the file (%v)", err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func wantPrivate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode of %s is %v, want 0600", path, info.Mode())
	}
}

// A capture answers as the host did, without an engine and a /proc.
func TestFromAnswersAsLive(t *testing.T) {
	t.Parallel()
	owner := run(t)
	joiner := run(t, "--pid", "container:"+owner.name)
	initial := run(t, "--init")
	hostly := run(t, "--pid", "host")
	owner.start([]string{"-u", "33"}, "sleep", "2222")
	owner.leave("exit 7")
	joiner.leave("sleep 4444")
	joiner.leave("exit 5")
	exited := run(t, "--", "true")
	owner.zombies(1)
	joiner.zombies(1)
	settled(t, joiner, 3)
	settled(t, owner, 3)
	settled(t, initial, 2)
	names := []string{owner.name, joiner.name, initial.name, hostly.name}
	path := takeSnapshot(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	for _, args := range [][]string{
		append([]string{"tree"}, names...),
		append([]string{"zombies"}, names...),
		{"host-pid", owner.name}, {"host-pid", joiner.name, "1"},
		{"tree", "--filter", "name=" + owner.name}, {"host-pid", "--filter", "name=" + joiner.name},
		{"tree", owner.id[:12]},
	} {
		live := askRows(t, args...)
		if len(live) == 0 {
			t.Fatalf("%q has no rows", args)
		}
		args = append(args, "--format", "json", "--from")
		for i := range live {
			// The snapshot holds all namespaces; a command reads those that it shows.
			maps.DeleteFunc(live[i].Absent, func(key, why string) bool { return strings.HasPrefix(key, "Left") && why == "unread" })
		}
		for _, saved := range []answer{
			nowhere.run(t, append(args, path)...),
			call{env: nowhere.env, stdin: string(data)}.run(t, append(args, "-")...),
		} {
			wantSameRows(t, saved.wantStatus(t, 0), live)
		}
	}
	for _, args := range [][]string{append([]string{"zombies"}, names...), {"zombies", "--exit-code", "-q", owner.name}} {
		live, saved := pidns(t, args...), nowhere.run(t, append(args, "--from", path)...)
		// What to type now about the living host is not proposed for a saved one.
		if proposals := strings.Count(live.stdout, " now   "); live.status != saved.status || strings.Count(live.stdout, "\n") != strings.Count(saved.stdout, "\n")+proposals || strings.Contains(saved.stdout, " now   ") {
			t.Errorf("live %d, saved %d\n%s\n%s", live.status, saved.status, live, saved)
		}
	}
	nowhere.run(t, "tree", exited.name, "--from", path).wantStatus(t, 1).wantNothing(t).wantOneError(t, exited.name)
	nowhere.run(t, "host-pid", owner.name, "31999", "--from", path).wantStatus(t, 1).wantNothing(t).wantOneError(t, "no process 31999")
}

// wantSameRows compares what does not move: not the spans of time.
func wantSameRows(t *testing.T, saved answer, live []row) {
	t.Helper()
	rows := saved.rows(t)
	if len(rows) != len(live) {
		t.Errorf("%d rows, want %d\n%s", len(rows), len(live), saved)
		return
	}
	for i := range rows {
		r, l := still(rows[i]), still(live[i])
		if apart := rows[i].StartedAt.Sub(live[i].StartedAt).Abs(); fmt.Sprint(r) != fmt.Sprint(l) || apart > 50*time.Millisecond {
			t.Errorf("%s\nrow %d saved %v\nlive %v\nstarts %s apart", saved.line, i, r, l, apart)
		}
	}
}

// still leaves out what changes by itself: docker-init wakes every second.
func still(r row) row {
	if r.State == "R" {
		r.State = "S"
	}
	r.ElapsedSeconds, r.StartedAt, r.SeenFirst, r.SeenLast = 0, time.Time{}, time.Time{}, time.Time{}
	return r
}

func TestSnapshotToStandardOutput(t *testing.T) {
	t.Parallel()
	b := run(t)
	capture := ask(t, "snapshot", "--settle", "0").stdout
	saved := call{env: nowhere.env, stdin: capture}
	wantPIDs(t, saved.run(t, "host-pid", "--from", "-", b.name).wantStatus(t, 0), b.pid())
	containers := strings.Fields(saved.run(t, "host-pid", "--from", "-", "--format", "{{.Container}}").wantStatus(t, 0).stdout)
	if !slices.Contains(containers, b.name) {
		t.Errorf("%q lacks %s", containers, b.name)
	}
}
