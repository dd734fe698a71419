package overview

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A process that could not be read is missing from its container, if a control group lists it,
// and else from no container in particular. No finding is then not an all-clear.
func TestGaps(t *testing.T) {
	read := func() *World { return shop().Attend(101).Attend(201).Attend(301) }
	missed := func(pids ...int) *World {
		w := read()
		w.Groups = []inspect.GroupMembers{{ContainerID: ID("b"), PIDs: []int{201, 202, 203}}}
		for _, pid := range pids {
			w.Snapshot.Missed = append(w.Snapshot.Missed, procfs.Missed{PID: pid, Why: procfs.Denied})
		}
		return w
	}
	unfinished := read()
	unfinished.Snapshot.Unfinished = true
	for name, test := range map[string]struct {
		w                              *World
		web, limited, unassigned, none bool
	}{
		"everything is read": {missed(), false, false, false, true},
		"one of web":         {missed(203), true, false, false, false},
		"one of nobody":      {missed(900), false, false, true, false},
		"both":               {missed(203, 900), true, false, true, false},
		"not to the end":     {unfinished, true, true, false, false},
	} {
		ix := test.w.Index()
		g := GapsOf(ix)
		web, limited := ix.Container(ID("b")), ix.Container(ID("c"))
		if g.In(web) != test.web || g.In(limited) != test.limited || g.Unassigned != test.unassigned || g.Any() == test.none {
			t.Errorf("%s: got %+v", name, g)
		}
		chosen, _ := ix.Choose(nil, inspect.Filter{})
		v := Judge(ix, chosen, true).Of(web)
		if v.Count.Held() == test.web || v.Checked != test.none {
			t.Errorf("%s: counted %t, checked %t", name, v.Count.Held(), v.Checked)
		}
	}
}
