// Package bpftest checks in tests that the objects of BPF programs are what their sources give,
// and that what they write is what is decoded.
package bpftest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"
)

// CheckSums compares the files that bpf/sums of the test's folder lists with their sums. The object
// was compiled from the source in this folder. `make bpf-check`, which needs the compiler, compiles
// it again and compares.
func CheckSums(t *testing.T, files int) {
	t.Helper()
	sums, err := os.ReadFile("bpf/sums")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(sums)), "\n")
	if len(lines) != files {
		t.Errorf("bpf/sums has %d lines, want %d", len(lines), files)
	}
	for _, line := range lines {
		sum, name, _ := strings.Cut(line, "  ")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		} else if fmt.Sprintf("%x", sha256.Sum256(data)) != sum {
			t.Errorf("%s has changed since the object was made: make bpf", name)
		}
	}
}

// WantFields compares the fields of a structure of a program, without gaps, and its size in bytes.
func WantFields(t *testing.T, types *btf.Spec, name string, size uint32, want []string) {
	t.Helper()
	var record *btf.Struct
	if err := types.TypeByName(name, &record); err != nil {
		t.Fatal(err)
	}
	if record.Size != size {
		t.Errorf("%s has %d bytes, want %d", name, record.Size, size)
	}
	if len(record.Members) != len(want) {
		t.Fatalf("%s has %d fields, want %v", name, len(record.Members), want)
	}
	end := uint32(0)
	for i, member := range record.Members {
		if member.Name != want[i] {
			t.Errorf("field %d of %s is %s, want %s", i, name, member.Name, want[i])
		}
		if at := member.Offset.Bytes(); at != end {
			t.Errorf("%s of %s is at %d, want %d: there must be no gaps", member.Name, name, at, end)
		}
		size, err := btf.Sizeof(member.Type)
		if err != nil {
			t.Fatal(err)
		}
		end += uint32(size)
	}
}
