package signal_test

import (
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The default grace period of an engine is known only if the arguments of its process show it
// with certainty.
func TestDefaultGrace(t *testing.T) {
	started := TakenAt.Add(-time.Hour)
	before, after := started.Add(-time.Second), started.Add(time.Second)
	const etc = "/etc/docker/daemon.json"
	says := func(at time.Time, text string) procfs.Opt[procfs.File] {
		return procfs.Some(procfs.File{Text: text, ChangedAt: at})
	}
	missing := func(at time.Time) procfs.Opt[procfs.File] {
		return procfs.Some(procfs.File{Missing: true, ChangedAt: at})
	}
	denied := procfs.None[procfs.File](procfs.Denied)
	const unknown = -1
	for name, test := range map[string]struct {
		args []string
		path string
		file procfs.Opt[procfs.File]
		want time.Duration
		// unsure is true if the engine may have another.
		unsure bool
	}{
		"by an argument":               {[]string{"--default-stop-timeout", "3"}, "", denied, 3, false},
		"behind its =":                 {[]string{"--default-stop-timeout=3", "-H", "fd://"}, "", denied, 3, false},
		"none at all":                  {[]string{"--default-stop-timeout=0"}, "", denied, 0, false},
		"the last one":                 {[]string{"--default-stop-timeout=3", "--default-stop-timeout=4"}, "", denied, 4, false},
		"no number":                    {[]string{"--default-stop-timeout=3s"}, "", denied, unknown, false},
		"negative":                     {[]string{"--default-stop-timeout=-1"}, "", denied, unknown, false},
		"more than it can count":       {[]string{"--default-stop-timeout=9223372037"}, "", denied, unknown, false},
		"by its file":                  {nil, etc, says(before, `{"data-root":"/srv","default-stop-timeout":30}`), 30, false},
		"by another file":              {[]string{"--config-file", "/srv/d.json"}, "/srv/d.json", says(before, `{"default-stop-timeout": 0}`), 0, false},
		"by no file":                   {nil, etc, missing(before), 10, false},
		"its file says nothing":        {nil, etc, says(before, `{"debug":true}`), 10, false},
		"its file is empty":            {nil, etc, says(before, "\n"), 10, false},
		"its file was changed since":   {nil, etc, says(after, `{"default-stop-timeout":30}`), 30, true},
		"its file was removed since":   {nil, etc, missing(after), 10, true},
		"its file cannot be read":      {nil, etc, denied, unknown, false},
		"its file is no JSON":          {nil, etc, says(before, `default-stop-timeout: 30`), unknown, false},
		"its file has a word there":    {nil, etc, says(before, `{"default-stop-timeout":"30"}`), unknown, false},
		"its file, from where it runs": {[]string{"--config-file=d.json"}, "d.json", says(before, `{}`), unknown, false},
	} {
		w := NewWorld().Process(50, 1, "dockerd", Args(append([]string{"dockerd"}, test.args...)...))
		got, sure := signal.DefaultGrace(w.Index().ProcessAt(50), started, func(path string) procfs.Opt[procfs.File] {
			if path != test.path {
				t.Errorf("%s: %s was read", name, path)
			}
			return test.file
		})
		if value, known := got.Get(); known != (test.want >= 0) || known && value != test.want*time.Second {
			t.Errorf("%s: got %v, %t", name, value, known)
		} else if known && sure == test.unsure {
			t.Errorf("%s: sure is %t", name, sure)
		}
	}
}

// If facts about the process or the location of its file are unknown, so is the default.
func TestDefaultGraceOfAHalfKnownEngine(t *testing.T) {
	never := func(path string) procfs.Opt[procfs.File] {
		t.Errorf("%s was read", path)
		return procfs.None[procfs.File](procfs.Denied)
	}
	for name, change := range map[string]Change{
		"arguments not read": func(p *procfs.Process) { p.Args = procfs.None[[]string](procfs.Denied) },
		"arguments cut":      func(p *procfs.Process) { p.ArgsCut = true },
		"rootless":           func(p *procfs.Process) { p.UIDs.Real = 1000 },
	} {
		w := NewWorld().Process(50, 1, "dockerd", change)
		if got, sure := signal.DefaultGrace(w.Index().ProcessAt(50), TakenAt, never); got.Held() || sure {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
