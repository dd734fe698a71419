package signal_test

import (
	"fmt"
	"slices"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Whoever is in the namespace is asked what it listens to, those first whom the signal
// comes to; in the host's that would be everybody.
func TestListeners(t *testing.T) {
	w := TwoContainers().Container("agent", "d", 60).Process(60, 1, "agent", In("d"), NS(1)).Process(61, 60, "helper", In("d"), NS(1)).
		Process(24, 21, "dead", In("a", 11), NS(7), Exited(0)).
		Process(52, 10, "entered", NS(7), func(p *procfs.Process) { p.NSPIDs = []int{52, 12} })
	ix := w.Index()
	for name, want := range map[string]struct{ first, others []int }{
		"demo":   {[]int{21, 22, 32, 23}, []int{31, 33, 52}},
		"joiner": {[]int{31, 21}, []int{22, 32, 33, 52}},
		"agent":  {[]int{60, 61}, []int{}},
	} {
		c, _ := Find(t, ix, name, 0)
		var got []int
		for _, p := range signal.Listeners(ix, c) {
			got = append(got, p.PID)
		}
		first, others := got[:min(len(want.first), len(got))], got[min(len(want.first), len(got)):]
		slices.Sort(others)
		if !slices.Equal(first, want.first) || !slices.Equal(others, want.others) {
			t.Errorf("%s: got %v, want %v and then %v", name, got, want.first, want.others)
		}
	}
}

// Those whom nobody tells are named: all but PID 1 and the program behind an
// init.
func TestUnheard(t *testing.T) {
	w := Alone("tini").Process(102, 101, "app", In("a", 2), NS(7)).Process(103, 102, "worker", In("a", 3), NS(7)).
		Process(104, 101, "orphan", In("a", 4), NS(7)).Process(105, 101, "dead", In("a", 5), NS(7), Exited(0)).
		Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term)))
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	var got []int
	for _, p := range signal.ForecastOf(ix, c).Unheard {
		got = append(got, p.PID)
	}
	if fmt.Sprint(got) != "[103 104]" {
		t.Errorf("got %v, want [103 104]", got)
	}
}
