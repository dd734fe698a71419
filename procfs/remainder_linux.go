package procfs

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// What another collector of processes leaves to /proc stands here.

// Args reads the argument vector of a process whose other facts are known; live is
// a thread that has an address space where the main one has exited, else 0.
func (f FS) Args(p *Process, live int) Opt[[]string] {
	d, err := f.openProcess(p.PID)
	if err != nil {
		return None[[]string](absenceOf(err))
	}
	defer d.close()
	return d.args(liveDir(live), p)
}

// CgroupsOf reads the control groups of a process, or of a live thread of it if
// that is not 0.
func (f FS) CgroupsOf(pid, live int) Opt[[]Cgroup] {
	d, err := f.openProcess(pid)
	if err != nil {
		return None[[]Cgroup](absenceOf(err))
	}
	defer d.close()
	return d.cgroups(liveDir(live))
}

// UIDMapOf reads the map of a process's user namespace (/proc/PID/uid_map).
func (f FS) UIDMapOf(pid int) Opt[[]IDMapping] {
	d, err := f.openProcess(pid)
	if err != nil {
		return None[[]IDMapping](absenceOf(err))
	}
	defer d.close()
	return d.uidMap()
}

// CommOf reads the name of a kernel thread, which is longer than its comm where
// the kernel adds what it works on (/proc/PID/comm). False if it is gone.
func (f FS) CommOf(pid int) (string, bool) {
	data, err := os.ReadFile(filepath.Join(f.root, strconv.Itoa(pid), "comm"))
	return strings.TrimSuffix(string(data), "\n"), err == nil
}

func liveDir(tid int) string {
	if tid == 0 {
		return ""
	}
	return taskDir(tid)
}
