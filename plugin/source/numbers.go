package source

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// findThreads notes which of the numbers are threads, and of which process.
func (r *reading) findThreads() {
	r.note(func(c *inspect.Capture) { c.Threads = map[int]procfs.Thread{} })
	for _, number := range r.question.Numbers {
		r.noteThread(number)
	}
}

// noteThread notes a TID if it is that of a thread other than a main one.
func (r *reading) noteThread(tid int) {
	if t, err := r.processes.Thread(tid); err == nil && t.PID != tid {
		r.note(func(c *inspect.Capture) { c.Threads[tid] = t })
	}
}

// listThreads notes all threads of all processes.
func (r *reading) listThreads() {
	r.note(func(c *inspect.Capture) { c.Threads = map[int]procfs.Thread{} })
	for i := range r.capture.Snapshot.Processes {
		p := &r.capture.Snapshot.Processes[i]
		if p.Threads < 2 {
			continue
		}
		for _, tid := range r.processes.Threads(p.PID) {
			r.noteThread(tid)
		}
	}
}

// readNumbers reads the processes with their ancestors and session leaders:
// what it takes to tell whose they are.
func (r *reading) readNumbers() {
	for _, number := range r.question.Numbers {
		if t, ok := r.capture.Threads[number]; ok {
			number = t.PID
		}
		r.climb(number)
	}
}

// climb goes up from a process to the first of the host.
func (r *reading) climb(pid int) {
	for pid > 0 && !slices.Contains(r.lineage, pid) {
		r.lineage = append(r.lineage, pid)
		p, err := r.processes.Process(pid, procfs.Detail{})
		if err != nil {
			return
		}
		r.change(func(c *inspect.Capture) { c.Snapshot.Processes = append(c.Snapshot.Processes, p) })
		if p.SID != pid {
			r.climb(p.SID)
		}
		pid = p.ParentPID
	}
}

// ownersOfNumbers keeps the containers that the processes' cgroups or shims
// name: the others need not be asked for.
func (r *reading) ownersOfNumbers(list []inspect.Container) []inspect.Container {
	return slices.DeleteFunc(list, func(c inspect.Container) bool {
		return !slices.ContainsFunc(r.capture.Snapshot.Processes, func(p procfs.Process) bool { return inspect.Names(&p, c.ID) })
	})
}
