package read

import (
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ChildrenNamed are the children of a process that have one of these names (comm), with their
// arguments and control groups, but without namespaces. Only the first few hundred are read,
// because any process can have such a name. There are none if the kernel does not list
// children.
func (f FS) ChildrenNamed(parent int, names []string) []procfs.Process {
	r, err := f.newReader()
	if err != nil {
		return nil
	}
	defer r.close()
	var list []procfs.Process
	for _, pid := range r.appendChildren(nil, parent) {
		stat, err := r.surveyedStat(pid, r.dir, filepath.Join(strconv.Itoa(pid), "stat"))
		if err != nil || !slices.Contains(names, stat.Comm) {
			continue
		}
		if p, err := r.process(pid, procfs.Detail{MainThread: true}); err == nil && p.ParentPID == parent {
			list = append(list, p)
		}
		if len(list) == mostNamed {
			break
		}
	}
	procfs.SortProcesses(list)
	return list
}

// mostNamed is the maximum number of these that are read.
const mostNamed = 500

// childrenPerReader is the number of processes from which a second reader of their children is
// worth its cost.
const childrenPerReader = 100

// childrenOf are the children of all these processes.
func (f FS) childrenOf(pids []int) ([]int, error) {
	var parts [mostReaders][]int
	err := f.inParts(len(pids), childrenPerReader, func(r *reader, part, from, to int) error {
		for _, pid := range pids[from:to] {
			parts[part] = r.appendChildren(parts[part], pid)
		}
		return nil
	})
	all := parts[0]
	for _, more := range parts[1:] {
		all = append(all, more...)
	}
	return all, err
}

// appendChildren adds the children of every thread. A child is listed for the thread that
// forked it. A vanished process has none.
func (r *reader) appendChildren(to []int, pid int) []int {
	folder := filepath.Join(strconv.Itoa(pid), "task")
	var stat unix.Stat_t
	if err := unix.Fstatat(r.dir, folder, &stat, 0); err != nil {
		return to
	}
	if stat.Nlink == linksOfOneThread {
		return r.appendChildrenOfThread(to, folder, pid)
	}
	for _, tid := range r.threads(pid) {
		to = r.appendChildrenOfThread(to, folder, tid)
	}
	return to
}

// linksOfOneThread is the number of links of the folder task if it has the folder of one
// thread. Each folder in a folder adds one link to its own two.
const linksOfOneThread = 3

func (r *reader) appendChildrenOfThread(to []int, folder string, tid int) []int {
	// Without a limit, because each number in it is a process that is read too.
	data, err := r.readWhole(r.dir, filepath.Join(folder, strconv.Itoa(tid), "children"), math.MaxInt)
	if err != nil {
		return to
	}
	if pids, err := procfs.ParseChildren(data); err == nil {
		to = append(to, pids...)
	}
	return to
}
