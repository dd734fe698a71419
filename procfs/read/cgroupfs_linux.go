package read

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	prom "github.com/prometheus/procfs"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// CgroupMounts are the cgroup file systems that are mounted here.
type CgroupMounts struct{ mounts []*prom.MountInfo }

// CgroupMounts finds the mounted cgroup file systems (self/mountinfo). There
// are none to be used with another host's /proc.
func (f FS) CgroupMounts() CgroupMounts {
	if f.root != "/proc" {
		return CgroupMounts{}
	}
	mounts, err := f.mounts()
	if err != nil {
		return CgroupMounts{}
	}
	return CgroupMounts{slices.DeleteFunc(slices.Clone(mounts), func(m *prom.MountInfo) bool { return !strings.HasPrefix(m.FSType, "cgroup") })}
}

// Group returns the folder of the group that a process is in, up to the path
// component that contains marker; "" if no mounted hierarchy has it. The pids
// controller's hierarchy is preferred.
func (c CgroupMounts) Group(lines []procfs.Cgroup, marker string) string {
	for _, wantPIDs := range []bool{true, false} {
		for _, line := range lines {
			if line.HasController("pids") != wantPIDs {
				continue
			}
			if dir := c.folder(line, marker); dir != "" {
				return dir
			}
		}
	}
	return ""
}

// UnifiedGroup is the same in the unified hierarchy alone (cgroup v2). Its
// cgroup.procs can be read in part: for one of cgroup v1 the kernel first makes the
// whole list and sorts it, which for 5,000 processes takes 5 ms.
func (c CgroupMounts) UnifiedGroup(lines []procfs.Cgroup, marker string) string {
	for _, line := range lines {
		if line.Unified() {
			return c.folder(line, marker)
		}
	}
	return ""
}

func (c CgroupMounts) folder(line procfs.Cgroup, marker string) string {
	path := upTo(line.Path, marker)
	if path == "" || strings.HasPrefix(path, "/..") {
		return ""
	}
	for _, m := range c.mounts {
		if m.Root != "/" || !holds(m, line) {
			continue
		}
		dir := filepath.Join(m.MountPoint, path)
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
	}
	return ""
}

func holds(m *prom.MountInfo, line procfs.Cgroup) bool {
	if line.Unified() {
		return m.FSType == "cgroup2"
	}
	if m.FSType != "cgroup" {
		return false
	}
	return slices.ContainsFunc(line.Controllers, func(controller string) bool {
		_, ok := m.SuperOptions[controller]
		return ok
	})
}

// upTo cuts the path behind the component that contains marker.
func upTo(path, marker string) string {
	at := strings.Index(path, marker)
	if at < 0 {
		return ""
	}
	if end := strings.IndexByte(path[at:], '/'); end >= 0 {
		return path[:at+end]
	}
	return path
}

// PIDsCurrent reads pids.current of a group: its tasks, zombies included.
func PIDsCurrent(dir string) procfs.Opt[int] { return readCount(filepath.Join(dir, "pids.current")) }

// PIDsMax reads pids.max of a group. It is not held for "max".
func PIDsMax(dir string) procfs.Opt[int] { return readCount(filepath.Join(dir, "pids.max")) }

func readCount(path string) procfs.Opt[int] {
	data, err := os.ReadFile(path)
	if err != nil {
		return procfs.None[int](absenceOf(err))
	}
	text := strings.TrimSpace(string(data))
	if text == "max" {
		return procfs.None[int](procfs.NotHeld)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return procfs.None[int](procfs.Malformed)
	}
	return procfs.Some(n)
}
