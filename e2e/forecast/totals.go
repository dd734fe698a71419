//go:build linux

package main

import "fmt"

// totals counts forecasts by result.
type totals struct {
	// All is Certain, Likely and Unknown together.
	All                   int
	Certain, CertainWrong int
	Likely, LikelyWrong   int
	Unknown               int
	// Reaps counts the forecasts that could be compared with orphans.
	Reaps, ReapsWrong, ReapsUnknown int
	// Blockers counts the named blockers whose exit was awaited or caused.
	Blockers, BlockersInnocent int
	// Handlers counts the stops in time of programs whose workers have handlers.
	Handlers, HandlersWrong int
	// Broken are programs that could not be tried.
	Broken int
}

// add counts one trial.
func (t *totals) add(r trial) {
	if r.Error != "" {
		t.Broken++
		return
	}
	if r.Forecast == nil {
		return
	}
	t.All++
	t.addStop(*r.Forecast, judgeStop(*r.Forecast, r.Outcome))
	t.addReaps(judgeReaps(*r.Forecast, r.Outcome))
	t.addHandlers(judgeHandlers(*r.Forecast, r.Outcome))
	if r.Outcome.Blocker != "" && r.Outcome.Blocker != unproved {
		t.Blockers++
		t.BlockersInnocent += count(r.Outcome.Blocker == innocent)
	}
}

func (t *totals) addStop(f forecast, m mark) {
	switch {
	case m == unknown:
		t.Unknown++
	case f.Certainty == "certain":
		t.Certain++
		t.CertainWrong += count(m == wrong)
	default:
		t.Likely++
		t.LikelyWrong += count(m == wrong)
	}
}

func (t *totals) addReaps(m mark) {
	t.Reaps += count(m != unheld)
	t.ReapsWrong += count(m == wrong)
	t.ReapsUnknown += count(m == unknown)
}

func (t *totals) addHandlers(m mark) {
	t.Handlers += count(m != unheld)
	t.HandlersWrong += count(m == wrong)
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// missed are the promises that are not met.
func (t totals) missed() []string {
	var missed []string
	for _, promise := range []struct {
		broken bool
		text   string
	}{
		{t.CertainWrong > 0, "none that is certain may be wrong"},
		{t.LikelyWrong*20 > t.Likely, "of those that are likely one in twenty may be wrong"},
		{t.Unknown*10 > t.All, "one in ten may be unknown"},
		{t.ReapsWrong > 0, "none about reaping may be wrong"},
		{t.HandlersWrong*20 > t.Handlers, "of those about handlers one in twenty may be wrong"},
		{t.Broken > 0, "every program has to run"},
	} {
		if promise.broken {
			missed = append(missed, promise.text)
		}
	}
	return missed
}

// lines are the totals.
func (t totals) lines() []string {
	var lines []string
	if t.All > 0 {
		lines = append(lines,
			fmt.Sprintf("docker stop: %d forecasts, %d certain (%d wrong), %d likely (%d wrong), %d unknown",
				t.All, t.Certain, t.CertainWrong, t.Likely, t.LikelyWrong, t.Unknown),
			fmt.Sprintf("reaping:     %d forecasts, %d wrong, %d unknown", t.Reaps, t.ReapsWrong, t.ReapsUnknown))
	}
	if t.Blockers > 0 {
		lines = append(lines, fmt.Sprintf("blockers:    %d named, %d of them held nothing up", t.Blockers, t.BlockersInnocent))
	}
	if t.Handlers > 0 {
		lines = append(lines, fmt.Sprintf("handlers:    %d forecasts, %d wrong", t.Handlers, t.HandlersWrong))
	}
	if t.Broken > 0 {
		lines = append(lines, fmt.Sprintf("not tried:   %d", t.Broken))
	}
	return lines
}
