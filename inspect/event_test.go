package inspect_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// Events are selected by container and by a time that includes both ends. Their order is that of
// the engine.
func TestEventsOf(t *testing.T) {
	at := func(seconds int) time.Time { return TakenAt.Add(time.Duration(seconds) * time.Second) }
	log := &inspect.EventLog{Oldest: at(0), Events: []inspect.Event{
		{At: at(1), ContainerID: ID("a"), Action: "start", ExitCode: -1},
		{At: at(2), ContainerID: ID("b"), Action: "start", ExitCode: -1},
		{At: at(3), ContainerID: ID("a"), Action: "kill", Signal: 15, ExitCode: -1},
		{At: at(3), ContainerID: ID("a"), Action: "die", ExitCode: 143},
		{At: at(4), ContainerID: ID("a"), Action: "stop", ExitCode: -1},
	}}
	for name, test := range map[string]struct {
		letter   string
		from, to int
		want     string
	}{
		"all":                  {"a", 0, 9, "start kill die stop "},
		"both ends":            {"a", 1, 4, "start kill die stop "},
		"one moment":           {"a", 3, 3, "kill die "},
		"the beginning is cut": {"a", 2, 4, "kill die stop "},
		"the end is cut":       {"a", 0, 2, "start "},
		"of another":           {"b", 0, 9, "start "},
		"of nobody":            {"c", 0, 9, ""},
		"the wrong way round":  {"a", 4, 1, ""},
	} {
		got := ""
		for _, e := range log.Of(ID(test.letter), at(test.from), at(test.to)) {
			got += e.Action + " "
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	if list := log.Of("", at(0), at(9)); list != nil {
		t.Errorf("of no container: got %+v", list)
	}
}

// An event that the engine has forgotten may have happened. A log without events reaches back to
// no time.
func TestEventLogReaches(t *testing.T) {
	for name, test := range map[string]struct {
		oldest time.Time
		want   bool
	}{
		"it holds an older one":  {TakenAt.Add(-time.Second), true},
		"one of the same moment": {TakenAt, true},
		"younger ones only":      {TakenAt.Add(time.Nanosecond), false},
		"none":                   {time.Time{}, false},
	} {
		if got := (&inspect.EventLog{Oldest: test.oldest}).Reaches(TakenAt); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}
