package procfs

import (
	"fmt"
	"slices"
	"strconv"
)

// SignalSet is a set of signals in the form of the masks of /proc/PID/status. Signal n is bit
// n-1.
type SignalSet uint64

// The signals that are used here, by their numbers on x86 and ARM.
const (
	SIGHUP  = 1
	SIGINT  = 2
	SIGQUIT = 3
	SIGKILL = 9
	SIGUSR1 = 10
	SIGTERM = 15
	SIGCHLD = 17
	SIGCONT = 18
	SIGSTOP = 19
)

// MaxSignal is the highest signal; the lowest is 1.
const MaxSignal = 64

// Has reports whether signal n (1 to 64) is in the set.
func (s SignalSet) Has(n int) bool { return n >= 1 && n <= MaxSignal && s&(1<<(n-1)) != 0 }

// ParseSignalSet reads a mask of /proc/PID/status, 16 hexadecimal digits.
func ParseSignalSet(value []byte) (SignalSet, error) {
	if len(value) != 16 {
		return 0, fmt.Errorf("%w signal mask: %q has not 16 digits", ErrMalformed, value)
	}
	v, err := strconv.ParseUint(string(value), 16, 64)
	if err != nil {
		return 0, fmt.Errorf("%w signal mask: %w", ErrMalformed, err)
	}
	return SignalSet(v), nil
}

// MarshalText writes the set as the kernel does.
func (s SignalSet) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%016x", uint64(s)), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *SignalSet) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSignalSet(text)
	return err
}

// SignalAction is what the kernel does by default when a signal arrives
// (signal(7)).
type SignalAction string

// The default actions.
const (
	ActionTerminate SignalAction = "terminate"
	ActionCore      SignalAction = "core"
	ActionIgnore    SignalAction = "ignore"
	ActionStop      SignalAction = "stop"
	ActionContinue  SignalAction = "continue"
)

var defaultActions = map[SignalAction][]int{
	ActionCore:     {3, 4, 5, 6, 7, 8, 11, 24, 25, 31},
	ActionIgnore:   {SIGCHLD, 23, 28},
	ActionStop:     {SIGSTOP, 20, 21, 22},
	ActionContinue: {SIGCONT},
}

// DefaultAction is what signal n does to a process that has not changed its action.
func DefaultAction(n int) SignalAction {
	for action, signals := range defaultActions {
		if slices.Contains(signals, n) {
			return action
		}
	}
	return ActionTerminate
}
