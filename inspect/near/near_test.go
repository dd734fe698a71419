package near_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/near"
)

func TestWord(t *testing.T) {
	names := []string{"demo", "demo-init", "demo-x", "web", "api", "zombies-unreaped", "zombies"}
	for typed, want := range map[string]string{
		"demoo": "demo", "dmeo": "demo", "Demo": "demo", "emo": "demo", "demo-inti": "demo-init", "zombies-unreapd": "zombies-unreaped",
		"zombeis": "zombies", "wbe": "web", "wen": "web", "zz": "", "postgres": "", "": "",
		strings.Repeat("d", 1000): "", "ab": "",
	} {
		for range 2 { // whatever the order
			if got := near.Word(typed, names); got != want {
				t.Errorf("%.20q: got %q, want %q", typed, got, want)
			}
			slices.Reverse(names)
		}
	}
	if got := near.Word("x", []string{"b", "a"}); got != "a" {
		t.Errorf("equally near: got %q", got)
	}
	if got := near.Word("x", []string{"", strings.Repeat("x", 1<<20)}); got != "" {
		t.Errorf("got %.20q", got)
	}
}
