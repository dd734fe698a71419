package rule_test

import (
	"os"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/rule"
)

// A rule is in a file named after its ID, with its test in the same folder, so that both can be
// found by the ID in doctor's output.
func TestFilesAreNamedAfterTheirRules(t *testing.T) {
	for _, id := range rule.IDs() {
		name := strings.ReplaceAll(id, "-", "_")
		text, err := os.ReadFile(name + ".go")
		if err != nil {
			t.Errorf("rule %s: %v", id, err)
			continue
		}
		if !strings.Contains(string(text), `"`+id+`"`) {
			t.Errorf("%s.go does not hold the rule %s", name, id)
		}
		if _, err := os.Stat(name + "_test.go"); err != nil {
			t.Errorf("rule %s has no test: %v", id, err)
		}
	}
}
