package read

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// all reads all processes as each does, into the snapshot, except those that are known to live.
// If there are many, it reads the first ones while it lists the others, because the list takes a
// fifth of the time.
func (f FS) all(ctx context.Context, s *procfs.Snapshot, living func(pid int) bool, read func(*reader, int) (procfs.Process, error)) error {
	room := f.TaskCount().Or(procfs.TaskCount{}).Room()
	if room < processesPerReader {
		pids, err := f.PIDs()
		if err != nil {
			return err
		}
		pids, s.Listed = apart(pids, living, nil)
		s.Processes, s.Missed, err = f.each(ctx, pids, read)
		return err
	}
	// Threads count among the tasks, and processes may start meanwhile. Processes that do not
	// fit are read at the end.
	p := pieces{fs: f, read: read, skip: living, into: make([]procfs.Process, room), todo: make(chan piece, piecesAhead)}
	late, listed := p.listed(ctx)
	found, missed, err := f.each(ctx, late, read)
	if err = errors.Join(err, listed); err != nil {
		return err
	}
	s.Processes = slices.DeleteFunc(append(p.into[:p.used], found...), func(p procfs.Process) bool { return p.PID == 0 })
	procfs.SortProcesses(s.Processes)
	s.Missed = append(p.missed, missed...)
	procfs.SortLarge(s.Missed, func(a, b *procfs.Missed) int { return a.PID - b.PID })
	s.Listed = p.skipped
	slices.Sort(s.Listed)
	return nil
}

// apart divides PIDs into those to read, in the same array, and those to skip, which are added to
// those that were skipped before. A nil function skips none.
func apart(pids []int, skip func(int) bool, skipped []int) (read, without []int) {
	if skip == nil {
		return pids, skipped
	}
	read = slices.DeleteFunc(pids, func(pid int) bool {
		if !skip(pid) {
			return false
		}
		skipped = append(skipped, pid)
		return true
	})
	return read, skipped
}

// piecesAhead is how many pieces the list may be ahead of the readers.
const piecesAhead = 64

// piece are some processes that one reader reads.
type piece struct {
	pids []int
	into []procfs.Process
}

// pieces are read by several readers while they are listed.
type pieces struct {
	fs   FS
	read func(*reader, int) (procfs.Process, error)
	todo chan piece
	// skip says of which PIDs nothing is read. These are the skipped.
	skip    func(pid int) bool
	skipped []int

	into []procfs.Process
	used int

	mutex  sync.Mutex
	missed []procfs.Missed
	failed error
}

// listed lists the processes and gives them to the readers. It returns those for which there
// was no room.
func (p *pieces) listed(ctx context.Context) (late []int, err error) {
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), mostReaders) {
		group.Go(func() { p.work(ctx) })
	}
	err = p.fs.list(func(pids []int) {
		pids, p.skipped = apart(pids, p.skip, p.skipped)
		fit := min(len(pids), len(p.into)-p.used)
		for some := range slices.Chunk(slices.Clone(pids[:fit]), processesPerReader) {
			p.todo <- piece{some, p.into[p.used : p.used+len(some)]}
			p.used += len(some)
		}
		late = append(late, pids[fit:]...)
	})
	close(p.todo)
	group.Wait()
	return late, errors.Join(err, p.failed)
}

// work reads pieces until there are no more.
func (p *pieces) work(ctx context.Context) {
	r, err := p.fs.newReader()
	if err == nil {
		defer r.close()
	}
	var missed []procfs.Missed
	for some := range p.todo {
		if err == nil {
			missed, err = r.readPart(ctx, some.pids, some.into, p.read, missed)
		}
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.missed, p.failed = append(p.missed, missed...), errors.Join(p.failed, err)
}
