//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// forecasts makes n trials of one kind.
func forecasts(n int, word, certainty string, killed bool) []trial {
	f := forecast{Forecast: word, Certainty: certainty, Reaps: "no"}
	return slices.Repeat([]trial{{Forecast: &f, Outcome: outcome{Killed: killed, Orphans: reapedNone}}}, n)
}

func TestPromises(t *testing.T) {
	good := forecasts(60, "ignored", "certain", true)
	for _, test := range []struct {
		name   string
		trials [][]trial
		// missed is a part of each promise that is broken.
		missed []string
	}{
		{"all right", [][]trial{good}, nil},
		{"a certain one wrong", [][]trial{good, forecasts(1, "handled", "certain", true)}, []string{"certain"}},
		{"one likely of twenty wrong", [][]trial{good, forecasts(19, "handled", "likely", false), forecasts(1, "handled", "likely", true)}, nil},
		{"one likely of nineteen wrong", [][]trial{good, forecasts(18, "handled", "likely", false), forecasts(1, "handled", "likely", true)}, []string{"likely"}},
		{"one of ten unknown", [][]trial{good[:9], forecasts(1, "unknown", "unknown", false)}, nil},
		{"one of nine unknown", [][]trial{good[:8], forecasts(1, "unknown", "unknown", false)}, []string{"unknown"}},
		{"a certainty that we do not know counts as likely", [][]trial{good, forecasts(1, "handled", "", true)}, []string{"likely"}},
		{"reaping told wrong", [][]trial{good, {{Forecast: &forecast{Forecast: "ignored", Certainty: "certain", Reaps: "yes"},
			Outcome: outcome{Killed: true, Orphans: reapedNone}}}}, []string{"reaping"}},
		{"handlers lost unsaid", [][]trial{good, {{Forecast: &forecast{Forecast: "handled", Certainty: "likely", Reaps: "no"},
			Outcome: outcome{Handlers: realhost.CutOff, Orphans: reapedNone}}}}, []string{"handlers"}},
		{"one that did not run", [][]trial{good, {{Error: "gone"}}}, []string{"run"}},
		{"outcomes alone", [][]trial{{{Outcome: outcome{Killed: true}}}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sum totals
			for _, r := range slices.Concat(test.trials...) {
				sum.add(r)
			}
			missed := sum.missed()
			if len(missed) != len(test.missed) {
				t.Fatalf("missed %q, want %q", missed, test.missed)
			}
			for i, part := range test.missed {
				if !strings.Contains(missed[i], part) {
					t.Errorf("missed %q, want %q", missed[i], part)
				}
			}
		})
	}
}

func TestBlockersAreCounted(t *testing.T) {
	var sum totals
	for _, b := range []blocker{"", passing, proved, innocent, unproved} {
		f := forecast{Forecast: "delayed", Certainty: "likely"}
		sum.add(trial{Forecast: &f, Outcome: outcome{Killed: true, Blocker: b, Orphans: notMade}})
	}
	if sum.Blockers != 3 || sum.BlockersInnocent != 1 {
		t.Errorf("%d blockers, %d innocent, want 3 and 1", sum.Blockers, sum.BlockersInnocent)
	}
}
