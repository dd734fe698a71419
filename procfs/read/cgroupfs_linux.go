package read

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// CgroupMounts are the cgroup file systems that are mounted here.
type CgroupMounts struct {
	mounts []procfs.Mount
	// depths are how many levels the reader's cgroup namespace is below the roots of the mounts,
	// by mount point. It has only those that are above the namespace.
	depths map[string]int
}

// CgroupMounts finds the mounted cgroup file systems (self/mountinfo). If this program
// sees no whole hierarchy, as in a container, or if the /proc is not its own, those of the
// host's process are added, below its root.
func (f FS) CgroupMounts() CgroupMounts {
	var own []procfs.Mount
	if f.root == "/proc" {
		own = f.ownCgroupMounts()
	}
	if showWhole(own) {
		return CgroupMounts{mounts: own}
	}
	hosts, depths := f.hostCgroupMounts()
	return CgroupMounts{append(own, hosts...), depths}
}

// ownCgroupMounts are the mounts that this program sees.
func (f FS) ownCgroupMounts() []procfs.Mount {
	mounts, err := f.mounts()
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(mounts), func(m procfs.Mount) bool { return !isCgroupMount(m) })
}

// HostRoot is the folder that is the host's root for CgroupMounts. It is "" if control groups are
// mounted for this program itself, so that their folders are named as the host names them.
func (f FS) HostRoot() string {
	if f.root == "/proc" && showWhole(f.ownCgroupMounts()) {
		return ""
	}
	return filepath.Join(f.root, f.hostProcess(), "root")
}

// hostProcess is a process whose root is the host's. Reading its root (PID/root) needs the
// right to trace it. It is process 1, or if that may not be traced, the parent of this program.
// The parent of a container's main process is the engine's shim, which has the engine's mounts.
func (f FS) hostProcess() string {
	const init = "1"
	for _, process := range []string{init, f.starter()} {
		if _, err := os.Stat(filepath.Join(f.root, process, "root")); err == nil && process != "" {
			return process
		}
	}
	return init
}

// starter is the parent of this program, "" if it has none in this /proc (self/stat).
func (f FS) starter() string {
	data, err := os.ReadFile(filepath.Join(f.root, "self", "stat"))
	if err != nil {
		return ""
	}
	stat, err := procfs.ParseStat(data)
	if err != nil || stat.ParentPID == 0 {
		return ""
	}
	return strconv.Itoa(stat.ParentPID)
}

// hostCgroupMounts are the mounts of the host's process (PID/mountinfo), with paths through its
// root. A mount above the reader's cgroup namespace shows as root how many levels it is above
// ("/../.."). It gets the root "/".
func (f FS) hostCgroupMounts() (list []procfs.Mount, depths map[string]int) {
	process := f.hostProcess()
	mounts, err := readMounts(f.root, process)
	if err != nil {
		return nil, nil
	}
	depths = map[string]int{}
	for _, m := range mounts {
		if !isCgroupMount(m) {
			continue
		}
		m.MountPoint = filepath.Join(f.root, process, "root", m.MountPoint)
		if levels, rest := above(m.Root); levels > 0 && rest == "" {
			m.Root, depths[m.MountPoint] = "/", levels
		}
		list = append(list, m)
	}
	return list, depths
}

// above is how many levels a path goes up, and its rest.
func above(path string) (levels int, rest string) {
	for path == "/.." || strings.HasPrefix(path, "/../") {
		levels, path = levels+1, path[len("/.."):]
	}
	return levels, path
}

// Absolute are the lines with the paths that the host shows, for a reader in a cgroup namespace of
// its own. For such a reader a path begins at its own group ("/../x"). The names of the groups
// between are found by the folders that have the rest of the path. A path whose folder is not
// found, or found twice, stays as it is.
func (c CgroupMounts) Absolute(lines []procfs.Cgroup) []procfs.Cgroup {
	list := slices.Clone(lines)
	for i, line := range list {
		levels, rest := above(line.Path)
		for _, m := range c.mounts {
			if depth := c.depths[m.MountPoint]; levels > 0 && depth >= levels && holds(m, line) {
				if found := foldersWith(m.MountPoint, depth-levels, rest); len(found) == 1 {
					list[i].Path = filepath.Join("/", found[0], rest)
				}
				break
			}
		}
	}
	return list
}

// foldersWith are the folders so many levels below a folder that have a file or folder with a
// path, relative to the folder.
func foldersWith(dir string, levels int, path string) []string {
	if levels == 0 {
		if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
			return nil
		}
		return []string{""}
	}
	var found []string
	for _, name := range subgroups(dir) {
		for _, below := range foldersWith(filepath.Join(dir, name), levels-1, path) {
			found = append(found, filepath.Join(name, below))
		}
	}
	return found
}

// readMounts reads the mounts of a process.
func readMounts(root, process string) ([]procfs.Mount, error) {
	data, err := os.ReadFile(filepath.Join(root, process, "mountinfo"))
	if err != nil {
		return nil, err
	}
	return procfs.ParseMounts(data)
}

func isCgroupMount(m procfs.Mount) bool { return m.FSType == "cgroup" || m.FSType == "cgroup2" }

// showWhole reports whether one of the mounts shows a whole hierarchy of control groups. A
// container has its own group at most.
func showWhole(mounts []procfs.Mount) bool {
	return slices.ContainsFunc(mounts, func(m procfs.Mount) bool { return isCgroupMount(m) && m.Root == "/" })
}

// Group returns the folder of the group that a process is in, up to the path component that
// contains marker. It is "" if no mounted hierarchy has it. The pids controller's hierarchy is
// preferred.
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

// UnifiedGroup is the same in the unified hierarchy only (cgroup v2). Its cgroup.procs can be
// read partly. For a group of cgroup v1, the kernel first makes and sorts the whole list, which
// takes 5 ms for 5,000 processes.
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

func holds(m procfs.Mount, line procfs.Cgroup) bool {
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

// upTo cuts the path after the component that contains marker.
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
