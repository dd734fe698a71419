//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// pane is a shell on a terminal of tmux(1).
type pane struct {
	t      *testing.T
	server string
}

// openPane starts a shell on a terminal of that size. The terminal ends with the test.
func openPane(t *testing.T, columns, rows int) *pane {
	t.Helper()
	p := &pane{t, "pidns-" + Random()}
	p.tmux("-f", os.DevNull, "new-session", "-d", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows), "env", "LC_ALL=C.UTF-8", "PS1=shell$ ", "bash", "--norc", "--noprofile", "-i")
	t.Cleanup(func() { _, _ = Command("tmux", "-L", p.server, "kill-server") })
	p.shows(`shell\$`)
	return p
}

func (p *pane) tmux(args ...string) string {
	p.t.Helper()
	out, err := Command("tmux", append([]string{"-L", p.server}, args...)...)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// types types a line.
func (p *pane) types(line string) {
	p.t.Helper()
	p.tmux("send-keys", "-l", line)
	p.tmux("send-keys", "Enter")
}

// press presses keys, by their names in tmux(1).
func (p *pane) press(keys ...string) {
	p.t.Helper()
	p.tmux(append([]string{"send-keys"}, keys...)...)
}

// screen is what is visible.
func (p *pane) screen() string {
	p.t.Helper()
	return p.tmux("capture-pane", "-p")
}

// shows waits until the screen matches the pattern.
func (p *pane) shows(pattern string) {
	p.t.Helper()
	wanted, last := regexp.MustCompile(pattern), ""
	p.t.Cleanup(func() {
		if p.t.Failed() && last != "" {
			p.t.Logf("the screen, when %s was waited for:\n%s", pattern, last)
			last = ""
		}
	})
	Eventually(p.t, "the screen shows "+pattern, func() bool {
		last = p.screen()
		return wanted.MatchString(last)
	})
	last = ""
}

// wantsShell wants the terminal to be as it was before a program took it.
func (p *pane) wantsShell(before string) {
	p.t.Helper()
	if got := strings.TrimSpace(p.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}")); got != "0 1 0 0" {
		p.t.Errorf("alternate screen, cursor, mouse, keypad: %s", got)
	}
	if after := p.stty(); after != before {
		p.t.Errorf("the terminal's settings: before %s, after %s", before, after)
	}
}

// stty are the settings of the terminal.
func (p *pane) stty() string {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), "stty")
	p.types("stty -g > " + path)
	var text []byte
	Eventually(p.t, "stty has written", func() bool {
		text, _ = os.ReadFile(path)
		return len(text) > 0
	})
	return string(text)
}

// top shows containers on a real terminal, answers keys, follows the size of the terminal, can be
// suspended, survives the end of a container that is looked at, and leaves the terminal as it was.
func TestTop(t *testing.T) {
	t.Parallel()
	bad, good := Run(t, "--", "workload", "sleep", "1"), Run(t, "--init", "--", "workload", "sleep", "2")
	for range 3 {
		bad.Leave("exit 7")
	}
	bad.Zombies(3)
	p := openPane(t, 120, 30)
	before := p.stty()
	p.types("docker pidns top --interval 500ms " + bad.Name + " " + good.Name + "; echo ended with $?")
	p.shows(`▸ ` + bad.Name + ` +\d+ +\d+ +3 .*(zombies-unreaped|stop-ignored)`)
	p.shows(`  ` + good.Name + ` +\d+ +\d+ +0 .*stop it`)
	p.press("Enter")
	p.shows(`(?s)HOST PID.*main.*workload`)
	p.press("z")
	p.shows(`3 zombies\. PID 1 \(workload\) does not reap`)
	p.press("Escape")
	p.shows(`▸ ` + bad.Name)
	p.press("Down")
	p.shows(`▸ ` + good.Name)
	p.tmux("resize-window", "-x", "60", "-y", "12")
	p.shows(`(?m)^  CONTAINER +PROCS +ZOMB +FINDING$`)
	p.press("C-z")
	p.shows(`Stopped`)
	p.types("fg; echo resumed and ended with $?")
	p.shows(`▸ ` + good.Name)
	p.press("e")
	p.shows(`docker stop`)
	Docker(t, "rm", "-f", good.Name)
	p.shows(good.Name + ` is no longer running`)
	p.press("Escape")
	p.shows(`- ` + good.Name + `|▸ `)
	p.press("q")
	p.shows(`resumed and ended with 0`)
	p.wantsShell(before)
}

// terminate sends SIGTERM to the top that shows the container.
func terminate(t *testing.T, name string) {
	t.Helper()
	for _, pid := range Mentioning(t, "docker-pidns", name) {
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
}

// A signal ends top at once, also while a filter is typed, and the terminal is as it was.
func TestTopEndsBySignal(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "workload", "sleep", "3")
	p := openPane(t, 80, 24)
	before := p.stty()
	for _, end := range []struct {
		name string
		do   func()
	}{
		{"130", func() { terminate(t, b.Name) }},
		{"0", func() { p.press("/", "x", "C-c") }},
	} {
		p.types("clear; docker pidns top " + b.Name + "; echo ended with $?")
		p.shows(`▸ ` + b.Name)
		end.do()
		p.shows(`ended with ` + end.name)
		p.wantsShell(before)
	}
}
