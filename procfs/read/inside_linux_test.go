package read

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// What a process has put in the place of a file neither delays the reader nor leads it
// elsewhere.
func TestOpenInside(t *testing.T) {
	dir := t.TempDir()
	file, fifo, link := filepath.Join(dir, "file"), filepath.Join(dir, "libx.so.1 (deleted)"), filepath.Join(dir, "link")
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for _, err := range []error{os.WriteFile(file, []byte("text"), 0o600), syscall.Mkfifo(fifo, 0o600), os.Symlink("file", link)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := realProc(t).openProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	for _, path := range []string{file, link} {
		opened, err := d.openInside(path)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(opened); err != nil || string(text) != "text" {
			t.Errorf("%s: got %q, %v", path, text, err)
		}
		_ = opened.Close()
	}
	for _, path := range []string{fifo, dir, socket, "/dev/zero"} {
		result := make(chan error, 1)
		go func() {
			_, err := d.openInside(path)
			result <- err
		}()
		select {
		case err := <-result:
			if !errors.Is(err, errNoFile) {
				t.Errorf("%s: got %v", path, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s holds up its reader", path)
		}
	}
}

// A symbolic link only leads below the root of the process, and not through the kernel's own
// links.
func TestOpenBelow(t *testing.T) {
	root, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	links := map[string]string{"up": "../../../../../../../.." + outside, "absolute": outside, "magic": "/proc/self/exe"}
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	base, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(base) }()
	for name := range links {
		if file, err := openBelow(base, name, 0); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got %v, %v", name, file, err)
		}
	}
	all, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(all) }()
	if file, err := openBelow(all, "/proc/self/exe", 0); !errors.Is(err, unix.ELOOP) {
		t.Errorf("got %v, %v", file, err)
	}
}

// No device is opened, not even for a moment, because a tape would rewind.
func TestOpenInsideOpensNoDevice(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a device node takes root")
	}
	// It has no driver, so opening it would be another error.
	path := filepath.Join(t.TempDir(), "device")
	if err := unix.Mknod(path, unix.S_IFCHR|0o600, int(unix.Mkdev(4095, 77))); err != nil {
		t.Skip(err)
	}
	d, err := realProc(t).openProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if _, err := d.openInside(path); !errors.Is(err, errNoFile) {
		t.Errorf("got %v", err)
	}
}

// A file on a file system that a process serves is recognised before it is read.
func TestFUSEMounts(t *testing.T) {
	const text = `36 35 98:0 / /mnt rw - ext3 /dev/root rw
37 35 0:45 / /served rw,nosuid shared:1 - fuse.sshfs me@there:/fuse rw
38 35 0:46 / /fuse rw - tmpfs fuse rw
39 35 0:47 / /x rw - fuse fuse rw
cut - fuse
`
	procfstest.Equal(t, servedFolders([]byte(text)), []string{"/served/", "/x/"})
	procfstest.Equal(t, servedFolders([]byte("1 2 0:9 / / rw - fuse.fuse-overlayfs x rw\n3 1 0:8 / /a\\040b rw - fuse fuse rw\n4 - fuse\n")), []string{"/a"})
	procfstest.Equal(t, parseFUSEMounts([]byte(text)), fuseMounts{unix.Mkdev(0, 45): true, unix.Mkdev(0, 47): true})
	handle, err := unix.Open(t.TempDir(), unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(handle) }()
	device, err := deviceOf(handle)
	if err != nil || !(fuseMounts{device: true}).serve(handle) || (fuseMounts{device + 1: true}).serve(handle) {
		t.Errorf("got device %x, %v", device, err)
	}
}

// A small file is read completely, with the time of its last change. For a missing one it is the
// time of the folder in which it would be. Nothing else is read.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	named := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, size int) {
		if err := os.WriteFile(named(name), bytes.Repeat([]byte("x"), size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("small", 3)
	write("longest", procfs.MostFile)
	write("long", procfs.MostFile+1)
	write("moved", 3)
	old := time.Now().Add(-time.Hour)
	for _, err := range []error{os.Chtimes(named("moved"), old, old), os.Symlink("small", named("link")), syscall.Mkfifo(named("fifo"), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	proc := realProc(t)
	self, err := proc.Process(os.Getpid(), procfs.Detail{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		size    int
		missing bool
		absent  procfs.Absence
	}{
		"small": {3, false, ""}, "longest": {procfs.MostFile, false, ""}, "link": {3, false, ""}, "moved": {3, false, ""},
		"none": {0, true, ""}, "no/such/file": {0, true, ""},
		"long": {0, false, procfs.TooLong}, "fifo": {0, false, procfs.Malformed}, ".": {0, false, procfs.Malformed},
	} {
		got := proc.File(self.Key, named(name))
		file, held := got.Get()
		if held != (test.absent == "") || got.Absence() != test.absent || len(file.Text) != test.size || file.Missing != test.missing {
			t.Errorf("%s: got %d bytes, missing %t, absent %q", name, len(file.Text), file.Missing, got.Absence())
		}
		if age := time.Since(file.ChangedAt); held && (age < 0 || age > time.Minute) {
			t.Errorf("%s: it changed %s ago", name, age)
		}
	}
	self.StartTicks++
	if got := proc.File(self.Key, named("small")); got.Absence() != procfs.Gone {
		t.Errorf("of another process with its PID: %q", got.Absence())
	}
}
