//go:build linux

package main

import (
	"testing"
	"time"
)

func TestStopIsJudged(t *testing.T) {
	for _, test := range []struct {
		name     string
		forecast string
		outcome  outcome
		want     mark
	}{
		{"handled and quick", "handled", outcome{Seconds: 0.1}, right},
		{"handled, in time", "handled", outcome{Seconds: 3.2}, right},
		{"handled, but killed", "handled", outcome{Killed: true, Seconds: 4.1, ExitCode: 137}, wrong},
		{"SIGKILL is the stop signal", "handled", outcome{Seconds: 0.1, ExitCode: 137}, right},
		{"ignored and killed", "ignored", outcome{Killed: true, Seconds: 4.1, ExitCode: 137}, right},
		{"ignored, but stopped", "ignored", outcome{Seconds: 0.1}, wrong},
		{"delayed until killed", "delayed", outcome{Killed: true, Seconds: 4.1}, right},
		{"delayed by more than a second", "delayed", outcome{Seconds: 1.1}, right},
		{"delayed, but quick", "delayed", outcome{Seconds: 0.3}, wrong},
		{"delayed, and the blocker just ended", "delayed", outcome{Seconds: 0.3, Blocker: passing}, right},
		{"delayed by another", "delayed", outcome{Killed: true, Blocker: innocent}, right},
		{"unknown", "unknown", outcome{Killed: true}, unknown},
		{"no word that we know", "", outcome{}, wrong},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := judgeStop(forecast{Forecast: test.forecast}, test.outcome); got != test.want {
				t.Errorf("%s, %+v: %s, want %s", test.forecast, test.outcome, got, test.want)
			}
		})
	}
}

func TestReapingIsJudged(t *testing.T) {
	for _, test := range []struct {
		reaps   string
		orphans reaping
		want    mark
	}{
		{"yes", reapedBoth, right},
		{"yes", reapedNone, wrong},
		{"yes", reapedOne, wrong},
		{"no", reapedNone, right},
		{"no", reapedOne, wrong},
		{"no", reapedBoth, wrong},
		{"unknown", reapedOne, unknown},
		{"unknown", notMade, unheld},
		{"no", notMade, unheld},
		{"", reapedBoth, wrong},
	} {
		if got := judgeReaps(forecast{Reaps: test.reaps}, outcome{Orphans: test.orphans}); got != test.want {
			t.Errorf("%q, orphans %s: %s, want %s", test.reaps, test.orphans, got, test.want)
		}
	}
}

func TestWhoWasKilled(t *testing.T) {
	for _, test := range []struct {
		name     string
		taken    time.Duration
		exitCode int
		want     bool
	}{
		{"by the engine", grace + 100*time.Millisecond, 137, true},
		{"by its stop signal", 100 * time.Millisecond, 137, false},
		{"in time, by a slow engine", grace + 10*time.Millisecond, 0, false},
		{"and never waited for", 2 * grace, 255, true},
	} {
		if got := killed(test.taken, test.exitCode); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}
