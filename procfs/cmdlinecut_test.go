package procfs_test

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// What is kept of a command line that is too long ends with an argument, and has only complete
// arguments.
func TestCutCmdline(t *testing.T) {
	fill := func(n int) string { return strings.Repeat("x", n) }
	for name, test := range map[string]struct {
		data, want string
		cut        bool
	}{
		"empty":                     {"", "", false},
		"short":                     {"a\x00b\x00", "a\x00b\x00", false},
		"as long as it may be":      {fill(procfs.MostCmdline-1) + "\x00", fill(procfs.MostCmdline-1) + "\x00", false},
		"one byte more":             {"a\x00" + fill(procfs.MostCmdline-2) + "\x00", "a\x00", true},
		"ends where it may":         {fill(procfs.MostCmdline-1) + "\x00b\x00", fill(procfs.MostCmdline-1) + "\x00", true},
		"one argument, too long":    {fill(procfs.MostCmdline + 1), "", true},
		"much more, short ones":     {strings.Repeat("ab\x00", procfs.MostCmdline), strings.Repeat("ab\x00", procfs.MostCmdline/3), true},
		"the first is short":        {"java\x00-cp\x00" + fill(procfs.MostCmdline) + "\x00Main\x00", "java\x00-cp\x00", true},
		"empty arguments, too many": {strings.Repeat("\x00", procfs.MostCmdline+9), strings.Repeat("\x00", procfs.MostCmdline), true},
	} {
		if got, cut := procfs.CutCmdline([]byte(test.data)); string(got) != test.want || cut != test.cut {
			t.Errorf("%s: %d bytes, cut %t; want %d, %t", name, len(got), cut, len(test.want), test.cut)
		}
	}
}
