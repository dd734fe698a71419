package procfs_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestParseSignal(t *testing.T) {
	for text, want := range map[string]int{
		"SIGTERM": 15, "term": 15, "15": 15, "SigKill": 9, " QUIT ": 3, "CLD": 17, "SIGPOLL": 29,
		"SIGRTMIN": 34, "RTMIN+3": 37, "SIGRTMAX": 64, "RTMAX-1": 63, "64": 64, "1": 1,
	} {
		if got, err := procfs.ParseSignal(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "65", "-1", "SIG", "TERMINATE", "RTMIN+31", "RTMIN3", "RTMAX+1", "RTMIN+x", "SIGSIGTERM"} {
		if got, err := procfs.ParseSignal(text); err == nil || got != 0 {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

// Every name that is written can be parsed.
func TestSignalNames(t *testing.T) {
	for n := 1; n <= procfs.MaxSignal; n++ {
		if n == 32 || n == 33 {
			continue // the C library uses them, and they have no name
		}
		if got, err := procfs.ParseSignal(procfs.SignalName(n)); err != nil || got != n {
			t.Errorf("%d is %s, which is %d, %v", n, procfs.SignalName(n), got, err)
		}
	}
}

func TestDefaultAction(t *testing.T) {
	for n, want := range map[int]procfs.SignalAction{
		1: procfs.ActionTerminate, 3: procfs.ActionCore, 9: procfs.ActionTerminate, 15: procfs.ActionTerminate, 17: procfs.ActionIgnore, 18: procfs.ActionContinue, 19: procfs.ActionStop,
		20: procfs.ActionStop, 28: procfs.ActionIgnore, 31: procfs.ActionCore, 34: procfs.ActionTerminate, 64: procfs.ActionTerminate,
	} {
		if got := procfs.DefaultAction(n); got != want {
			t.Errorf("%s: got %s, want %s", procfs.SignalName(n), got, want)
		}
	}
}
