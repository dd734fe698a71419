package plugin

import (
	"errors"
	"testing"
)

// An engine's text is escaped before it reaches a terminal. The lines of a hint stay lines.
func TestErrorText(t *testing.T) {
	for said, want := range map[string]string{
		"no engine answers":                   "no engine answers",
		"the engine said \x1b[31mred\x07":     `the engine said \x1b[31mred\x07`,
		"denied\rall well":                    `denied\x0dall well`,
		"not here\nrun it there":              "not here\nrun it there",
		"turned \u202e round, \x9b, and \xff": `turned \u202e round, \x9b, and \xff`,
	} {
		if got := ErrorText(errors.New(said)); got != want {
			t.Errorf("%q: got %q, want %q", said, got, want)
		}
	}
}
