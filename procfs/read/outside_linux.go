package read

import (
	"context"
	"slices"
	"strconv"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Outside reads some processes completely. It also reads processes in another PID namespace
// than these and the known ones, or in one that cannot be read, and the ancestors of all of
// them. Of every other process of the host it reads only the PID namespace (ns/pid).
func (f FS) Outside(ctx context.Context, named []int, known []uint64, detail procfs.Detail) (procfs.Snapshot, error) {
	s, err := f.Begin()
	if err != nil {
		return procfs.Snapshot{}, err
	}
	o := outside{fs: f, snapshot: &s, detail: detail, seen: map[int]bool{}, inside: map[uint64]bool{}}
	if err := o.read(ctx, named); err != nil {
		return procfs.Snapshot{}, err
	}
	for _, inode := range known {
		o.inside[inode] = true
	}
	for _, pid := range named {
		if at, ok := s.Position(pid); ok {
			o.inside[s.Processes[at].Namespace(procfs.PIDNamespace).Or(0)] = true
		}
	}
	others, err := o.others(ctx)
	if err != nil {
		return procfs.Snapshot{}, err
	}
	if err := o.read(ctx, others); err != nil {
		return procfs.Snapshot{}, err
	}
	s.Whole = true
	return s, nil
}

type outside struct {
	fs       FS
	snapshot *procfs.Snapshot
	detail   procfs.Detail
	// seen are the PIDs that were read, inside the namespaces that are known.
	seen   map[int]bool
	inside map[uint64]bool
}

// others are the processes of the host that are not in the known namespaces.
func (o *outside) others(ctx context.Context) ([]int, error) {
	return o.fs.byPIDNamespace(ctx, func(namespace procfs.Opt[uint64]) bool {
		inode, ok := namespace.Get()
		return !ok || !o.inside[inode]
	})
}

// inNamespaces are the processes of the host that are in one of these PID namespaces.
func (f FS) inNamespaces(ctx context.Context, inodes []uint64) ([]int, error) {
	if len(inodes) == 0 {
		return nil, nil
	}
	return f.byPIDNamespace(ctx, func(namespace procfs.Opt[uint64]) bool {
		inode, ok := namespace.Get()
		return ok && slices.Contains(inodes, inode)
	})
}

// byPIDNamespace are the processes of the host whose PID namespace is wanted. Nothing else is
// read of them. Several goroutines may call wanted.
func (f FS) byPIDNamespace(ctx context.Context, wanted func(procfs.Opt[uint64]) bool) ([]int, error) {
	pids, err := f.PIDs()
	if err != nil {
		return nil, err
	}
	var parts [mostReaders][]int
	err = f.inParts(len(pids), processesPerReader, func(r *reader, part, from, to int) error {
		for _, pid := range pids[from:to] {
			if err := ctx.Err(); err != nil {
				return err
			}
			d := processDir{reader: r, pid: pid, fd: r.dir}
			if wanted(d.namespace(strconv.Itoa(pid), procfs.PIDNamespace)) {
				parts[part] = append(parts[part], pid)
			}
		}
		return nil
	})
	return slices.Concat(parts[:]...), err
}

// read reads processes and their ancestors, each once.
func (o *outside) read(ctx context.Context, pids []int) error {
	for len(pids) > 0 {
		pids = slices.DeleteFunc(slices.Clone(pids), func(pid int) bool {
			unwanted := pid <= 0 || o.seen[pid]
			o.seen[pid] = true
			return unwanted
		})
		found, missed, err := o.fs.each(ctx, pids, func(r *reader, pid int) (procfs.Process, error) { return r.process(pid, o.detail) })
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
	procfs.SortProcesses(o.snapshot.Processes)
	return nil
}
