package read

import (
	"path/filepath"
	"slices"
	"strconv"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// perThread are the namespaces that a single thread can leave (setns(2), unshare(2)). The
// kernel does not let one of several threads leave its user, PID or time namespace alone.
var perThread = []procfs.NamespaceType{procfs.UTSNamespace, procfs.IPCNamespace, procfs.NetNamespace, procfs.MountNamespace, procfs.CgroupNamespace}

// apartThreads finds the threads whose namespaces are not those of the main thread. Threads
// that have vanished or are denied are left out. If the process's own namespaces are denied,
// those of its threads are too.
func (d processDir) apartThreads(p *procfs.Process, types []procfs.NamespaceType) []procfs.ApartThread {
	if p.Threads < 2 {
		return nil
	}
	types = slices.DeleteFunc(slices.Clone(types), func(t procfs.NamespaceType) bool {
		return !slices.Contains(perThread, t) || !p.Namespace(t).Held()
	})
	if len(types) == 0 {
		return nil
	}
	tids, err := d.threads()
	if err != nil {
		return nil
	}
	var apart []procfs.ApartThread
	for _, tid := range tids {
		if left := d.differing(p, tid, types); len(left) > 0 {
			apart = append(apart, procfs.ApartThread{TID: tid, NSPIDs: d.threadNSPIDs(tid), Namespaces: left})
		}
	}
	return apart
}

func (d processDir) differing(p *procfs.Process, tid int, types []procfs.NamespaceType) map[procfs.NamespaceType]uint64 {
	var left map[procfs.NamespaceType]uint64
	for _, t := range types {
		theirs, ok := d.namespace(taskDir(tid), t).Get()
		if !ok || theirs == p.Namespace(t).Or(0) {
			continue
		}
		if left == nil {
			left = map[procfs.NamespaceType]uint64{}
		}
		left[t] = theirs
	}
	return left
}

func (d processDir) threadNSPIDs(tid int) []int {
	if data, err := d.read(filepath.Join(taskDir(tid), "status")); err == nil {
		if status, err := procfs.ParseStatus(data); err == nil && len(status.NSPIDs) > 0 {
			return status.NSPIDs
		}
	}
	return []int{tid}
}

// taskDir is a thread's folder, relative to /proc/PID.
func taskDir(tid int) string { return filepath.Join("task", strconv.Itoa(tid)) }
