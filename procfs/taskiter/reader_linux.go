//go:build amd64 || arm64

package taskiter

import (
	"context"
	"errors"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Reader reads processes from the kernel. It holds a BPF program while it is open. Callers that
// read repeatedly should keep it open, because loading takes longer than reading. It may be
// used by several goroutines, one after the other.
type Reader struct {
	proc read.FS
	// whole reads everything that the kernel has of each task. heads reads what a survey needs
	// of each process, in half the time. Each is loaded when it is first used.
	whole, heads iterator
	purpose      Purpose
	// many is manySelected, except in tests.
	many int
	// surveyed are the processes of the last survey that was made with the larger program.
	surveyed []group
	// held are the tasks of the last look, and free is room for those of the next one. On a
	// large host they are most of the memory of a look.
	held, free []task
	// room is memory for the processes that are filled next, if it is large enough.
	room []procfs.Process
	// hidden are the processes that were found only in /proc.
	hidden hiding
}

// Open loads a program, for the processes of a /proc of this host. A *bpf.UnsupportedError says
// why it cannot be used here. After any other error the reason is not known.
func Open(proc read.FS, purpose Purpose) (*Reader, error) {
	if err := bpf.CheckPlace(proc); err != nil {
		return nil, err
	}
	r := &Reader{proc: proc, heads: iterator{survey: true}, purpose: purpose, many: manySelected}
	first := &r.whole
	if purpose == ForSurveys {
		first = &r.heads
	}
	if err := first.load(); err != nil {
		return nil, err
	}
	return r, nil
}

// Close removes the programs from the kernel. A Reader that is used afterwards loads them
// again.
func (r *Reader) Close() error { return errors.Join(r.whole.close(), r.heads.close()) }

// Scan reads every process of the host, as read.FS does.
func (r *Reader) Scan(ctx context.Context, detail procfs.Detail) (procfs.Snapshot, error) {
	return r.snapshot(ctx, detail, nil)
}

// Family reads some processes and what belongs to them, as read.FS does. The kernel is asked
// for all tasks. Facts that only /proc has are read of the family only.
func (r *Reader) Family(ctx context.Context, of procfs.FamilyOf, detail procfs.Detail) (procfs.Snapshot, error) {
	return r.snapshot(ctx, detail, &of)
}

// groups asks the kernel for all tasks.
func (r *Reader) groups() ([]group, error) {
	list, _, err := r.tasks()
	return list, err
}

// tasks also returns how many of the tasks are not this program's own.
func (r *Reader) tasks() (list []group, others int, err error) {
	room := r.proc.TaskCount().Or(procfs.TaskCount{}).Room()
	c := tasks{list: r.free[:0]}
	if r.free = nil; cap(c.list) < room {
		c.list = make([]task, 0, room)
	}
	if err := r.whole.read(c.add); err != nil {
		return nil, 0, err
	}
	all, err := c.all()
	if err != nil {
		return nil, 0, err
	}
	r.held = all
	return groups(all), c.others, nil
}

// recycle gives the memory of the last look to the next look. The tasks of the last look must
// no longer be used.
func (r *Reader) recycle() { r.free, r.held = r.held, nil }

// forget releases the tasks, which may be many.
func (r *Reader) forget() { r.free, r.held = nil, nil }
