package plugin

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "host.json")
	for range 2 { // a new file, and one that is there
		if err := writeFile(path, &inspect.Capture{}); err != nil {
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
	if err := writeFile(link, &inspect.Capture{}); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(link); err != nil || target != path {
		t.Errorf("the link was replaced: %v, %v", target, err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Error("the link's target was not written")
	}
	if err := writeFile(filepath.Join(dir, "none", "x"), &inspect.Capture{}); err == nil {
		t.Error("a folder that is not there was written to")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".docker-pidns-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// As root a rename would replace the device for everybody.
func TestWriteFileLeavesDevices(t *testing.T) {
	before, err := os.Stat(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeInto(os.DevNull, &inspect.Capture{}); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(os.DevNull)
	if err != nil || after.Mode() != before.Mode() {
		t.Errorf("%s has mode %v, had %v", os.DevNull, after.Mode(), before.Mode())
	}
}

// Those that have ended are kept too, and are not counted as running.
func TestContainerNumbers(t *testing.T) {
	list := []inspect.Container{{Status: "running"}, {Status: "paused"}, {Status: "exited"}, {Status: "restarting"}, {Status: "created"}}
	if got := containerNumbers(list); got != "3 containers running, 2 not" {
		t.Errorf("got %q", got)
	}
}
