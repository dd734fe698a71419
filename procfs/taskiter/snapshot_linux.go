//go:build amd64 || arm64

package taskiter

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// rounds is how often a process that changes meanwhile is read again, and how often a family
// is looked for. A process can be found late, exit, and be the one that was read for others.
const rounds = 5

// snapshot reads all processes, or a family. The kernel is asked before /proc is read and
// after it. A process that was there both times, with the same start, is the process that
// /proc showed.
func (r *Reader) snapshot(ctx context.Context, detail procfs.Detail, of *procfs.FamilyOf) (procfs.Snapshot, error) {
	s, err := r.proc.Begin()
	if err != nil {
		return procfs.Snapshot{}, err
	}
	s.Whole = of == nil
	c := choice{proc: r.proc, of: of, chosen: map[procfs.Key]bool{}, since: uint64(read.Boottime())}
	listed := c.listed()
	now, err := r.groups()
	if err != nil {
		return procfs.Snapshot{}, err
	}
	if err := r.readHidden(&s, detail, c.named(listed), now); err != nil {
		return procfs.Snapshot{}, err
	}
	err = r.settle(ctx, &s, &c, c.choose(listed, now), func(procfs.Key) procfs.Detail { return detail })
	if err != nil {
		return procfs.Snapshot{}, err
	}
	return s, ctx.Err()
}

// settle reads from /proc what belongs to the pending groups, and to the groups that the
// choice wants in addition when the kernel is asked again. It repeats until the kernel shows
// that all are the same as before.
func (r *Reader) settle(ctx context.Context, s *procfs.Snapshot, c *choice, pending []group, detailOf func(procfs.Key) procfs.Detail) error {
	defer r.forget()
	var changed []group
	for round := range rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := filler{proc: r.proc, detailOf: detailOf, each: round > 0, room: r.room}
		r.room = nil
		processes, were, err := f.fill(ctx, pending)
		if err != nil {
			return err
		}
		pending, changed = nil, nil
		r.recycle()
		listed := c.listed()
		now, err := r.groups()
		if err != nil {
			return err
		}
		changed = f.settle(s, processes, were, now)
		fresh := c.choose(listed, now)
		s.Unfinished = len(fresh) > 0
		if pending = append(changed, fresh...); len(pending) == 0 {
			break
		}
	}
	procfs.SortProcesses(s.Processes)
	s.Processes = slices.CompactFunc(s.Processes, func(a, b procfs.Process) bool { return a.PID == b.PID })
	for _, g := range changed {
		s.Missed = append(s.Missed, procfs.Missed{PID: g.pid(), Why: procfs.Malformed, Detail: errChanges.Error()})
	}
	return nil
}

// readHidden reads from /proc the processes that it lists and the kernel's iterator does not.
// A kernel may hide processes from BPF programs, and other processes have started since. A
// named process that is not in /proc either is missed.
func (r *Reader) readHidden(s *procfs.Snapshot, detail procfs.Detail, named []int, now []group) error {
	pids := named
	if s.Whole {
		var err error
		if pids, err = r.proc.PIDs(); err != nil {
			return fmt.Errorf("list processes: %w", err)
		}
	}
	processes, missed := r.readMissing(hidden(pids, now), detail)
	if s.Whole {
		missed = withoutGone(missed)
	}
	s.Processes, s.Missed = append(s.Processes, processes...), append(s.Missed, missed...)
	return nil
}

// readMissing reads from /proc.
func (r *Reader) readMissing(pids []int, detail procfs.Detail) (processes []procfs.Process, missed []procfs.Missed) {
	for _, pid := range pids {
		if p, err := r.proc.Process(pid, detail); err == nil {
			processes = append(processes, p)
		} else {
			missed = append(missed, read.MissedBy(pid, err))
		}
	}
	return processes, missed
}

var errChanges = errors.New("it changes while it is read")

// settle takes those processes into the snapshot that were there before and after. What was
// read is one moment only if the process had exited both before and after, or neither. Values
// in common with others must also be proved to be its own. Other processes are returned as
// they are now.
func (f *filler) settle(s *procfs.Snapshot, processes []procfs.Process, were []before, now []group) []group {
	proof := f.proof(processes, were, now)
	var changed []group
	settled := processes[:0]
	for i := range processes {
		p := &processes[i]
		g, still := lookUp(now, p.Key)
		if !still {
			s.Missed = append(s.Missed, procfs.Missed{PID: p.PID, Why: procfs.Gone})
			continue
		}
		if !f.each && !proof.covers(&were[i]) || g.isZombieState() != were[i].zombie {
			changed = append(changed, *g)
			continue
		}
		settled = append(settled, *p)
	}
	if len(s.Processes) == 0 { // large hosts have many
		s.Processes = settled
	} else {
		s.Processes = append(s.Processes, settled...)
	}
	return changed
}

// lookUp finds a process in a list by PID.
func lookUp(list []group, key procfs.Key) (*group, bool) {
	at, there := find(list, key.PID)
	if !there || list[at].leader.key() != key {
		return nil, false
	}
	return &list[at], true
}
