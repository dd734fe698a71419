package read

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// A shell's script is the first of its arguments that is a text file.
func TestAttentionToAScript(t *testing.T) {
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script, binary, long := filepath.Join(dir, "script"), filepath.Join(dir, "binary"), filepath.Join(dir, "long")
	const text = "#!/bin/sh\nread x\n"
	for path, content := range map[string]string{script: text, binary: "a\x00b", long: strings.Repeat("# x\n", mostScript)} {
		if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	read := func(args ...string) procfs.Opt[string] {
		a, err := proc.Attention("", startProgram(t, "/bin/sh", args...), proc.Programs(nil).WithScriptsOf(func(p procfs.Program) bool { return p.Path != "" }))
		if err != nil {
			t.Fatal(err)
		}
		return a.Script
	}
	for name, got := range map[string]procfs.Opt[string]{
		"alone":               read(script),
		"behind options":      read("-u", "-o", "errexit", script, binary),
		"on the command line": read("-c", "read x", script),
	} {
		if got != procfs.Some(text) {
			t.Errorf("%s: got %v", name, got)
		}
	}
	for name, got := range map[string]procfs.Opt[string]{
		"none": read(), "an option": read("-c", "read x"), "a binary": read("-c", "read x", binary), "too long": read("-c", "read x", long),
	} {
		if got.Absence() != procfs.NotHeld {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
