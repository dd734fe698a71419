package procfs

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// TicksPerSecond is USER_HZ, the unit of StartTicks. It is 100 on every
// architecture that Docker runs on.
const TicksPerSecond = 100

// ParseUptime reads /proc/uptime and returns the time since boot, suspended
// time included, in steps of 10 ms. It is the clock of StartTicks.
func ParseUptime(data []byte) (time.Duration, error) {
	fields := bytes.Fields(data)
	if len(fields) != 2 {
		return 0, fmt.Errorf("%w uptime: %d fields, want 2", ErrMalformed, len(fields))
	}
	seconds, err := strconv.ParseFloat(string(fields[0]), 64)
	if err != nil || !(seconds >= 0 && seconds < 9e9) {
		return 0, fmt.Errorf("%w uptime: %q", ErrMalformed, fields[0])
	}
	return time.Duration(seconds*TicksPerSecond+0.5) * (time.Second / TicksPerSecond), nil
}

// TicksToDuration turns StartTicks into a time since boot.
func TicksToDuration(ticks uint64) time.Duration {
	return time.Duration(ticks) * (time.Second / TicksPerSecond)
}
