package procfs

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestParseMappedLibraries(t *testing.T) {
	maps := `55d0-55d1 r--p 00000000 08:01 123   /usr/bin/node
7f00-7f01 r-xp 00000000 08:01 124   /usr/lib/libfoo.so.1.2 (deleted)
7f01-7f02 r-xp 00000000 08:01 124   /usr/lib/lib with blank.so
7f02-7f03 rw-p 00000000 00:00 0
7f03-7f04 r--p 00000000 08:01 124   /usr/lib/lib with blank.so
7f04-7f05 r--p 00000000 08:01 125   /usr/share/locale.dat
7ffd-7ffe r-xp 00000000 00:00 0     [vdso]
`
	equal(t, ParseMappedLibraries([]byte(maps)), []string{"/usr/lib/lib with blank.so", "/usr/lib/libfoo.so.1.2 (deleted)"})
}

// The test itself is a Go program.
func TestProgramOfAGoProgram(t *testing.T) {
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	programs := proc.Programs([]string{".go.buildinfo", "runtime.main", strings.Repeat("no such mark", 3)})
	for range 2 { // the second time from memory
		got, ok := programs.Of(os.Getpid()).Get()
		executable, err := os.Executable()
		if err != nil || !ok || got.Path != executable || got.Bits != 64 {
			t.Fatalf("got %+v, %v, %v", got, ok, err)
		}
		equal(t, got.Marks, []string{".go.buildinfo", "runtime.main"})
	}
}

// What the shell imports, it imports whatever it is called.
func TestProgramOfAShell(t *testing.T) {
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	pid := startProgram(t, "/bin/sh", "-c", "read x")
	got, ok := proc.Programs(nil).Of(pid).Get()
	if !ok || got.Static || !slices.ContainsFunc(got.Libraries, isCLibrary) {
		t.Fatalf("got %+v, %v", got, ok)
	}
	if waits, ok := got.Waits.Get(); !ok || len(waits) == 0 {
		t.Errorf("a shell that waits for nobody: %v, %v", waits, got.Waits.Absence())
	}
	if runtime.GOARCH == "amd64" && got.WaitsForAny != Some(true) {
		t.Errorf("a shell that waits for no child but some: %+v", got.WaitsForAny)
	}
	pid = startProgram(t, "/bin/sleep", "1000")
	if got, _ := proc.Programs(nil).Of(pid).Get(); len(got.Waits.Or([]string{"?"})) != 0 {
		t.Errorf("sleep waits by %v", got.Waits)
	}
}
