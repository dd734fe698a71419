package taskiter

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
)

// The object was compiled from the source in this folder. `make bpf-check`, which needs the
// compiler, compiles it again and compares.
func TestObjectIsOfThisSource(t *testing.T) {
	sums, err := os.ReadFile("bpf/sums")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(sums)), "\n")
	if len(lines) != 4 {
		t.Errorf("bpf/sums has %d lines, want 4", len(lines))
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
