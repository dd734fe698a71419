package read

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// Boottime is the time since boot by the clock of start times, in the time namespace of this
// process (CLOCK_BOOTTIME). It is more exact than /proc/uptime, over which another file can be
// mounted. If the clock cannot be read, it is the longest duration.
func Boottime() time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return math.MaxInt64
	}
	return time.Duration(now.Nano())
}
