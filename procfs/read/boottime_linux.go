package read

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// Boottime is the time since boot as the kernel tells that of starts to this process, in
// its time namespace (CLOCK_BOOTTIME): more exact than /proc/uptime, over which another
// file can be mounted. It is later than everything where the clock cannot be read.
func Boottime() time.Duration {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return math.MaxInt64
	}
	return time.Duration(now.Nano())
}
