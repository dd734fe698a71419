//go:build linux

package main

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

func TestReport(t *testing.T) {
	var out strings.Builder
	report := newReport(&out, false)
	report.row(trial{Program: "sleep", Forecast: &forecast{Forecast: "ignored", Certainty: "certain", Reaps: "no"},
		Outcome: outcome{Killed: true, Seconds: 4.12, ExitCode: 137, Orphans: reapedNone}})
	report.row(trial{Program: "su", Forecast: &forecast{Forecast: "ignored", Certainty: "likely", Reaps: "yes"},
		Outcome: outcome{Seconds: 2.07, ExitCode: 143, Orphans: reapedOne}})
	report.row(trial{Program: "bash", Forecast: &forecast{Forecast: "unknown", Certainty: "unknown", Reaps: "unknown"},
		Outcome: outcome{Killed: true, Seconds: 4.12, ExitCode: 137, Orphans: reapedBoth}})
	report.row(trial{Program: "nginx", Error: "it has ended by itself"})
	report.row(trial{Program: "sh", Forecast: &forecast{Forecast: "handled", Certainty: "likely", Reaps: "yes"},
		Outcome: outcome{Seconds: 0.3, Orphans: reapedBoth, Handlers: realhost.CutOff}})
	err := report.close()
	if want := "of those that are likely one in twenty may be wrong; one in ten may be unknown; none about reaping may be wrong; of those about handlers one in twenty may be wrong; every program has to run"; err == nil || err.Error() != want {
		t.Errorf("closed with %v, want %s", err, want)
	}
	want := `PROGRAM                               FORECAST           DOCKER STOP          REAPS    ORPHANS  HANDLERS
sleep                                 ignored, certain   killed   4.1s (137)  no       no
su                                    ignored, likely    stopped  2.1s (143)  yes      partly             WRONG, WRONG reaps
bash                                  unknown            killed   4.1s (137)  unknown  yes
nginx                                 NOT TRIED: it has ended by itself
sh                                    handled, likely    stopped  0.3s (0)    yes      yes      cut off   WRONG handlers

docker stop: 4 forecasts, 1 certain (0 wrong), 2 likely (1 wrong), 1 unknown
reaping:     4 forecasts, 1 wrong, 1 unknown
handlers:    1 forecasts, 1 wrong
not tried:   1
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestReportOfOutcomesAlone(t *testing.T) {
	var out strings.Builder
	report := newReport(&out, true)
	report.row(trial{Program: "sleep", Outcome: outcome{Killed: true, Seconds: 4.12, ExitCode: 137, Orphans: reapedNone}})
	if err := report.close(); err != nil {
		t.Error(err)
	}
	want := "PROGRAM                               DOCKER STOP          ORPHANS  HANDLERS\n" +
		"sleep                                 killed   4.1s (137)  no\n\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
