package limit

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Two limits stop the threads of one process, which can still fork: fork copies an address
// space as it is (dup_mmap of kernel/fork.c), and only a new mapping is held to RLIMIT_AS
// and vm.max_map_count (mm/mmap.c).

// stackWithoutLimit is the size of a thread's stack where RLIMIT_STACK says "unlimited"
// (ARCH_STACK_DEFAULT_SIZE of glibc).
const stackWithoutLimit = 2 << 20

// processLimits are those of the container's processes that have the least room for
// threads: of those that were looked at, the nearest of each kind.
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

// nearer is the limit with less room; one that could not be read comes behind all others.
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

// spaceLimit is nil where the process has no RLIMIT_AS.
func (s *tallies) spaceLimit(c *inspect.Container, p *procfs.Process, space *procfs.AddressSpace) *Limit {
	if space.Max.Absence() == procfs.NotHeld {
		return nil
	}
	l := processLimit(c, p, AddressSpace)
	l.Used, l.Max, l.Path = space.Size, space.Max, "RLIMIT_AS"
	l.Stack = space.MaxStack.Or(stackWithoutLimit)
	return l
}

// mappingsLimit is nil where there are so few mappings that they were not counted.
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

// isNotable reports whether somebody has set the limit, or half of it is used: every
// process has vm.max_map_count, and few have ever so many mappings.
func (l *Limit) isNotable() bool {
	return l.Kind != Mappings || l.Used.Or(0) >= l.Max.Or(0)/2
}

// IsNotable reports whether the limit belongs into a table of the container's: of threads
// where somebody has set it or half is used, of the engine and the host's users where there
// is one, and its own even where there is none.
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

// notLookedAt names the limits that this package does not read, so that another limit may be
// nearer: those that no file shows from outside, and those of processes that were not read.
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
