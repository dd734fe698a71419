package plugin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// If an answer of the engine was read only partly, that is one line, whatever was asked for,
// and the question stays open.
func TestAnswersThatWereCut(t *testing.T) {
	host := changed{t, func(c *inspect.Capture) {
		c.Problems = append(c.Problems, inspect.Problem{Kind: inspect.Cut, Text: "it lists more"})
	}}
	for args, status := range map[string]int{
		"tree": 1, "tree demo": 1, "zombies": 1, "zombies --exit-code demo-init": 4, "zombies --exit-code": 3, "host-pid": 1, "host-pid demo": 1,
		"host-pid demo 1": 1, "ns": 1, "signals": 1, "signals demo": 1, "explain demo": 1, "who 1": 1, "doctor": 1, "version": 1,
		"doctor --fail-on shim-hung": 4, "snapshot -o /dev/null": 1,
	} {
		got := runOn(t, host, strings.Fields(args)...)
		if got.status != status || strings.Count(got.err, "it lists more\n") != 1 {
			t.Errorf("%s: status %d, want %d\n%s", args, got.status, status, got.err)
		}
	}
}

// Up to ten containers about which the engine did not answer have a line each. More share one.
func TestManySilences(t *testing.T) {
	for n, want := range map[int]string{
		0: "", 1: "the engine did not answer about c0: its process was found by its shim",
		12: "the engine did not answer about 12 containers (c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 2 more): their processes were found by their shims",
	} {
		a := &answer{index: inspect.NewIndex(&inspect.Capture{})}
		for i := range n {
			a.chosen = append(a.chosen, &inspect.Container{Name: fmt.Sprint("c", i), Silent: true}, &inspect.Container{Name: "x"})
		}
		got := a.silences()
		if len(got) != min(n, 1) || n > 0 && string(got[0]) != want {
			t.Errorf("%d: got %q", n, got)
		}
	}
}

// One line names some of the containers, and counts the others.
func TestManyProblemsAreSaidOnce(t *testing.T) {
	var all []inspect.Problem
	for i := range 100 {
		all = append(all, inspect.Problem{Kind: inspect.Elsewhere, Ref: fmt.Sprint("e", i)}, inspect.Problem{Kind: inspect.EngineSilent, Ref: fmt.Sprint("s", i)})
	}
	problems, likewise, silent := sayOnce(all)
	if len(problems) != 1+mostSilent || len(likewise) != 99 || len(silent) != 90 || silent[0] != "s10" {
		t.Errorf("%d said, %d likewise, %d silent", len(problems), len(likewise), len(silent))
	}
	if got := someNames(silent, 2); got != "s10, s11 and 88 more" {
		t.Errorf("got %q", got)
	}
	if got := someNames(silent[:2], 2); got != "s10, s11" {
		t.Errorf("got %q", got)
	}
}
