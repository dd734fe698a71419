//go:build e2e && linux

package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// onTerminal runs docker pidns on a terminal with this many columns.
func onTerminal(t *testing.T, columns int, env []string, args ...string) string {
	t.Helper()
	line := fmt.Sprintf("stty cols %d rows 24; exec docker pidns %s", columns, strings.Join(args, " "))
	a := Call{Through: []string{"script", "-qec", line, "/dev/null"}, Env: append([]string{"TERM=xterm"}, env...)}.Run(t).WantStatus(t, 0)
	return signOfLife.ReplaceAllString(strings.ReplaceAll(a.Stdout, "\r\n", "\n"), "")
}

// signOfLife is what a command that takes long shows meanwhile, and removes afterwards.
var signOfLife = regexp.MustCompile("(?s)\r\x1b\\[K(?:[^\n]*\r\x1b\\[K)?")

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// On a terminal the command is cut and no line is longer than the screen. In a pipe nothing is
// cut. Colours only repeat what a word says.
func TestTerminal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long-", 40)
	b := Run(t, "--", "workload", "sleep", long)
	b.Leave("exit 7")
	b.Zombies(1)
	for _, args := range [][]string{{"tree", b.Name}, {"zombies", b.Name}, {"host-pid", "--filter", "name=" + b.Name}} {
		for _, columns := range []int{80, 120} {
			painted := onTerminal(t, columns, nil, args...)
			plain := onTerminal(t, columns, []string{"NO_COLOR=1"}, args...)
			if args[0] != "host-pid" && !colour.MatchString(painted) || strings.Contains(plain, "\x1b") {
				t.Errorf("%s: colour, and none with NO_COLOR:\n%q\n%q", args[0], painted, plain)
			}
			if got := colour.ReplaceAllString(painted, ""); unmoving(got) != unmoving(plain) {
				t.Errorf("%s: colours change the words:\n%s\n%s", args[0], got, plain)
			}
			for line := range strings.Lines(plain) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
					t.Errorf("%s: a line of %d on %d columns: %s", args[0], n, columns, line)
				}
			}
			if args[0] != "zombies" && !strings.Contains(plain, "…") {
				t.Errorf("%s: the long command is not cut\n%s", args[0], plain)
			}
		}
		if a := Ask(t, args...); args[0] != "zombies" && !strings.Contains(a.Stdout, long) || strings.Contains(a.Stdout, "\x1b") {
			t.Errorf("piped, nothing is cut or coloured\n%s", a)
		}
		if got := onTerminal(t, 80, nil, append(args, "--no-trunc")...); args[0] != "zombies" && !strings.Contains(got, long) {
			t.Errorf("--no-trunc cuts\n%s", got)
		}
	}
	ascii := Call{Env: []string{"LC_ALL=C"}}.Run(t, "tree", b.Name)
	if strings.ContainsFunc(ascii.Stdout, func(r rune) bool { return r > 126 }) {
		t.Errorf("no ASCII in the C locale\n%s", ascii)
	}
}

// unmoving removes the seconds, which may differ from one look to the next.
func unmoving(text string) string { return regexp.MustCompile(` *\b\d+s\b`).ReplaceAllString(text, "") }
