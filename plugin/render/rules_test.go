package render

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/rule"
)

// docs/rules.md is what the rules say of themselves (go test -update writes it).
func TestRulesDocument(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "rules.md")
	var b bytes.Buffer
	RulesDocument(&b, rule.All())
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
		t.Errorf("%s is not what the rules say: go test ./plugin/render -update", path)
	}
}
