package inspect_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A command that is shown can be typed as it is: with sudo unless the reader is root with all
// rights, and with the PID on the host.
func TestCommands(t *testing.T) {
	for name, test := range map[string]struct {
		host         procfs.Host
		signal, want string
	}{
		"an ordinary user":           {procfs.Host{EUID: 1000}, "", "sudo kill 101"},
		"root":                       {procfs.Host{CanPtrace: true}, "", "kill 101"},
		"root without its rights":    {procfs.Host{}, "", "sudo kill 101"},
		"a user who may trace":       {procfs.Host{EUID: 1000, CanPtrace: true}, "", "sudo kill 101"},
		"with a signal":              {procfs.Host{CanPtrace: true}, "-KILL ", "kill -KILL 101"},
		"with a signal, by somebody": {procfs.Host{EUID: 7}, "-CONT ", "sudo kill -CONT 101"},
	} {
		w := Alone("app")
		w.Host = test.host
		ix := w.Index()
		if got := ix.KillCommand(ix.ProcessAt(101), test.signal); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
