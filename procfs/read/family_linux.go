package read

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// familyPasses is the maximum number of passes that look for a family. One pass misses
// processes that a fork storm moves meanwhile. The union of two passes missed none. Waiting
// for a pass that finds no new process may never end.
const familyPasses = 3

// Family reads some processes and what belongs to them, at a cost that does not depend on how
// many others the host has.
//
// Living processes come from the control groups. Structure comes from the children of every
// thread, and so do zombies, which are not in the list of their group. All members are found
// first. Then they are read together, on several processors if there are many.
func (f FS) Family(ctx context.Context, of procfs.FamilyOf, detail procfs.Detail) (procfs.Snapshot, error) {
	s, err := f.Begin()
	if err != nil {
		return procfs.Snapshot{}, err
	}
	if _, err := os.Stat(filepath.Join(f.root, "thread-self", "children")); errors.Is(err, fs.ErrNotExist) {
		return procfs.Snapshot{}, procfs.ErrNoChildren
	}
	w := walk{fs: f, found: map[int]bool{}, since: uint64(Boottime() / procfs.TicksToDuration(1))}
	for _, p := range of.Known {
		if !w.found[p.PID] {
			w.found[p.PID] = true
			s.Processes = append(s.Processes, p)
		}
	}
	// Processes that start later are not read.
	residents := f.listResidents(&of)
	defer closeAll(residents)
	w.add(of.Alone)
	if err := w.readFamily(ctx, &s, &of, detail); err != nil {
		return procfs.Snapshot{}, err
	}
	of.Trees, err = f.entered(ctx, &of, residents, s.Processes)
	if err != nil || len(of.Trees) == 0 {
		return s, err
	}
	return s, w.readFamily(ctx, &s, &of, detail)
}

// walk finds the members of a family.
type walk struct {
	fs FS
	// found are all PIDs, and pids those that are to be read.
	found map[int]bool
	pids  []int
	// since is when it began, in ticks since boot.
	since uint64
}

// readFamily walks, and reads the processes that it has found and that were not read before.
func (w *walk) readFamily(ctx context.Context, s *procfs.Snapshot, of *procfs.FamilyOf, detail procfs.Detail) error {
	unfinished, err := w.family(ctx, of)
	if err != nil {
		return err
	}
	slices.Sort(w.pids)
	found, missed, err := w.fs.each(ctx, w.pids, func(r *reader, pid int) (procfs.Process, error) {
		if of.Only != nil {
			return r.survey(pid, of.Only)
		}
		return r.process(pid, detail)
	})
	if err != nil {
		return err
	}
	w.pids, s.Unfinished = nil, s.Unfinished || unfinished
	s.Processes, s.Missed = append(s.Processes, found...), append(s.Missed, missed...)
	procfs.SortProcesses(s.Processes)
	return nil
}

// family walks until a pass finds no process that was there before. It is unfinished if no
// pass did.
func (w *walk) family(ctx context.Context, of *procfs.FamilyOf) (unfinished bool, err error) {
	for pass := range familyPasses {
		before := len(w.pids)
		if err := w.trees(ctx, of.Trees); err != nil {
			return false, err
		}
		for _, group := range of.Groups {
			w.add(groupPIDs(group))
		}
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if pass > 0 && w.areNew(w.pids[before:]) {
			return false, nil
		}
	}
	return true, nil
}

// areNew reports whether all of them started after the walk began. All processes that were
// there before are found by then. A process that has exited meanwhile is not new: its children
// may have been reparented to a process that was looked at before.
func (w *walk) areNew(pids []int) bool {
	r, err := w.fs.newReader()
	if err != nil {
		return len(pids) == 0
	}
	defer r.close()
	for _, pid := range pids {
		if p, err := r.survey(pid, &procfs.SurveyOf{}); err != nil || p.StartTicks <= w.since {
			return false
		}
	}
	return true
}

func (w *walk) add(pids []int) {
	for _, pid := range pids {
		if !w.found[pid] {
			w.found[pid] = true
			w.pids = append(w.pids, pid)
		}
	}
}

// trees walks down from the roots, one generation after the other.
func (w *walk) trees(ctx context.Context, roots []int) error {
	onThisPass := map[int]bool{}
	for generation := roots; len(generation) > 0 && ctx.Err() == nil; {
		generation = slices.DeleteFunc(slices.Clone(generation), func(pid int) bool {
			walked := onThisPass[pid]
			onThisPass[pid] = true
			return walked
		})
		w.add(generation)
		next, err := w.fs.childrenOf(generation)
		if err != nil {
			return err
		}
		generation = next
	}
	return nil
}
