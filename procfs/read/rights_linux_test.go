package read

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// A script is kept only if the process may read it, as the kernel decides: by the file's owner,
// group and mode, and the folders of its path.
func TestScriptThatTheProcessMayNotRead(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("to be another user takes root")
	}
	const text, user, group, second = "read x\n", 12345, 12346, 12347
	top, err := os.MkdirTemp("/tmp", "rights")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	file := func(name string, uid, gid int, mode, folder os.FileMode) string {
		dir := filepath.Join(top, name)
		path := filepath.Join(dir, "script")
		for _, err := range []error{os.Mkdir(dir, 0o700), os.WriteFile(path, []byte(text), 0o600), os.Chown(path, uid, gid), os.Chmod(path, mode), os.Chmod(dir, folder)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	if err := os.Chmod(top, 0o755); err != nil {
		t.Fatal(err)
	}
	proc := realProc(t)
	for name, test := range map[string]struct {
		path string
		as   *syscall.Credential
		want procfs.Opt[string]
	}{
		"everybody's":           {file("everybody", 0, 0, 0o644, 0o755), &syscall.Credential{Uid: user, Gid: group}, procfs.Some(text)},
		"root's":                {file("root", 0, 0, 0o600, 0o755), &syscall.Credential{Uid: user, Gid: group}, procfs.None[string](procfs.Denied)},
		"root's, read by root":  {file("own", 0, 0, 0o600, 0o755), &syscall.Credential{}, procfs.Some(text)},
		"its own":               {file("user", user, 0, 0o400, 0o755), &syscall.Credential{Uid: user, Gid: group}, procfs.Some(text)},
		"of its group":          {file("group", 0, group, 0o640, 0o755), &syscall.Credential{Uid: user, Gid: group}, procfs.Some(text)},
		"of a second group":     {file("second", 0, second, 0o640, 0o755), &syscall.Credential{Uid: user, Gid: group, Groups: []uint32{second}}, procfs.Some(text)},
		"of a group of others":  {file("others", 0, second, 0o640, 0o755), &syscall.Credential{Uid: user, Gid: group}, procfs.None[string](procfs.Denied)},
		"in a folder of root's": {file("folder", 0, 0, 0o644, 0o700), &syscall.Credential{Uid: user, Gid: group}, procfs.None[string](procfs.Denied)},
		"another's, for root":   {file("another", user, group, 0o600, 0o755), &syscall.Credential{}, procfs.Some(text)},
	} {
		cmd := exec.Command("/bin/sh", "-c", "read x", test.path)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: test.as}
		if _, err := cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		start(t, cmd)
		key := read(t, proc, cmd.Process.Pid, procfs.Detail{}).Key
		await(t, name+" runs", func() bool {
			p := read(t, proc, key.PID, procfs.Detail{})
			return p.UIDs.FS == int(test.as.Uid) && p.Comm == "sh"
		})
		if got := proc.script(key, newAllowance()); got != test.want {
			t.Errorf("%s: got %v, %s", name, got, got.Absence())
		}
	}
	// This program has its former rights again.
	if _, err := os.ReadFile(filepath.Join(top, "root", "script")); err != nil {
		t.Error(err)
	}
}

// Root without the right to ignore permissions may read only its own files.
func TestRightsWithoutCapabilities(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("to be another user takes root")
	}
	path := filepath.Join(t.TempDir(), "script")
	for _, err := range []error{os.WriteFile(path, nil, 0o600), os.Chown(path, 12345, 12345)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	open := func() (*os.File, error) { return os.Open(path) }
	for _, test := range []struct {
		held procfs.Capabilities
		want procfs.Absence
	}{{0, procfs.Denied}, {1 << procfs.CapDACOverride, ""}, {1 << procfs.CapDACReadSearch, ""}} {
		file, err := rights{procfs.Credentials{Effective: test.held}}.do(open)
		if absenceOf(err) != test.want {
			t.Errorf("%s: got %v", string(mustText(t, test.held)), err)
		}
		_ = file.Close()
	}
}

// The thread that takes on rights ends with them. The main thread, which cannot end, never takes
// any on.
func TestMainThreadKeepsItsRights(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("to be another user takes root")
	}
	proc := realProc(t)
	before := read(t, proc, os.Getpid(), procfs.Detail{})
	other := rights{procfs.Credentials{FSUID: 12345, FSGID: 12345}}
	var goroutines sync.WaitGroup
	for range 200 {
		goroutines.Go(func() {
			_, _ = other.do(func() (*os.File, error) {
				if unix.Gettid() == os.Getpid() {
					t.Error("the main thread has another user's rights")
				}
				return nil, os.ErrNotExist
			})
		})
	}
	goroutines.Wait()
	after := read(t, proc, os.Getpid(), procfs.Detail{})
	procfstest.Equal(t, after.UIDs, before.UIDs)
	procfstest.Equal(t, after.Effective, before.Effective)
}

func mustText(t *testing.T, c procfs.Capabilities) []byte {
	t.Helper()
	text, err := c.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	return text
}
