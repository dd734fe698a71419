package diff_test

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/diff"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
)

// Findings are the same where rule, container and process are.
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
