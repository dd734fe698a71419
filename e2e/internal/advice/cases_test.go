//go:build linux

package advice

import "testing"

// Names are options of --run and parts of containers' names.
func TestCasesHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		if seen[c.Name] || c.Name == "" {
			t.Errorf("%q is there twice", c.Name)
		}
		seen[c.Name] = true
	}
	if quick := QuickCases(); len(quick) != 10 {
		t.Errorf("%d quick cases", len(quick))
	}
}

func TestRunHoldsOnlyIfAllDoes(t *testing.T) {
	yes, no := Promise{Held: true}, Promise{}
	for name, test := range map[string]struct {
		result Result
		want   bool
	}{
		"all":              {Result{Promises: []Promise{yes, yes}}, true},
		"one not":          {Result{Promises: []Promise{yes, no}}, false},
		"nothing was held": {Result{}, false},
		"not to its end":   {Result{Promises: []Promise{yes}, Error: "x"}, false},
	} {
		if got := test.result.Holds(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A container that joins another one gets that container's name, and its spec does not change.
func TestJoining(t *testing.T) {
	s := spec{options: []string{"--network", joinX}}
	if got := s.joining(&box{name: "x"}).options[1]; got != "container:x" || s.options[1] != joinX {
		t.Errorf("got %s, and the spec has %s", got, s.options[1])
	}
}
