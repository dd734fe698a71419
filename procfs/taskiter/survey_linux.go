//go:build amd64 || arm64

package taskiter

import (
	"context"
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Survey reads of every process what procfs.FS's does, and what only the kernel
// tells. Of /proc it reads the processes that the kernel does not show. Kernel threads
// have their short names.
func (r *Reader) Survey(ctx context.Context, pidNamespaces bool) (procfs.Snapshot, error) {
	s, err := r.proc.Begin()
	if err != nil {
		return procfs.Snapshot{}, err
	}
	s.Whole = true
	listed := r.list()
	now, err := r.groups()
	if err != nil {
		return procfs.Snapshot{}, err
	}
	pids, err := listed()
	if err != nil {
		return procfs.Snapshot{}, err
	}
	detail := procfs.Detail{}
	if pidNamespaces {
		detail = surveyDetail
	}
	r.readMissing(&s, detail, pids, now)
	for i := range s.Processes {
		s.Processes[i] = statOnly(&s.Processes[i])
	}
	s.Processes = slices.Grow(s.Processes, len(now))
	for i := range now {
		s.Processes = append(s.Processes, now[i].surveyed(pidNamespaces))
	}
	procfs.SortProcesses(s.Processes)
	return s, ctx.Err()
}

// list lists the processes of /proc while the kernel is asked. What it returns waits
// for the list.
func (r *Reader) list() func() ([]int, error) {
	var pids []int
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		if pids, err = r.proc.PIDs(); err != nil {
			err = fmt.Errorf("list processes: %w", err)
		}
	}()
	return func() ([]int, error) {
		<-done
		return pids, err
	}
}

// statOnly is what a survey tells of a process that was read whole.
func statOnly(p *procfs.Process) procfs.Process {
	return procfs.Process{
		Key: p.Key, StatOnly: true, ParentPID: p.ParentPID, State: p.State, Comm: p.Comm, Threads: p.Threads,
		KernelThread: p.KernelThread, PGID: p.PGID, SID: p.SID, Namespaces: p.Namespaces,
	}
}

// Complete reads the rest of those processes of a survey that are chosen, by /proc.
// What the kernel told of them is kept.
func (r *Reader) Complete(ctx context.Context, s *procfs.Snapshot, chosen func(*procfs.Process) bool, detail procfs.Detail) error {
	told := map[procfs.Key]procfs.Opt[procfs.Internals]{}
	pick := func(p *procfs.Process) bool {
		if !chosen(p) {
			return false
		}
		told[p.Key] = p.Internals
		return true
	}
	if err := r.proc.Complete(ctx, s, pick, detail); err != nil {
		return err
	}
	for i := range s.Processes {
		p := &s.Processes[i]
		if internals, known := told[p.Key]; known {
			p.Internals = internals
		}
	}
	return nil
}
