package rule

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A process that cannot wait at the moment is not blamed. That is a note, and unknown.
func TestZombiesOfWhoIsHalted(t *testing.T) {
	main := process(101, 100, listens(procfs.SIGTERM))
	main.State = procfs.StateStopped
	c := host(main, process(102, 101, exited, func(p *procfs.Process) { p.SID = 90 }))
	ix := inspect.NewIndex(c)
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	got := Findings(NewLook(ix, nil, chosen, true), "zombies")
	if len(got) != 1 || got[0].Verdict != inspect.Unknown || got[0].Severity != inspect.SeverityNote || !strings.Contains(got[0].Evidence[0], "cannot be determined") {
		t.Errorf("got %+v", got)
	}
}

// A finding without a verdict is a yes.
func TestFindingsHaveAVerdict(t *testing.T) {
	ix := inspect.NewIndex(host(process(101, 100)))
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	for _, f := range Check(NewLook(ix, nil, chosen, true), IDs()).Findings {
		if f.Verdict != inspect.Yes {
			t.Errorf("got %+v", f)
		}
	}
}
