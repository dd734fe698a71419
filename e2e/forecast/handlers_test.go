//go:build linux

package main

import "testing"

func TestHandlersAreFoundInTheLog(t *testing.T) {
	for _, test := range []struct {
		log  string
		want hearing
	}{
		{"", neverHeard},
		{"handler set\n", neverHeard},
		{"handler set\nhandler begun\n", cutOff},
		{"handler set\nhandler begun\nhandler ended\n", heardOut},
		{"handler set\nhandler set\nhandler begun\nhandler ended\n", cutOff},
		{"handler set\nhandler set\nhandler begun\nhandler begun\nhandler ended\nhandler ended\n", heardOut},
	} {
		if got := hearingIn(test.log); got != test.want {
			t.Errorf("%q: %s, want %s", test.log, got, test.want)
		}
	}
}

func TestLostHandlersAreJudged(t *testing.T) {
	for _, test := range []struct {
		name    string
		word    string
		loses   bool
		outcome outcome
		want    mark
	}{
		{"no handlers", "handled", false, outcome{}, unheld},
		{"cleaned up", "handled", false, outcome{Handlers: heardOut}, right},
		{"cleaned up, and told of", "handled", true, outcome{Handlers: heardOut}, wrong},
		{"cut off", "handled", false, outcome{Handlers: cutOff}, wrong},
		{"unheard", "handled", false, outcome{Handlers: neverHeard}, wrong},
		{"unheard, and told of", "handled", true, outcome{Handlers: neverHeard}, right},
		{"killed in the end", "handled", false, outcome{Handlers: neverHeard, Killed: true}, unheld},
		{"said to be killed", "ignored", false, outcome{Handlers: neverHeard}, unheld},
	} {
		if got := judgeHandlers(forecast{Forecast: test.word, Loses: test.loses}, test.outcome); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
