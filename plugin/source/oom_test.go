package source

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// The kernel's OOM killer is read only for explanations of an exit.
func TestOOMFacts(t *testing.T) {
	w := runs(engineHost(), "demo", "a", 101)
	if got := newRig(w).record(t, need.Explain("demo")).OOM; got == nil || got.Kills.Or(0) != 3 {
		t.Errorf("got %+v", got)
	}
	if got := newRig(w).record(t, need.Signals([]string{"demo"}, 0, false)).OOM; got != nil {
		t.Errorf("nobody asked for %+v", got)
	}
}
