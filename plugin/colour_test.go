package plugin

import (
	"strings"
	"testing"
)

// The option takes precedence over NO_COLOR, that over CLICOLOR_FORCE, and that over the kind of
// output.
func TestColourOption(t *testing.T) {
	for _, c := range []struct {
		environment, args string
		coloured          bool
	}{
		{"", "", false}, // it is not a terminal
		{"", "--color=always", true},
		{"NO_COLOR=1", "--color always", true},
		{"CLICOLOR_FORCE=1", "", true},
		{"CLICOLOR_FORCE=0", "", false},
		{"CLICOLOR_FORCE=1", "--color never", false},
		{"CLICOLOR_FORCE=1", "--color auto", true},
		{"CLICOLOR_FORCE=1 NO_COLOR=1", "", false},
	} {
		t.Run(c.environment+c.args, func(t *testing.T) {
			for _, name := range []string{"NO_COLOR", "CLICOLOR_FORCE"} {
				t.Setenv(name, "")
			}
			for setting := range strings.FieldsSeq(c.environment) {
				name, value, _ := strings.Cut(setting, "=")
				t.Setenv(name, value)
			}
			before := runOn(t, nil, append(strings.Fields(c.args), "zombies", "--from", saved)...)
			behind := runOn(t, nil, append([]string{"zombies", "--from", saved}, strings.Fields(c.args)...)...)
			if before != behind || before.status != 0 || strings.Contains(before.out, "\x1b[") != c.coloured {
				t.Errorf("got %+v\n%+v", before, behind)
			}
		})
	}
	if got := runOn(t, nil, "tree", "--color", "blue", "--from", saved); got.status != 125 || !strings.Contains(got.err, "want auto, always, never") {
		t.Errorf("got %+v", got)
	}
}
