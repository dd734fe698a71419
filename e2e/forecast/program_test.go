//go:build linux

package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A program's name is part of a container's name.
func TestProgramsHaveNamesOfTheirOwn(t *testing.T) {
	usable := regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`)
	seen := map[string]bool{}
	for _, p := range programs() {
		if !usable.MatchString(p.name) || seen[p.name] || len(p.command) == 0 {
			t.Errorf("%q: no name for a container, or there twice, or without a command", p.name)
		}
		seen[p.name] = true
		if joins := slices.Contains(p.options, joinX); joins != (p.joined != nil) {
			t.Errorf("%s: joins X: %t, has an X: %t", p.name, joins, p.joined != nil)
		}
	}
}

func TestLineStartsTheSameByHand(t *testing.T) {
	p := sh("trap", "tini -g -- sh", "trap 'exit 0' TERM; wait").with("--stop-signal", "SIGINT")
	want := `docker run -d --stop-timeout 5 --memory 768m --network none --stop-signal SIGINT image ` +
		`tini -g -- sh -c 'trap '\''exit 0'\'' TERM; wait'`
	if got := p.line("image"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := words("joined", "sleep 1").in("tini", "--", "sleep", "2").with("--pid", joinX).line("image"); !strings.HasSuffix(got, "# X: tini -- sleep 2") {
		t.Errorf("%s: does not say what X is", got)
	}
}

// Programs are derived from others. An option that is added to one must not be added to
// another.
func TestOptionsAreOnesOwn(t *testing.T) {
	plain := words("plain", "sleep 1").with("-i", "-i", "-i")
	first, second := plain.with("-t"), plain.with("--init")
	if !slices.Contains(first.options, "-t") || slices.Contains(second.options, "-t") {
		t.Errorf("%q and %q", first.options, second.options)
	}
	x := words("joined", "sleep 1").with("--pid", joinX)
	if joined := x.joining(container{name: "other"}); joined.options[1] != "container:other" || x.options[1] != joinX {
		t.Errorf("%q and %q", joined.options, x.options)
	}
}
