package plugin

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "host.json")
	for range 2 { // a new file, and an existing one
		if err := writeCapture(path, &inspect.Capture{}); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, want 0600", info.Mode())
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := writeCapture(link, &inspect.Capture{}); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(link); err != nil || target != path {
		t.Errorf("the link was replaced: %v, %v", target, err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Error("the link's target was not written")
	}
	if err := writeCapture(filepath.Join(dir, "none", "x"), &inspect.Capture{}); err == nil {
		t.Error("a folder that is not there was written to")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".docker-pidns-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// As root, a rename would replace the device for all users.
func TestWriteFileLeavesDevices(t *testing.T) {
	before, err := os.Stat(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeCapture(os.DevNull, &inspect.Capture{}); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(os.DevNull)
	if err != nil || after.Mode() != before.Mode() {
		t.Errorf("%s has mode %v, had %v", os.DevNull, after.Mode(), before.Mode())
	}
}

// Containers that have exited are kept too, and are not counted as running.
func TestContainerNumbers(t *testing.T) {
	list := []inspect.Container{{Status: "running"}, {Status: "paused"}, {Status: "exited"}, {Status: "restarting"}, {Status: "created"}}
	if got := containerNumbers(&inspect.Capture{Containers: list}); got != "3 containers running, 2 not running" {
		t.Errorf("got %q", got)
	}
}

// A snapshot of some containers has only these. Missing ones are reported, and no file is
// written if none is left.
func TestSnapshotOfContainers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "part.json")
	whole := changed{t, func(*inspect.Capture) {}}
	if got := runOn(t, whole, "snapshot", "-o", path, "plain", "nope"); got.status != 1 || !strings.Contains(got.err, "no such container: nope") || !strings.Contains(got.err, "1 container running, 0 not") {
		t.Errorf("got %+v", got)
	}
	if got := run(t, nil, "host-pid", "--format", "{{.Container}}", "--from", path); got != (left{"plain\n", "", 0}) {
		t.Errorf("got %+v", got)
	}
	if got := feedWhole(t, nil, "", "tree", "--from", path); !strings.HasPrefix(got.err, "from snapshot host, 2026-11-23 13:42:35 UTC, of 1 container alone\n") {
		t.Errorf("got %+v", got)
	}
	if got := run(t, nil, "explain", "demo", "--from", path); got.status != 1 || !strings.Contains(got.err, "demo was left out of the snapshot") || got.out != "" {
		t.Errorf("got %+v", got)
	}
	if got := run(t, nil, "doctor", "--from", path); got.status != 0 || !strings.Contains(got.out, " 1 container, 1 process") {
		t.Errorf("got %+v", got)
	}
	for _, args := range []string{"nope", "--filter name=zzz", "--filter name=zzz plain"} {
		path := filepath.Join(t.TempDir(), "none.json")
		if got := runOn(t, whole, append([]string{"snapshot", "-o", path}, strings.Fields(args)...)...); got.status != 1 || got.err == "" {
			t.Errorf("%s: got %+v", args, got)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file was written", args)
		}
	}
	if got := runOn(t, whole, "snapshot", "-o", path, "--filter", "name=demo-x"); got.status != 0 {
		t.Errorf("got %+v", got)
	}
	if got := run(t, nil, "host-pid", "--format", "{{.Container}}", "--from", path); got != (left{"demo\ndemo-x\n", "", 0}) {
		t.Errorf("with what shares: got %+v", got)
	}
}

// A file is compressed if its name says so, and is read whatever its name is.
func TestCompressedSnapshot(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "host.json.gz"), filepath.Join(dir, "host")
	if got := runOn(t, changed{t, func(*inspect.Capture) {}}, "snapshot", "-o", path); got.status != 0 {
		t.Fatalf("got %+v", got)
	}
	data, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(data), "\x1f\x8b") {
		t.Fatalf("not compressed: %.10q, %v", data, err)
	}
	if err := os.Rename(path, other); err != nil {
		t.Fatal(err)
	}
	if got := run(t, nil, "host-pid", "demo", "--from", other); got != (left{"28202\n", "", 0}) {
		t.Errorf("got %+v", got)
	}
}

// Two snapshots in the wrong order are reported.
func TestDiffInTheWrongOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "later.json")
	later := changed{t, func(c *inspect.Capture) { c.Snapshot.TakenAt = c.Snapshot.TakenAt.Add(90 * time.Second) }}
	if got := runOn(t, later, "snapshot", "-o", path); got.status != 0 {
		t.Fatalf("got %+v", got)
	}
	if got := run(t, nil, "snapshot", "diff", saved, path); got.err != "" || !strings.HasSuffix(got.out, " in 1m30s.\n") {
		t.Errorf("got %+v", got)
	}
	want := path + " was taken 1m30s after " + saved + ": put the older snapshot first\n"
	if got := run(t, nil, "snapshot", "diff", path, saved); got.err != want || !strings.HasSuffix(got.out, " in 1m30s.\n") {
		t.Errorf("got %+v", got)
	}
}
