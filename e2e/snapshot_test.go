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

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// nowhere makes a machine look as if it had no engine and no /proc.
var nowhere = Call{Env: []string{"DOCKER_HOST=unix:///nowhere/docker.sock"}}

func takeSnapshot(t *testing.T) string {
	t.Helper()
	path := filepath.Join(ShortDir(t), "capture.json")
	a := Ask(t, "snapshot", "-o", path).WantNothing(t).WantOneError(t, path, "command lines")
	if a.Stderr == "" {
		t.Error("a snapshot holds command lines, and says so")
	}
	return path
}

func TestSnapshotKeepsSecrets(t *testing.T) {
	t.Parallel()
	secret := "secret" + Random()
	b := Run(t, "-e", "SECRET_E2E="+secret)
	b.Start([]string{"-e", "SECRET_E2E=" + secret}, "sleep", "2222")
	path := takeSnapshot(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(data); strings.Contains(text, secret) || strings.Contains(text, "SECRET_E2E") {
		t.Error("the capture holds environments")
	} else if !strings.Contains(text, b.ID) {
		t.Error("the capture lacks the container")
	}
	wantPrivate(t, path)

	// The mode of an earlier file does not make it readable for more users, and a failure leaves
	// that file.
	wide := filepath.Join(filepath.Dir(path), "wide")
	if err := os.WriteFile(wide, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	Ask(t, "snapshot", "--settle", "0", "-o", wide)
	wantPrivate(t, wide)
	nowhere.Run(t, "snapshot", "-o", path).WantStatus(t, 1)
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

// A capture has the same answers as the host had, without an engine and a /proc.
func TestFromAnswersAsLive(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	joiner := Run(t, "--pid", "container:"+owner.Name)
	initial := Run(t, "--init")
	hostly := Run(t, "--pid", "host")
	owner.Start([]string{"-u", "33"}, "sleep", "2222")
	owner.Leave("exit 7")
	joiner.Leave("sleep 4444")
	joiner.Leave("exit 5")
	exited := Run(t, "--", "true")
	owner.Zombies(1)
	joiner.Zombies(1)
	settled(t, joiner, 3)
	settled(t, owner, 3)
	settled(t, initial, 2)
	names := []string{owner.Name, joiner.Name, initial.Name, hostly.Name}
	path := takeSnapshot(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	for _, args := range [][]string{
		append([]string{"tree"}, names...),
		append([]string{"zombies"}, names...),
		{"host-pid", owner.Name}, {"host-pid", joiner.Name, "1"},
		{"tree", "--filter", "name=" + owner.Name}, {"host-pid", "--filter", "name=" + joiner.Name},
		{"tree", owner.ID[:12]},
	} {
		live := AskRows(t, args...)
		if len(live) == 0 {
			t.Fatalf("%q has no rows", args)
		}
		args = append(args, "--format", "json", "--from")
		for i := range live {
			// The snapshot has all namespaces. A command reads those that it shows.
			maps.DeleteFunc(live[i].Absent, func(key, why string) bool { return strings.HasPrefix(key, "Left") && why == "unread" })
		}
		for _, saved := range []Answer{
			nowhere.Run(t, append(args, path)...),
			Call{Env: nowhere.Env, Stdin: string(data)}.Run(t, append(args, "-")...),
		} {
			wantSameRows(t, saved.WantStatus(t, 0), live)
		}
	}
	for _, args := range [][]string{append([]string{"zombies"}, names...), {"zombies", "--exit-code", "-q", owner.Name}} {
		live, saved := PIDNS(t, args...), nowhere.Run(t, append(args, "--from", path)...)
		// Commands to type now on the live host are not recommended for a saved one.
		if isForPeople := !slices.Contains(args, "-q"); isForPeople != (saved.OfFile != "") || live.OfFile != "" {
			t.Errorf("an answer of a file says so, where people read it: %q, live %q", saved.OfFile, live.OfFile)
		}
		if proposals := strings.Count(live.Stdout, "Fix now: "); live.Status != saved.Status || strings.Count(live.Stdout, "\n") != strings.Count(saved.Stdout, "\n")+proposals || strings.Contains(saved.Stdout, "Fix now: ") {
			t.Errorf("live %d, saved %d\n%s\n%s", live.Status, saved.Status, live, saved)
		}
	}
	nowhere.Run(t, "tree", exited.Name, "--from", path).WantStatus(t, 1).WantNothing(t).WantOneError(t, exited.Name)
	nowhere.Run(t, "host-pid", owner.Name, "31999", "--from", path).WantStatus(t, 1).WantNothing(t).WantOneError(t, "no process 31999")
}

// wantSameRows compares what does not change: not the durations.
func wantSameRows(t *testing.T, saved Answer, live []Row) {
	t.Helper()
	rows := saved.Rows(t)
	if len(rows) != len(live) {
		t.Errorf("%d rows, want %d\n%s", len(rows), len(live), saved)
		return
	}
	for i := range rows {
		r, l := still(rows[i]), still(live[i])
		if apart := rows[i].StartedAt.Sub(live[i].StartedAt).Abs(); fmt.Sprint(r) != fmt.Sprint(l) || apart > 50*time.Millisecond {
			t.Errorf("%s\nrow %d saved %v\nlive %v\nstarts %s apart", saved.Line, i, r, l, apart)
		}
	}
}

// still removes what changes by itself: docker-init wakes every second.
func still(r Row) Row {
	if r.State == "R" {
		r.State = "S"
	}
	r.ElapsedSeconds, r.StartedAt, r.SeenFirst, r.SeenLast = 0, time.Time{}, time.Time{}, time.Time{}
	return r
}

func TestSnapshotToStandardOutput(t *testing.T) {
	t.Parallel()
	b := Run(t)
	capture := Ask(t, "snapshot", "--settle", "0").Stdout
	saved := Call{Env: nowhere.Env, Stdin: capture}
	wantPIDs(t, saved.Run(t, "host-pid", "--from", "-", b.Name).WantStatus(t, 0), b.PID())
	containers := strings.Fields(saved.Run(t, "host-pid", "--from", "-", "--format", "{{.Container}}").WantStatus(t, 0).Stdout)
	if !slices.Contains(containers, b.Name) {
		t.Errorf("%q lacks %s", containers, b.Name)
	}
}
