package read

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestParseMappedLibraries(t *testing.T) {
	maps := `55d0-55d1 r--p 00000000 08:01 123   /usr/bin/node
7f00-7f01 r-xp 00000000 08:01 124   /usr/lib/libfoo.so.1.2 (deleted)
7f00-7f01 r-xp 00000000 08:01 129   /usr/lib/libgone.so (deleted)
7f01-7f02 r-xp 00000000 08:01 124   /usr/lib/lib with blank.so
7f02-7f03 rw-p 00000000 00:00 0
7f03-7f04 r--p 00000000 08:01 124   /usr/lib/lib with blank.so
7f04-7f05 r--p 00000000 08:01 125   /usr/share/locale.dat
7f05-7f06 r--p 00000000 08:01 126   /etc/ld.so.cache
7ffd-7ffe r-xp 00000000 00:00 0     [vdso]
`
	procfstest.Equal(t, ParseMappedLibraries([]byte(maps)), []string{"/usr/lib/lib with blank.so", "/usr/lib/libfoo.so.1.2 (deleted)", "/usr/lib/libgone.so (deleted)"})
}

// The test itself is a Go program.
func TestProgramOfAGoProgram(t *testing.T) {
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	programs := proc.Programs([]string{".go.buildinfo", "runtime.main", strings.Repeat("no such mark", 3)})
	for range 2 { // the second time it is remembered
		got, ok := programs.of(keyOf(t, proc, os.Getpid()), newAllowance()).Get()
		executable, err := os.Executable()
		if err != nil || !ok || got.Path != executable || got.Bits != 64 {
			t.Fatalf("got %+v, %v, %v", got, ok, err)
		}
		procfstest.Equal(t, got.Marks, []string{".go.buildinfo", "runtime.main"})
	}
}

func keyOf(t *testing.T, proc FS, pid int) procfs.Key {
	t.Helper()
	return read(t, proc, pid, procfs.Detail{}).Key
}

// linked reads a program after the dynamic linker has mapped its libraries.
func linked(t *testing.T, name string, args ...string) procfs.Program {
	t.Helper()
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	pid := startProgram(t, name, args...)
	until := time.Now().Add(10 * time.Second)
	for {
		got, ok := proc.Programs(nil).of(keyOf(t, proc, pid), newAllowance()).Get()
		if ok && slices.ContainsFunc(got.Libraries, func(l string) bool { return strings.HasPrefix(l, "libc") }) {
			return got
		}
		if time.Now().After(until) {
			t.Fatalf("%s maps no C library: %+v, %v", name, got, ok)
		}
		time.Sleep(time.Millisecond)
	}
}

// The shell's imports do not depend on its name.
func TestProgramOfAShell(t *testing.T) {
	got := linked(t, "/bin/sh", "-c", "read x")
	if waits, ok := got.Waits.Get(); got.Static || !ok || len(waits) == 0 {
		t.Errorf("a shell that waits for nobody: %+v", got)
	}
	if runtime.GOARCH == "amd64" && got.WaitsForAny != procfs.Some(true) {
		t.Errorf("a shell that waits for no child but some: %+v", got.WaitsForAny)
	}
	if got := linked(t, "/bin/sleep", "1000"); len(got.Waits.Or([]string{"?"})) != 0 {
		t.Errorf("sleep waits by %v", got.Waits)
	}
}

// The writer of a file can reset the time of its modification.
func TestFilesAreToldApart(t *testing.T) {
	path, when := t.TempDir()+"/program", time.Unix(1, 0)
	id := func(content string) fileID {
		t.Helper()
		if err := errors.Join(os.WriteFile(path, []byte(content), 0o755), os.Chtimes(path, when, when)); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		return idOf(file)
	}
	before := id("one content")
	time.Sleep(20 * time.Millisecond) // the kernel's clock for files ticks
	if after := id("one more..."); after == before {
		t.Errorf("a file with other content is taken for the same: %+v", after)
	}
}

// Two containers see a file of their image on different devices. A file with the same numbers
// that one of them creates elsewhere is another file.
func TestFilesOfAnImageAreToldFromOthers(t *testing.T) {
	stat := unix.Stat_t{Dev: 41, Ino: 5, Size: 6, Mtim: unix.Timespec{Sec: 7}, Ctim: unix.Timespec{Sec: 8, Nsec: 9}}
	other := stat
	other.Dev = 52
	if statID(&stat, true) != statID(&other, true) {
		t.Error("a file of an image is another one in the next container")
	}
	if statID(&stat, false) == statID(&other, false) || statID(&stat, true) == statID(&other, false) {
		t.Error("files of two file systems are taken for the same")
	}
}
