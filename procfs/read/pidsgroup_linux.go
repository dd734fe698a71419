package read

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// PIDsMounts finds the mounted cgroup file systems through which groups of the pids controller
// can be read. Control groups belong to the kernel. So for another mount of /proc, the whole
// hierarchies that this program sees are right if that is a /proc of the same running kernel
// (sys/kernel/random/boot_id).
func (f FS) PIDsMounts() CgroupMounts {
	if f.root == "/proc" {
		return f.CgroupMounts()
	}
	theirs, ok := f.line("sys/kernel/random/boot_id").Get()
	if own, err := Open("/proc"); err == nil && ok && own.line("sys/kernel/random/boot_id") == procfs.Some(theirs) {
		if mounts := own.ownCgroupMounts(); showWhole(mounts) {
			return CgroupMounts{mounts: mounts}
		}
	}
	return f.CgroupMounts()
}

// PIDsGroup reads the group at path in the hierarchy that counts the tasks of the process with
// these lines. If no mount shows it, everything is unread.
func (c CgroupMounts) PIDsGroup(lines []procfs.Cgroup, path string) procfs.PIDsGroup {
	g := procfs.PIDsGroup{Path: path, Current: procfs.None[int](procfs.Unread), Max: procfs.None[int](procfs.Unread), Refused: procfs.None[int](procfs.Unread)}
	if strings.HasPrefix(path, "/..") {
		return g
	}
	for _, m := range c.mounts {
		if !countsTasks(m, lines) {
			continue
		}
		if dir, ok := below(m, path); ok {
			return readPIDsGroup(path, dir)
		}
	}
	return g
}

// countsTasks reports whether the mount shows the hierarchy of the pids controller.
func countsTasks(m procfs.Mount, lines []procfs.Cgroup) bool {
	v1 := false
	for _, line := range lines {
		v1 = v1 || line.HasController("pids")
	}
	return holds(m, procfs.Cgroup{Hierarchy: 0}) && !v1 || v1 && holds(m, procfs.Cgroup{Hierarchy: 1, Controllers: []string{"pids"}})
}

// below is the folder of the path in a mount, which may show only a part of the hierarchy.
func below(m procfs.Mount, path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(m.Root, "/"))
	if strings.HasPrefix(m.Root, "/..") || !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return filepath.Join(m.MountPoint, rest), true
}

// readPIDsGroup reads a group. A group that exists without the controller's files has no limit
// of its own.
func readPIDsGroup(path, dir string) procfs.PIDsGroup {
	g := procfs.PIDsGroup{Path: path, Dir: dir, Current: PIDsCurrent(dir), Max: PIDsMax(dir), Refused: readRefused(dir)}
	if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err != nil {
		return g
	}
	for _, value := range []*procfs.Opt[int]{&g.Current, &g.Max, &g.Refused} {
		if value.Absence() == procfs.Gone {
			*value = procfs.None[int](procfs.NotHeld)
		}
	}
	return g
}

func readRefused(dir string) procfs.Opt[int] {
	data, err := os.ReadFile(filepath.Join(dir, "pids.events"))
	if err != nil {
		return procfs.None[int](absenceOf(err))
	}
	n, err := procfs.ParsePIDsEvents(data)
	if err != nil {
		return procfs.None[int](procfs.Malformed)
	}
	return procfs.Some(n)
}
