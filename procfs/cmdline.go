package procfs

import "bytes"

// ParseCmdline reads /proc/PID/cmdline: arguments that each end in NUL. A
// process may overwrite the area and leave no NUL at all; then it is one
// argument. Empty arguments are kept. Kernel threads and zombies have none.
func ParseCmdline(data []byte) []string {
	if len(data) == 0 {
		return nil
	}
	data = bytes.TrimSuffix(data, []byte{0})
	parts := bytes.Split(data, []byte{0})
	args := make([]string, len(parts))
	for i, part := range parts {
		args[i] = string(part)
	}
	return args
}
