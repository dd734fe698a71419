package procfs

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Mount is one line of /proc/PID/mountinfo, as far as it is used (proc_pid_mountinfo(5)).
type Mount struct {
	// Root is the folder of the file system that is mounted. It has /.. in front if it is
	// outside of the reader's cgroup namespace.
	Root string
	// MountPoint is where it is mounted, as the process sees it.
	MountPoint string
	// FSType is the type of the file system.
	FSType string
	// SuperOptions are the options of the file system, "" for those without a value.
	SuperOptions map[string]string
}

// ParseMounts reads /proc/PID/mountinfo, a line for each mount:
//
//	36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
func ParseMounts(mountinfo []byte) ([]Mount, error) {
	var list []Mount
	for line := range bytes.Lines(mountinfo) {
		m, ok := parseMount(string(bytes.TrimSuffix(line, []byte("\n"))))
		if !ok {
			return nil, fmt.Errorf("%w mountinfo: %q", ErrMalformed, line)
		}
		list = append(list, m)
	}
	return list, nil
}

// parseMount reads one line. A space in a path is an escape there, and the number of optional
// fields before the separator varies.
func parseMount(line string) (Mount, bool) {
	const root, point, fewest = 3, 4, 6
	before, after, separated := strings.Cut(line, " - ")
	of, system := strings.Split(before, " "), strings.SplitN(after, " ", 3)
	if !separated || len(of) < fewest || len(system) != 3 {
		return Mount{}, false
	}
	m := Mount{Root: unescapeMount(of[root]), MountPoint: unescapeMount(of[point]), FSType: system[0], SuperOptions: map[string]string{}}
	for option := range strings.SplitSeq(system[2], ",") {
		name, value, _ := strings.Cut(option, "=")
		m.SuperOptions[name] = value
	}
	return m, true
}

// unescapeMount reads the characters that the kernel writes as three octal digits
// (fs/proc_namespace.c, mangle): spaces, tabs, line feeds, backslashes and #.
func unescapeMount(path string) string {
	const escape = 4 // a backslash and the digits
	if !strings.Contains(path, `\`) {
		return path
	}
	var b strings.Builder
	for at := 0; at < len(path); at++ {
		if path[at] == '\\' && at+escape <= len(path) {
			if n, err := strconv.ParseUint(path[at+1:at+escape], 8, 8); err == nil {
				b.WriteByte(byte(n))
				at += escape - 1
				continue
			}
		}
		b.WriteByte(path[at])
	}
	return b.String()
}
