package diff_test

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/diff"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Findings are the same if rule, container and process are.
func TestFindings(t *testing.T) {
	look := func(w *World) rule.Report {
		ix := w.Index()
		chosen, _ := ix.Choose(nil, inspect.Filter{})
		return rule.Check(rule.NewLook(ix, nil, chosen, true), rule.IDs())
	}
	sick, well := look(Alone("sleep").Attend(101)), look(Alone("sleep", Caught(Term)).Attend(101, Runs()))
	if changes := diff.Findings(sick, sick); len(changes) != 0 {
		t.Errorf("with itself: %+v", changes)
	}
	for want, changes := range map[diff.Direction][]diff.Change{diff.Went: diff.Findings(sick, well), diff.Came: diff.Findings(well, sick)} {
		if len(changes) != 1 || changes[0].Direction != want || !strings.HasPrefix(changes[0].Text, "stop-ignored: ") {
			t.Errorf("%s: got %+v", want, changes)
		}
	}
}

// A finding with another rule, container or process is another one. Severity and text may
// change.
func TestSameFinding(t *testing.T) {
	c, other := &inspect.Container{ID: ID("a")}, &inspect.Container{ID: ID("b")}
	p, again := &procfs.Process{Key: procfs.Key{PID: 7, StartTicks: 1}}, &procfs.Process{Key: procfs.Key{PID: 7, StartTicks: 2}}
	one := rule.Finding{Rule: "x", Container: c, Process: p, Evidence: []string{"1 zombie"}}
	for name, test := range map[string]struct {
		change func(*rule.Finding)
		same   bool
	}{
		"nothing":               {func(*rule.Finding) {}, true},
		"how bad it is":         {func(f *rule.Finding) { f.Severity, f.Evidence = inspect.SeverityError, []string{"9 zombies"} }, true},
		"the rule":              {func(f *rule.Finding) { f.Rule = "y" }, false},
		"the container":         {func(f *rule.Finding) { f.Container = other }, false},
		"the process":           {func(f *rule.Finding) { f.Process = again }, false},
		"about no process then": {func(f *rule.Finding) { f.Process = nil }, false},
	} {
		changed := one
		test.change(&changed)
		got := diff.Findings(rule.Report{Findings: []rule.Finding{one}}, rule.Report{Findings: []rule.Finding{changed}})
		if (len(got) == 0) != test.same || !test.same && (len(got) != 2 || got[0].Direction != diff.Went || got[1].Direction != diff.Came || got[1].Text != changed.Rule+": 1 zombie") {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
