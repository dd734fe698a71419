package limit

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Two limits stop new threads of one process, which can still fork. fork copies an address space
// as it is (dup_mmap of kernel/fork.c). RLIMIT_AS and vm.max_map_count apply only to a new
// mapping (mm/mmap.c).

// stackWithoutLimit is the size of a thread's stack if RLIMIT_STACK is "unlimited"
// (ARCH_STACK_DEFAULT_SIZE of glibc).
const stackWithoutLimit = 2 << 20

// processLimits are the limits of the container's processes that have the least room for
// threads. Of each kind, it is the nearest one of the processes that were looked at.
func (s *tallies) processLimits(c *inspect.Container) []Limit {
	var spaces, mappings *Limit
	for _, space := range s.spaces[c] {
		p := s.ix.ProcessAt(space.PID)
		spaces = nearer(spaces, s.spaceLimit(c, p, space))
		mappings = nearer(mappings, s.mappingsLimit(c, p, space))
	}
	var list []Limit
	for _, l := range []*Limit{spaces, mappings} {
		if l != nil {
			list = append(list, *l)
		}
	}
	return list
}

// spacesOf are the address spaces that were read, by the container of their process.
func spacesOf(ix *inspect.Index) map[*inspect.Container][]*procfs.AddressSpace {
	list := ix.Capture.Limits.AddressSpaces
	by := map[*inspect.Container][]*procfs.AddressSpace{}
	for i := range list {
		p := ix.ProcessAt(list[i].PID)
		if p == nil || p.Key != list[i].Key {
			continue
		}
		if c := ix.OwnerOf(p).Container; c != nil {
			by[c] = append(by[c], &list[i])
		}
	}
	return by
}

// nearer is the limit with less room. A limit that could not be read comes after all others.
func nearer(a, b *Limit) *Limit {
	switch {
	case a == nil:
		return b
	case b == nil || a.Room().Held() && !b.Room().Held():
		return a
	case !a.Room().Held() || b.Room().Or(0) < a.Room().Or(0):
		return b
	default:
		return a
	}
}

// spaceLimit is nil if the process has no RLIMIT_AS.
func (s *tallies) spaceLimit(c *inspect.Container, p *procfs.Process, space *procfs.AddressSpace) *Limit {
	if space.Max.Absence() == procfs.NotHeld {
		return nil
	}
	l := processLimit(c, p, AddressSpace)
	l.Used, l.Max, l.Path = space.Size, space.Max, "RLIMIT_AS"
	l.Stack = space.MaxStack.Or(stackWithoutLimit)
	return l
}

// mappingsLimit is nil if there are so few mappings that they were not counted.
func (s *tallies) mappingsLimit(c *inspect.Container, p *procfs.Process, space *procfs.AddressSpace) *Limit {
	if space.Mappings.Absence() == procfs.Unread {
		return nil
	}
	l := processLimit(c, p, Mappings)
	l.Used, l.Max, l.Path = space.Mappings, s.facts.MaxMappings, "vm.max_map_count"
	return l
}

func processLimit(c *inspect.Container, p *procfs.Process, kind Kind) *Limit {
	none := procfs.None[int](procfs.NotHeld)
	return &Limit{Container: c, Kind: kind, Scope: ScopeProcess, Process: p, UID: none, Refused: none, Unseen: procfs.NotHeld}
}

// isNotable reports whether the limit was set by a user, or half of it is used. vm.max_map_count
// applies to every process, and few have that many mappings.
func (l *Limit) isNotable() bool {
	return l.Kind != Mappings || l.Used.Or(0) >= l.Max.Or(0)/2
}

// IsNotable reports whether the limit belongs into the container's table. A limit of threads
// does if it was set by a user or half of it is used. A limit of the engine or of the host's
// users does if there is one. The container's own always does.
func (l *Limit) IsNotable() bool {
	switch l.Scope {
	case ScopeProcess:
		return l.Left().Held() && l.isNotable()
	case ScopeNeighbour:
		return l.IsNear()
	case ScopeContainer, ScopeUser:
		return true
	default:
		return !l.IsUnlimited()
	}
}

// notLookedAt names the limits that this package does not read, which may be nearer: limits that
// no file shows from outside, and limits of processes that were not read.
func (s *tallies) notLookedAt(c *inspect.Container) []string {
	list := []string{"memory", "seccomp filters"}
	if own, ok := kernelAtLeast(s.ix.Capture.Host.KernelRelease, 6, 14); own || !ok {
		list = append(list, "pid_max inside a PID namespace")
	}
	living, counted := 0, 0
	for _, p := range s.ix.ProcessesOf(c) {
		if !p.IsZombie() {
			living++
		}
	}
	for _, space := range s.spaces[c] {
		if space.Mappings.Held() || space.Mappings.Absence() == procfs.Unread {
			counted++
		}
	}
	if len(s.spaces[c]) < living {
		list = append(list, "RLIMIT_AS and mappings of some processes")
	} else if counted < living {
		list = append(list, "mappings of some processes")
	}
	return list
}
