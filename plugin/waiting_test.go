package plugin

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// While the user waits, one line on standard error says so after a while. It is updated, and
// removed at the end.
func TestShowWhileWaiting(t *testing.T) {
	line := whatIsWatched(30 * time.Second)
	for name, test := range map[string]struct {
		waits   time.Duration
		columns int
		want    string
	}{
		"short":         {time.Second, 80, ""},
		"a while":       {2 * time.Second, 80, eraseLine + "watching for 30s: 29s left" + eraseLine},
		"longer":        {3 * time.Second, 0, eraseLine + "watching for 30s: 29s left" + eraseLine + "watching for 30s: 28s left" + eraseLine},
		"does not fit":  {9 * time.Second, 20, ""},
		"too long":      {31300 * time.Millisecond, 80, "watching for 30s: 0s left" + eraseLine},
		"ends just now": {0, 80, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			end := showWhileWaiting(t.Context(), &out, test.columns, signAfter, line)
			time.Sleep(test.waits)
			end()
			if got := out.String(); !strings.HasSuffix(got, test.want) || test.want == "" && got != "" {
				t.Errorf("%s: got %q", name, got)
			}
		})
	}
}

// Untrusted text in the line is escaped.
func TestSignsOfLife(t *testing.T) {
	for want, line := range map[render.Safe]func(time.Duration) render.Safe{
		"waiting for the engine and /proc: 2s":                                          whatIsRead("", 0),
		"waiting for the engine, /proc and a second look at zombies (--settle 10s): 2s": whatIsRead("", 10*time.Second),
		`reading a\x1b[2Jb: 2s`:                                                         whatIsRead("a\x1b[2Jb", 10*time.Second),
		"watching for 30s: 28s left":                                                    whatIsWatched(30 * time.Second),
	} {
		if got := line(2 * time.Second); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Nothing is written if standard error is not a terminal.
func TestNoSignOfLifeInAFile(t *testing.T) {
	t.Setenv("TERM", "xterm")
	if got := run(t, nil, "zombies", "--from", saved); got.err != "" {
		t.Errorf("got %q", got.err)
	}
}
