package procfs

import "testing"

func TestParseSignal(t *testing.T) {
	for text, want := range map[string]int{
		"SIGTERM": 15, "term": 15, "15": 15, "SigKill": 9, " QUIT ": 3, "CLD": 17, "SIGPOLL": 29,
		"SIGRTMIN": 34, "RTMIN+3": 37, "SIGRTMAX": 64, "RTMAX-1": 63, "64": 64, "1": 1,
	} {
		if got, err := ParseSignal(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "65", "-1", "SIG", "TERMINATE", "RTMIN+31", "RTMIN3", "RTMAX+1", "RTMIN+x", "SIGSIGTERM"} {
		if got, err := ParseSignal(text); err == nil || got != 0 {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

// Every name that is written is read back.
func TestSignalNames(t *testing.T) {
	for n := 1; n <= MaxSignal; n++ {
		if n == 32 || n == 33 {
			continue // the C library keeps them, and they have no name
		}
		if got, err := ParseSignal(SignalName(n)); err != nil || got != n {
			t.Errorf("%d is %s, which is %d, %v", n, SignalName(n), got, err)
		}
	}
}

func TestDefaultAction(t *testing.T) {
	for n, want := range map[int]SignalAction{
		1: ActionTerminate, 3: ActionCore, 9: ActionTerminate, 15: ActionTerminate, 17: ActionIgnore, 18: ActionContinue, 19: ActionStop,
		20: ActionStop, 28: ActionIgnore, 31: ActionCore, 34: ActionTerminate, 64: ActionTerminate,
	} {
		if got := DefaultAction(n); got != want {
			t.Errorf("%s: got %s, want %s", SignalName(n), got, want)
		}
	}
}
