package render

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/explain"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

// docs/certainty.md is what they claim of themselves (go test -update writes it).
func TestCertaintyDocument(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "certainty.md")
	var b bytes.Buffer
	CertaintyDocument(&b, signal.Claims(), explain.Claims())
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
		t.Errorf("%s is not what they claim: go test ./plugin/render -update", path)
	}
}
