package source

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Which containers are read whole, and which by their main process alone.
func TestIsReadWhole(t *testing.T) {
	containers := []inspect.Container{
		{ID: "owner-id", Name: "owner"},
		{ID: "a-id", Name: "a", PIDMode: "container:owner-id"},
		{ID: "b-id", Name: "b", PIDMode: "container:owner"},
		{ID: "c-id", Name: "c", PIDMode: "container:a-id"},
		{ID: "other-id", Name: "other"},
		{ID: "loop-id", Name: "loop", PIDMode: "container:loop-id"},
		{ID: "host-id", Name: "host", PIDMode: "host"},
		{ID: "lost-id", Name: "lost", PIDMode: "container:silent-id"},
		{ID: "too-id", Name: "lost-too", PIDMode: "container:silent-id"},
	}
	for name, test := range map[string]struct {
		selected string
		members  bool
		want     string
	}{
		"the owner":                         {"owner-id", false, "owner "},
		"a member, and the owner's orphans": {"a-id", false, "owner a "},
		"a member of a member":              {"c-id", false, "owner c "},
		"all members":                       {"owner-id", true, "owner a b c "},
		"all members, by one of them":       {"b-id", true, "owner a b c "},
		"one that shares with nobody":       {"other-id", true, "other "},
		"one that names itself":             {"loop-id", true, "loop "},
		"--pid=host":                        {"host-id", true, "host "},
		"all members of one without answer": {"lost-id", true, "lost lost-too "},
	} {
		s := &session{capture: &inspect.Capture{Containers: containers}, selected: []string{test.selected}, request: Request{Members: test.members}}
		got := ""
		for i := range containers {
			if s.isReadWhole(&containers[i]) {
				got += containers[i].Name + " "
			}
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
	s := &session{capture: &inspect.Capture{Containers: containers}, selected: []string{"owner-id"}, request: Request{MainOnly: true}}
	if s.isReadWhole(&containers[0]) {
		t.Error("the main process was to suffice")
	}
}
