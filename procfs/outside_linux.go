package procfs

import (
	"context"
	"slices"
	"strconv"
)

// Outside reads some processes whole, and with them those that are in another PID
// namespace than all of these and than the known ones, or in one that cannot be
// read: the ancestors of all of them too. Of every other process of the host no more
// is read than its PID namespace (ns/pid).
func (f FS) Outside(ctx context.Context, named []int, known []uint64, detail Detail) (Snapshot, error) {
	s, err := f.Begin()
	if err != nil {
		return Snapshot{}, err
	}
	o := outside{fs: f, snapshot: &s, detail: detail, seen: map[int]bool{}, inside: map[uint64]bool{}}
	if err := o.read(ctx, named); err != nil {
		return Snapshot{}, err
	}
	for _, inode := range known {
		o.inside[inode] = true
	}
	for _, pid := range named {
		if at, ok := s.position(pid); ok {
			o.inside[s.Processes[at].Namespace(PIDNamespace).Or(0)] = true
		}
	}
	others, err := o.others(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	if err := o.read(ctx, others); err != nil {
		return Snapshot{}, err
	}
	s.Whole = true
	return s, nil
}

type outside struct {
	fs       FS
	snapshot *Snapshot
	detail   Detail
	// seen are the PIDs that were read, inside the namespaces that are known.
	seen   map[int]bool
	inside map[uint64]bool
}

// others are the processes of the host that are not inside.
func (o *outside) others(ctx context.Context) ([]int, error) {
	pids, err := o.fs.PIDs()
	if err != nil {
		return nil, err
	}
	found, _, err := o.fs.each(ctx, pids, func(r *reader, pid int) (Process, error) {
		d := processDir{reader: r, pid: pid, fd: r.dir}
		inode, ok := d.namespace(strconv.Itoa(pid), PIDNamespace).Get()
		if ok && o.inside[inode] {
			return Process{}, nil // of no interest
		}
		return Process{Key: Key{PID: pid}}, nil
	})
	others := make([]int, len(found))
	for i := range found {
		others[i] = found[i].PID
	}
	return others, err
}

// read reads processes and their ancestors, each once.
func (o *outside) read(ctx context.Context, pids []int) error {
	for len(pids) > 0 {
		pids = slices.DeleteFunc(slices.Clone(pids), func(pid int) bool {
			unwanted := pid <= 0 || o.seen[pid]
			o.seen[pid] = true
			return unwanted
		})
		found, missed, err := o.fs.each(ctx, pids, func(r *reader, pid int) (Process, error) { return r.process(pid, o.detail) })
		if err != nil {
			return err
		}
		o.snapshot.Processes = append(o.snapshot.Processes, found...)
		o.snapshot.Missed = append(o.snapshot.Missed, missed...)
		pids = nil
		for i := range found {
			pids = append(pids, found[i].ParentPID)
		}
	}
	SortProcesses(o.snapshot.Processes)
	return nil
}
