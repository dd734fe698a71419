package procfs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The names of signal(7) on x86 and ARM, by number.
var signalNames = [...]string{
	1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
	8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM",
	15: "SIGTERM", 16: "SIGSTKFLT", 17: "SIGCHLD", 18: "SIGCONT", 19: "SIGSTOP", 20: "SIGTSTP",
	21: "SIGTTIN", 22: "SIGTTOU", 23: "SIGURG", 24: "SIGXCPU", 25: "SIGXFSZ", 26: "SIGVTALRM",
	27: "SIGPROF", 28: "SIGWINCH", 29: "SIGIO", 30: "SIGPWR", 31: "SIGSYS",
}

const (
	sigRTMin = 34 // as the C libraries count, which use 32 and 33 themselves
	sigRTMax = MaxSignal
)

// SignalName is the name of signal n in signal(7): "SIGTERM", "SIGRTMIN+3".
func SignalName(n int) string {
	switch {
	case n > 0 && n < len(signalNames):
		return signalNames[n]
	case n == sigRTMin:
		return "SIGRTMIN"
	case n > sigRTMin && n <= 64:
		return fmt.Sprintf("SIGRTMIN+%d", n-sigRTMin)
	default:
		return fmt.Sprintf("signal %d", n)
	}
}

// ParseSignal reads a signal as docker's STOPSIGNAL and --stop-signal take it:
// a number, or a name with or without "SIG", such as TERM or SIGRTMIN+3.
func ParseSignal(text string) (int, error) {
	name := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "SIG")
	n, err := strconv.Atoi(name)
	if err != nil {
		n = numberOf(name)
	}
	if n < 1 || n > MaxSignal {
		return 0, fmt.Errorf("%q is no signal", text)
	}
	return n, nil
}

// otherNames are second names of signal(7).
var otherNames = map[string]int{"CLD": SIGCHLD, "POLL": 29, "IOT": 6, "UNUSED": 31}

func numberOf(name string) int {
	if n := slices.Index(signalNames[:], "SIG"+name); n > 0 {
		return n
	}
	if offset, ok := strings.CutPrefix(name, "RTMIN"); ok {
		return sigRTMin + signed(offset)
	}
	if offset, ok := strings.CutPrefix(name, "RTMAX"); ok {
		return sigRTMax + signed(offset)
	}
	return otherNames[name]
}

// signed reads "", "+3" or "-3". For any other text the result is not a signal.
func signed(offset string) int {
	if offset == "" {
		return 0
	}
	n, err := strconv.Atoi(offset)
	if err != nil || offset[0] != '+' && offset[0] != '-' {
		return MaxSignal * 2
	}
	return n
}
