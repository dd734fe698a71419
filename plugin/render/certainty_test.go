package render

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/explain"
)

// docs/certainty.md is what explain claims of itself (go test -update writes it).
func TestCertaintyDocument(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "certainty.md")
	var b bytes.Buffer
	CertaintyDocument(&b, explain.Claims())
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b.Bytes()) {
		t.Errorf("%s is not what explain claims: go test ./plugin/render -update", path)
	}
}
