package source

import (
	"fmt"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// seenInside is what a program sees of the container that it is in: each process with one number.
func seenInside() *World {
	chain := func(pids ...int) Change { return func(p *procfs.Process) { p.NSPIDs = pids } }
	return NewWorld().Process(1, 0, "app", chain(1)).Process(7, 1, "sh", chain(7)).Process(20, 7, "nested", chain(20, 1))
}

// Whatever reads a process from inside, it has the number of the namespace around it in front,
// once.
func TestInsideProc(t *testing.T) {
	ctx := t.Context()
	p := insideProc{&fakeProcesses{world: seenInside()}}
	chains := func(s procfs.Snapshot) string {
		text := ""
		for _, p := range s.Processes {
			text += fmt.Sprint(p.NSPIDs)
		}
		return text
	}
	const all = "[1 1][7 7][20 20 1]"
	scanned, err := p.Scan(ctx, procfs.Detail{})
	if err != nil || chains(scanned) != all {
		t.Errorf("scanned: %s, %v", chains(scanned), err)
	}
	family, err := p.Family(ctx, procfs.FamilyOf{Trees: []int{1}, Known: scanned.Processes[:1]}, procfs.Detail{})
	if err != nil || chains(family) != all || chains(scanned) != all {
		t.Errorf("the family: %s, %v; what was known: %s", chains(family), err, chains(scanned))
	}
	surveyed, err := p.Survey(ctx, procfs.SurveyOf{})
	if err != nil {
		t.Fatal(err)
	}
	every := func(*procfs.Process) (procfs.Detail, bool) { return procfs.Detail{}, true }
	if err := p.Complete(ctx, &surveyed, every); err != nil || chains(surveyed) != all {
		t.Errorf("completed: %s, %v", chains(surveyed), err)
	}
	if one, err := p.Process(20, procfs.Detail{}); err != nil || fmt.Sprint(one.NSPIDs) != "[20 20 1]" {
		t.Errorf("one: %v, %v", one.NSPIDs, err)
	}
	if h := p.Host(); len(h.Namespaces) != 0 {
		t.Errorf("the host's namespaces are %v", h.Namespaces)
	}
}
