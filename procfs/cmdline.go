package procfs

import "strings"

// ParseCmdline reads /proc/PID/cmdline: arguments that each end in NUL. A
// process may overwrite the area and leave no NUL at all; then it is one
// argument. Empty arguments are kept. Kernel threads and zombies have none.
func ParseCmdline(data []byte) []string {
	if len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
}
