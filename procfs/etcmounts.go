package procfs

import "bytes"

// etcFiles are the files over which container engines mount files of their own. These are in a
// folder whose name has the container's ID.
var etcFiles = []string{"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"}

// ParseEtcMounts reads /proc/PID/mountinfo: what is mounted over /etc/hostname, /etc/hosts and
// /etc/resolv.conf, each as a path within its own file system (the fourth field,
// proc_pid_mountinfo(5)), in that order. If several are mounted over one file, it is the last.
// A file that was removed ends in "//deleted".
func ParseEtcMounts(mountinfo []byte) []string {
	roots := make([]string, len(etcFiles))
	for line := range bytes.Lines(mountinfo) {
		const root, point = 3, 4
		fields := bytes.Fields(line)
		if len(fields) <= point {
			continue
		}
		for i, file := range etcFiles {
			if string(fields[point]) == file {
				roots[i] = string(fields[root])
			}
		}
	}
	var list []string
	for _, path := range roots {
		if path != "" {
			list = append(list, path)
		}
	}
	return list
}
