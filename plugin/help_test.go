package plugin

import (
	"errors"
	"strings"
	"testing"
)

// "help COMMAND" is the same as "COMMAND --help".
func TestHelp(t *testing.T) {
	for args, same := range map[string]string{
		"help": "--help", "help tree": "tree --help", "help doctor": "doctor --help", "help snapshot diff": "snapshot diff --help", "help help": "help --help",
	} {
		got, want := runOn(t, unread{errors.New("EOF")}, strings.Fields(args)...), runOn(t, unread{errors.New("EOF")}, strings.Fields(same)...)
		if got != want || got.status != 0 || !strings.Contains(got.out, "Usage:") {
			t.Errorf("%s: got %+v\nwant %+v", args, got, want)
		}
	}
	for args, says := range map[string]string{
		"help doktor": `no help for "doktor" (did you mean doctor?)`, "help snapshot dif": "(did you mean diff?)", "help tree x": `no help for "x"`,
	} {
		if got := runOn(t, unread{errors.New("EOF")}, strings.Fields(args)...); got.status != 125 || !strings.Contains(got.err, says) {
			t.Errorf("%s: got %+v", args, got)
		}
	}
}

// --version reads no host and asks no engine.
func TestVersionOption(t *testing.T) {
	for _, option := range []string{"--version", "-v"} {
		if got := runOn(t, unread{errors.New("EOF")}, option); got != (left{"docker pidns version test\n", "", 0}) {
			t.Errorf("%s: got %+v", option, got)
		}
	}
}
