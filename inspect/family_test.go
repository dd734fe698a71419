package inspect_test

import (
	"fmt"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func pidsOf(list []*procfs.Process) string {
	text := ""
	for _, p := range list {
		text += fmt.Sprint(p.PID, " ")
	}
	return text
}

// Living children are not zombies, and are ordered by start, not by PID. A process of which only
// the main thread has exited is alive.
func TestLivingChildren(t *testing.T) {
	ix := NewWorld().Process(1, 0, "init").Process(10, 1, "parent").
		Process(30, 10, "old", StartedAt(5)).Process(20, 10, "young", StartedAt(9)).
		Process(41, 10, "twin", StartedAt(7)).Process(40, 10, "twin", StartedAt(7)).
		Process(50, 10, "zombie", StartedAt(6), Exited(0)).
		Process(51, 10, "half", StartedAt(8), StateOf("Z"), func(p *procfs.Process) { p.Threads = 2 }).
		Process(60, 20, "grandchild").Process(70, 70, "itself").Index()
	for pid, want := range map[int]string{10: "30 40 41 51 20 ", 20: "60 ", 30: "", 70: "", 1: "10 "} {
		if got := pidsOf(ix.LivingChildren(ix.ProcessAt(pid))); got != want {
			t.Errorf("of %d: got %q, want %q", pid, got, want)
		}
	}
	if got, want := pidsOf(ix.Children(10)), "20 30 40 41 50 51 "; got != want {
		t.Errorf("all children: got %q, want %q", got, want)
	}
	if got := pidsOf(ix.Children(999)); got != "" {
		t.Errorf("of nobody: got %q", got)
	}
}

// No process is its own parent, although a file can claim it. A parent that is not in the
// capture is nil.
func TestParent(t *testing.T) {
	ix := NewWorld().Process(1, 0, "init").Process(10, 1, "child").Process(20, 999, "stray").Process(30, 30, "itself").
		Process(40, 41, "circle").Process(41, 40, "circle").Index()
	for pid, want := range map[int]int{1: 0, 10: 1, 20: 0, 30: 0, 40: 41, 41: 40} {
		if got := hostPIDOf(ix.Parent(ix.ProcessAt(pid))); got != want {
			t.Errorf("of %d: got %d, want %d", pid, got, want)
		}
	}
}

// Every process with a parent is a child of it, once.
func TestFamilyOfAnyOrder(t *testing.T) {
	for seed := range uint64(10) {
		ix := TwoContainers().Shuffled(seed).Index()
		seen := map[int]int{}
		for _, p := range ix.Processes() {
			for _, child := range ix.Children(p.PID) {
				if seen[child.PID]++; ix.Parent(child) != p {
					t.Errorf("seed %d: %d is a child of %d, whose parent is not that one", seed, child.PID, p.PID)
				}
			}
		}
		for _, p := range ix.Processes() {
			want := 1
			if ix.Parent(p) == nil {
				want = 0
			}
			if seen[p.PID] != want {
				t.Errorf("seed %d: process %d is a child %d times, want %d", seed, p.PID, seen[p.PID], want)
			}
		}
	}
}
