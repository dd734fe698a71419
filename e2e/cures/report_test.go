//go:build linux

package main

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/e2e/internal/advice"
)

// A promise that was not met is shown, and fails the run.
func TestReport(t *testing.T) {
	for name, test := range map[string]struct {
		result advice.Result
		says   string
		fails  bool
	}{
		"held":                 {advice.Result{Case: "x", Promises: []advice.Promise{{Told: "cure", Came: "it ended", Held: true}}}, "1 promises, 0 of them broken", false},
		"broken":               {advice.Result{Case: "x", Promises: []advice.Promise{{Told: "cure", Came: "killed"}}}, "1 of them broken", true},
		"not tried":            {advice.Result{Case: "x", Error: "no such image"}, "no such image", true},
		"nothing was promised": {advice.Result{Case: "x"}, "0 promises", true},
	} {
		var out strings.Builder
		var r report
		r.begin(&out)
		r.row(test.result)
		if err := r.end(); (err != nil) != test.fails || !strings.Contains(out.String(), test.says) {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
	}
}
