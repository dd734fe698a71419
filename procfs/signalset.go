package procfs

import (
	"fmt"
	"strconv"
)

// SignalSet is a set of signals as the masks of /proc/PID/status have it:
// signal n is bit n-1.
type SignalSet uint64

// Signals that decide something here, by their numbers on x86 and ARM.
const (
	SIGTERM = 15
	SIGCHLD = 17
)

// Has reports whether signal n (1 to 64) is in the set.
func (s SignalSet) Has(n int) bool { return n >= 1 && n <= 64 && s&(1<<(n-1)) != 0 }

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
