package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// findThreads notes which of the numbers are threads, and of which process.
func (s *session) findThreads() {
	s.capture.Threads = map[int]procfs.Thread{}
	for _, number := range s.request.Numbers {
		s.noteThread(number)
	}
}

// noteThread notes a TID if it is that of a thread other than a main one.
func (s *session) noteThread(tid int) {
	if t, err := s.proc.Thread(tid); err == nil && t.PID != tid {
		s.capture.Threads[tid] = t
	}
}

// listThreads notes all threads of all processes.
func (s *session) listThreads() {
	s.capture.Threads = map[int]procfs.Thread{}
	for i := range s.capture.Snapshot.Processes {
		p := &s.capture.Snapshot.Processes[i]
		if p.Threads < 2 {
			continue
		}
		for _, tid := range s.proc.Threads(p.PID) {
			s.noteThread(tid)
		}
	}
}

// readNumbers reads the processes with their ancestors and session leaders:
// what it takes to tell whose they are.
func (s *session) readNumbers() {
	s.lineage = nil
	s.capture.Snapshot = procfs.Snapshot{}
	for _, number := range s.request.Numbers {
		if t, ok := s.capture.Threads[number]; ok {
			number = t.PID
		}
		s.climb(number)
	}
}

// climb goes up from a process to the first of the host.
func (s *session) climb(pid int) {
	for pid > 0 && !slices.Contains(s.lineage, pid) {
		s.lineage = append(s.lineage, pid)
		p, err := s.proc.Process(pid, procfs.Detail{})
		if err != nil {
			return
		}
		s.capture.Snapshot.Processes = append(s.capture.Snapshot.Processes, p)
		if p.SID != pid {
			s.climb(p.SID)
		}
		pid = p.ParentPID
	}
}

// askUnlisted asks for the containers that the processes in question name and
// the list of running ones does not have: one that just starts or has just
// ended is not another engine's.
func (s *session) askUnlisted(ctx context.Context) {
	wanted, asked := map[int]bool{}, map[string]bool{}
	for _, number := range s.request.Numbers {
		wanted[number] = true
		wanted[s.capture.Threads[number].PID] = true
	}
	ix := inspect.NewIndex(s.capture)
	for i := range s.capture.Snapshot.Processes {
		p := &s.capture.Snapshot.Processes[i]
		if !wanted[p.PID] {
			continue
		}
		for _, id := range ix.NamedIDs(p) {
			if asked[id] || s.has(id) {
				continue
			}
			asked[id] = true
			if c, err := s.local.Engine.Inspect(ctx, id); err == nil {
				s.capture.Containers = append(s.capture.Containers, c)
			}
		}
	}
}

// ownersOfNumbers keeps the containers that the processes' cgroups or shims
// name: the others need not be asked for.
func (s *session) ownersOfNumbers(list []inspect.Container) []inspect.Container {
	return slices.DeleteFunc(list, func(c inspect.Container) bool {
		return !slices.ContainsFunc(s.capture.Snapshot.Processes, func(p procfs.Process) bool { return inspect.Names(&p, c.ID) })
	})
}
