package procfs

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// What another collector of processes leaves to /proc stands here.

// Begin starts a snapshot with its clocks and without processes.
func (f FS) Begin() (Snapshot, error) { return f.begin() }

// PIDs lists the processes of the host, in no order (/proc).
func (f FS) PIDs() ([]int, error) {
	dir, err := os.Open(f.root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// MissedBy is the note about a process that could not be read because of err.
func MissedBy(pid int, err error) Missed {
	return Missed{PID: pid, Why: absenceOf(err), Detail: detailOf(err)}
}

// Args reads the argument vector of a process whose other facts are known; live is
// a thread that has an address space where the main one has exited, else 0.
func (f FS) Args(p *Process, live int) Opt[[]string] {
	d, err := openProcessDir(f.root, p.PID)
	if err != nil {
		return None[[]string](absenceOf(err))
	}
	defer d.close()
	return d.args(liveDir(live), p)
}

// CgroupsOf reads the control groups of a process, or of a live thread of it if
// that is not 0.
func (f FS) CgroupsOf(pid, live int) Opt[[]Cgroup] { return f.cgroups(pid, liveDir(live)) }

// UIDMapOf reads the map of a process's user namespace (/proc/PID/uid_map).
func (f FS) UIDMapOf(pid int) Opt[[]IDMapping] {
	d, err := openProcessDir(f.root, pid)
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

// GroupPIDs lists the processes of a group's folder and of those below it
// (cgroup.procs).
func (f FS) GroupPIDs(dir string) []int { return groupPIDs(dir) }

func liveDir(tid int) string {
	if tid == 0 {
		return ""
	}
	return taskDir(tid)
}
