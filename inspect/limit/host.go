package limit

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// hostLimits apply to every fork on the host.
func (s *tallies) hostLimits(c *inspect.Container) []Limit {
	none := procfs.None[int](procfs.NotHeld)
	numbers := Limit{
		Container: c, Kind: Numbers, Scope: ScopeHost, Path: "kernel.pid_max", Used: s.numbers, Max: s.facts.PIDMax, Refused: none,
	}
	tasks := Limit{
		Container: c, Kind: Tasks, Scope: ScopeHost, Path: "kernel.threads-max", Used: s.facts.Tasks, Max: s.facts.ThreadsMax, Refused: none,
	}
	numbers.fill(&s.all, s.whole)
	tasks.fill(&s.all, s.whole)
	return []Limit{numbers, tasks}
}

// countNumbers counts the numbers that the kernel cannot assign: the lowest, which it assigns
// only once, those of all tasks, and those that are still in use for process groups and
// sessions.
func (s *tallies) countNumbers() procfs.Opt[int] {
	if s.whole != "" {
		return procfs.None[int](s.whole)
	}
	names := map[int]bool{}
	furtherThreads := 0
	for _, p := range s.ix.Processes() {
		names[p.PID], names[p.PGID], names[p.SID] = true, true, true
		furtherThreads += max(p.Threads-1, 0)
	}
	used := procfs.ReservedPIDs + furtherThreads
	for number := range names {
		if number >= procfs.ReservedPIDs {
			used++
		}
	}
	return procfs.Some(used)
}

// namespaceLimits are the limits of PID namespaces, which have a pid_max of their own since
// Linux 6.14. It is the highest possible value unless it was changed inside, and cannot be read
// from outside. It counts as a limit only if a process inside has the right to change it.
func (s *tallies) namespaceLimits(c *inspect.Container) []Limit {
	main := s.ix.Main(c)
	if own, ok := kernelAtLeast(s.ix.Capture.Host.KernelRelease, 6, 14); ok && !own || main == nil || main.Depth() == 0 {
		return nil
	}
	for _, p := range s.ix.ProcessesOf(c) {
		if !p.IsZombie() && p.Effective.Or(0).Has(procfs.CapSysAdmin) {
			return []Limit{{
				Container: c, Kind: Numbers, Scope: ScopeInside, Path: "pid_max of its PID namespace",
				Used: procfs.None[int](procfs.Unread), Max: procfs.None[int](procfs.Unsupported), Refused: procfs.None[int](procfs.NotHeld),
				Unseen: procfs.Unread,
			}}
		}
	}
	return nil
}
