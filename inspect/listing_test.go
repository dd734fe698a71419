package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// A status counts only if both lists agree. A container that came, went or changed while the
// processes were read has none.
func TestListingStatus(t *testing.T) {
	l := &inspect.Listing{
		Before: []inspect.Listed{{"same", "a", "running"}, {"went", "b", "running"}, {"ended", "c", "running"}, {"renamed", "old", "exited"}},
		After:  []inspect.Listed{{"renamed", "new", "exited"}, {"ended", "c", "exited"}, {"came", "d", "created"}, {"same", "a", "running"}},
	}
	for id, test := range map[string]struct {
		want inspect.Listed
		ok   bool
	}{
		"same":    {inspect.Listed{ID: "same", Name: "a", Status: "running"}, true},
		"renamed": {inspect.Listed{ID: "renamed", Name: "new", Status: "exited"}, true},
		"ended":   {inspect.Listed{ID: "ended", Name: "c", Status: "exited"}, false},
		"came":    {inspect.Listed{ID: "came", Name: "d", Status: "created"}, false},
		"went":    {inspect.Listed{}, false},
		"never":   {inspect.Listed{}, true},
	} {
		if got, ok := l.Status(id); got != test.want || ok != test.ok {
			t.Errorf("%s: got %+v, %t; want %+v, %t", id, got, ok, test.want, test.ok)
		}
	}
	if got, ok := new(inspect.Listing).Status("any"); got != (inspect.Listed{}) || !ok {
		t.Errorf("of an engine without containers: got %+v, %t", got, ok)
	}
}
