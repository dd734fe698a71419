//go:build linux

package main

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

func TestLostHandlersAreJudged(t *testing.T) {
	for _, test := range []struct {
		name    string
		word    string
		loses   bool
		outcome outcome
		want    mark
	}{
		{"no handlers", "handled", false, outcome{}, unheld},
		{"cleaned up", "handled", false, outcome{Handlers: realhost.HeardOut}, right},
		{"cleaned up, and told of", "handled", true, outcome{Handlers: realhost.HeardOut}, wrong},
		{"cut off", "handled", false, outcome{Handlers: realhost.CutOff}, wrong},
		{"unheard", "handled", false, outcome{Handlers: realhost.NeverHeard}, wrong},
		{"unheard, and told of", "handled", true, outcome{Handlers: realhost.NeverHeard}, right},
		{"killed in the end", "handled", false, outcome{Handlers: realhost.NeverHeard, Killed: true}, unheld},
		{"said to be killed", "ignored", false, outcome{Handlers: realhost.NeverHeard}, unheld},
	} {
		if got := judgeHandlers(forecast{Forecast: test.word, Loses: test.loses}, test.outcome); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
