package source

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// The reports of the kernel's OOM killer are read only for explain, doctor and snapshots.
func TestOOMFacts(t *testing.T) {
	w := runs(engineHost(), "demo", "a", 101)
	if got := newRig(w).record(t, need.Explain("demo")).OOM; got == nil || got.Kills.Or(0) != 3 {
		t.Errorf("got %+v", got)
	}
	if got := newRig(w).record(t, need.Signals([]string{"demo"}, 0, false)).OOM; got != nil {
		t.Errorf("got %+v for signals", got)
	}
}
