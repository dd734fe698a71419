//go:build amd64 || arm64

package taskiter

import (
	"context"
	"errors"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Reader reads processes from the kernel. It holds a BPF program while it is open;
// one that reads again and again keeps it, since to load it takes longer than to
// read. It may be used by several goroutines, one after the other.
type Reader struct {
	proc read.FS
	// whole reads everything that the kernel has of each task. heads reads what a survey needs
	// of each process, in half the time. Each is loaded when it is first used.
	whole, heads iterator
	purpose      Purpose
	// many is manySelected, but in tests.
	many int
	// surveyed are those of the last survey that was made with the larger program.
	surveyed []group
	// held are the tasks of the last look, and free is room for those of the next one: a
	// large host's are most of what a look takes.
	held, free []task
	// room is where the processes go that are filled next, if it is large enough.
	room []procfs.Process
	// hidden are the processes that were found in /proc only.
	hidden hiding
}

// Open loads a program, for the processes of a /proc of this host. An
// UnsupportedError says why it cannot be used here; after any other error it is not
// known.
func Open(proc read.FS, purpose Purpose) (*Reader, error) {
	if err := checkPlace(proc); err != nil {
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

// Close takes the programs out of the kernel. A Reader that is used afterwards brings
// them back.
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

// forget lets go of the tasks, which may be many.
func (r *Reader) forget() { r.free, r.held = nil, nil }
