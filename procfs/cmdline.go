package procfs

import (
	"bytes"
	"strings"
)

// MostCmdline is how much of /proc/PID/cmdline is read, in bytes. A process needs no right to
// make its own as long as its memory (prctl(2), PR_SET_MM_MAP).
const MostCmdline = 32 << 10

// CutCmdline is the beginning of /proc/PID/cmdline up to the end of an argument, no longer
// than [MostCmdline]. cut is true if more follows. It is empty if the first argument alone is
// longer.
func CutCmdline(data []byte) (whole []byte, cut bool) {
	if len(data) <= MostCmdline {
		return data, false
	}
	return data[:bytes.LastIndexByte(data[:MostCmdline], 0)+1], true
}

// ParseCmdline reads /proc/PID/cmdline: arguments that each end in NUL. A
// process may overwrite the area and leave no NUL at all; then it is one
// argument. Empty arguments are kept. Kernel threads and zombies have none.
func ParseCmdline(data []byte) []string {
	if len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
}
