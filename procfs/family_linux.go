package procfs

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// familyPasses is the most times that a family is walked. One pass misses
// processes that a fork storm moves meanwhile, the union of two missed none;
// waiting for a pass that finds nothing new may never end.
const familyPasses = 3

// Family reads some processes and what belongs to them, at a cost that does
// not depend on how many others the host has.
//
// Living processes come from the control groups, and structure and zombies,
// which leave their group's list, from the children of every thread.
func (f FS) Family(ctx context.Context, of FamilyOf, detail Detail) (Snapshot, error) {
	s, err := f.Begin()
	if err != nil {
		return Snapshot{}, err
	}
	if _, err := os.Stat(filepath.Join(f.root, "thread-self", "children")); errors.Is(err, fs.ErrNotExist) {
		return Snapshot{}, ErrNoChildren
	}
	r, err := f.newReader()
	if err != nil {
		return Snapshot{}, err
	}
	defer r.close()
	w := walk{reader: r, snapshot: &s, detail: detail, seen: map[int]bool{}}
	w.take(of.Known)
	w.visit(of.Alone)
	for pass := range familyPasses {
		before := len(w.seen)
		for _, tree := range of.Trees {
			w.tree(ctx, tree)
		}
		for _, group := range of.Groups {
			w.visit(groupPIDs(group))
		}
		if err := ctx.Err(); err != nil {
			return Snapshot{}, err
		}
		settled := pass > 0 && len(w.seen) == before
		s.Unfinished = !settled
		if settled {
			break
		}
	}
	SortProcesses(s.Processes)
	return s, nil
}

type walk struct {
	reader   *reader
	snapshot *Snapshot
	detail   Detail
	seen     map[int]bool
}

func (w *walk) take(known []Process) {
	for _, p := range known {
		if !w.seen[p.PID] {
			w.seen[p.PID] = true
			w.snapshot.Processes = append(w.snapshot.Processes, p)
		}
	}
}

func (w *walk) visit(pids []int) {
	for _, pid := range pids {
		if !w.seen[pid] {
			w.seen[pid] = true
			w.read(pid)
		}
	}
}

func (w *walk) read(pid int) {
	p, err := w.reader.process(pid, w.detail)
	if err != nil {
		w.snapshot.Missed = append(w.snapshot.Missed, MissedBy(pid, err))
		return
	}
	w.snapshot.Processes = append(w.snapshot.Processes, p)
}

func (w *walk) tree(ctx context.Context, root int) {
	w.visit([]int{root})
	onThisPass := map[int]bool{root: true}
	for queue := []int{root}; len(queue) > 0 && ctx.Err() == nil; queue = queue[1:] {
		for _, child := range w.reader.children(queue[0]) {
			if !onThisPass[child] {
				onThisPass[child] = true
				w.visit([]int{child})
				queue = append(queue, child)
			}
		}
	}
}

// children are those of every thread: a child is listed with the thread that
// forked it. What has vanished has none.
func (r *reader) children(pid int) []int {
	d, err := r.open(pid)
	if err != nil {
		return nil
	}
	defer d.close()
	tids, err := d.threads()
	if err != nil {
		return nil
	}
	var all []int
	for _, tid := range tids {
		data, err := d.read(filepath.Join("task", strconv.Itoa(tid), "children"))
		if err != nil {
			continue
		}
		if pids, err := ParseChildren(data); err == nil {
			all = append(all, pids...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// GroupPIDs lists cgroup.procs of a control group's folder and its subgroups: its
// living processes. A group that vanishes has none.
func (FS) GroupPIDs(dir string) []int { return groupPIDs(dir) }

// OldestGroupPID is the lowest of the first PIDs in cgroup.procs of a control group's
// folder, which is most often that of the process for which the group was made;
// false for a group without processes or without a file. However many there are, no
// more than a page is read.
func (FS) OldestGroupPID(dir string) (int, bool) {
	file, err := os.Open(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return 0, false
	}
	defer func() { _ = file.Close() }()
	page := make([]byte, 4096)
	n, err := file.Read(page)
	lines := strings.SplitAfter(string(page[:n]), "\n")
	lowest := 0
	for _, line := range lines[:len(lines)-1] { // the last is cut, or empty
		if pid, numberErr := strconv.Atoi(strings.TrimSpace(line)); numberErr == nil && pid > 0 && (lowest == 0 || pid < lowest) {
			lowest = pid
		}
	}
	return lowest, err == nil && lowest > 0
}

func groupPIDs(dir string) []int {
	var pids []int
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return nil //nolint:nilerr // a subgroup that has just been removed
		}
		pids = append(pids, readPIDs(filepath.Join(path, "cgroup.procs"))...)
		return nil
	})
	return pids
}

func readPIDs(path string) []int {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	var pids []int
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if pid, err := strconv.Atoi(strings.TrimSpace(lines.Text())); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}
