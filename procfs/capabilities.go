package procfs

import (
	"fmt"
	"strconv"
)

// Capabilities is a set of capabilities in the form of the masks of /proc/PID/status.
// Capability n of capabilities(7) is bit n.
type Capabilities uint64

// The capabilities that are used here.
const (
	CapDACOverride   = 1
	CapDACReadSearch = 2
	CapKill          = 5
	CapSysAdmin      = 21
	CapSysBoot       = 22
	CapSysResource   = 24
	CapPerfMon       = 38
	CapBPF           = 39
)

// Has reports whether capability n (0 to 63) is in the set.
func (c Capabilities) Has(n int) bool { return n >= 0 && n < 64 && c&(1<<n) != 0 }

// ParseCapabilities reads a mask of /proc/PID/status, 16 hexadecimal digits.
func ParseCapabilities(value []byte) (Capabilities, error) {
	if len(value) != 16 {
		return 0, fmt.Errorf("%w capabilities: %q has not 16 digits", ErrMalformed, value)
	}
	v, err := strconv.ParseUint(string(value), 16, 64)
	if err != nil {
		return 0, fmt.Errorf("%w capabilities: %w", ErrMalformed, err)
	}
	return Capabilities(v), nil
}

// MarshalText writes the set as the kernel does.
func (c Capabilities) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%016x", uint64(c)), nil
}

// UnmarshalText reads what MarshalText wrote.
func (c *Capabilities) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCapabilities(text)
	return err
}
