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

// noteThread notes a TID if it is that of a thread that is not a main thread.
func (r *reading) noteThread(tid int) {
	if t, err := r.processes.Thread(tid); err == nil && t.PID != tid {
		r.note(func(c *inspect.Capture) { c.Threads[tid] = t })
	}
}

// listThreads notes all threads of all processes.
func (r *reading) listThreads() {
	r.note(func(c *inspect.Capture) { c.Threads = map[int]procfs.Thread{} })
	var pids []int
	for i := range r.capture.Snapshot.Processes {
		if p := &r.capture.Snapshot.Processes[i]; p.Threads > 1 {
			pids = append(pids, p.PID)
		}
	}
	lists := make([][]int, len(pids))
	readTogether(len(pids), func(i int) { lists[i] = r.processes.Threads(pids[i]) })
	tids := slices.Concat(lists...)
	threads := make([]procfs.Thread, len(tids))
	readTogether(len(tids), func(i int) { threads[i], _ = r.processes.Thread(tids[i]) })
	r.note(func(c *inspect.Capture) {
		for i, t := range threads {
			if t.PID != 0 && t.PID != tids[i] {
				c.Threads[tids[i]] = t
			}
		}
	})
}

// readNumbers reads the processes with their ancestors and session leaders, which show their
// owners.
func (r *reading) readNumbers() {
	for _, number := range r.question.Numbers {
		if t, ok := r.capture.Threads[number]; ok {
			number = t.PID
		}
		r.climb(number, procfs.Detail{Namespaces: r.question.Processes.Namespaces, MainThread: true})
	}
}

// climb reads a process and its ancestors, up to the first process of the host.
func (r *reading) climb(pid int, detail procfs.Detail) {
	for pid > 0 && !slices.Contains(r.lineage, pid) {
		r.lineage = append(r.lineage, pid)
		p, err := r.processes.Process(pid, detail)
		if err != nil {
			return
		}
		r.change(func(c *inspect.Capture) { c.Snapshot.Processes = append(c.Snapshot.Processes, p) })
		if p.SID != pid {
			r.climb(p.SID, procfs.Detail{})
		}
		pid, detail = p.ParentPID, procfs.Detail{}
	}
}

// readEtcMounts reads what shows the container of a mount namespace, for processes whose mount
// namespace is neither the host's nor a running container's. nsenter(1) may have put the process
// there, and the container may have ended since.
func (r *recording) readEtcMounts() {
	for _, number := range r.numbersInQuestion() {
		w := r.indexed().Who(number)
		if w.KeptUnread != procfs.Unread || w.Process.EtcMounts.Held() {
			continue
		}
		p, err := r.processes.Process(w.Process.PID, procfs.Detail{EtcMounts: true, MainThread: true, WithoutArgs: true})
		if err == nil && p.Key == w.Process.Key {
			r.note(func(*inspect.Capture) { w.Process.EtcMounts = p.EtcMounts })
		}
	}
}

// numbersInQuestion are those that were named. A snapshot, which is to answer for any number
// later, has those of all processes.
func (r *recording) numbersInQuestion() []int {
	if len(r.question.Numbers) > 0 || !r.question.Processes.Threads {
		return r.question.Numbers
	}
	numbers := make([]int, len(r.capture.Snapshot.Processes))
	for i, p := range r.capture.Snapshot.Processes {
		numbers[i] = p.PID
	}
	return numbers
}

// ownersOfNumbers keeps the containers that the processes' cgroups or shims name, and those
// whose ports they forward: the others need not be asked for, unless a process of none has
// left the host's namespaces, perhaps for theirs, or nobody knows whether the engine is on
// this host, which the main processes of its containers then tell.
func (r *reading) ownersOfNumbers(list []inspect.Container) []inspect.Container {
	if r.known().proof.Verdict == inspect.Unknown || r.mayHaveEntered() {
		return list
	}
	return slices.DeleteFunc(list, func(c inspect.Container) bool {
		return !slices.ContainsFunc(r.capture.Snapshot.Processes, func(p procfs.Process) bool {
			proxy, is := inspect.ProxyOf(&p)
			return inspect.Names(&p, c.ID) || is && proxy.IsFor(&c)
		})
	})
}

// mayHaveEntered reports whether one of the numbers is a process with no known container that is
// in other namespaces than the host's.
func (r *reading) mayHaveEntered() bool {
	if r.question.Processes.Namespaces == nil {
		return false
	}
	ix, hosts := r.indexed(), r.known().host.Namespaces
	return slices.ContainsFunc(r.question.Numbers, func(number int) bool {
		if t, ok := r.capture.Threads[number]; ok {
			number = t.PID
		}
		p := ix.ProcessAt(number)
		return p != nil && inspect.LeftHost(p, hosts) && len(ix.NamedIDs(p)) == 0
	})
}
