package limit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Since Linux 5.14 the kernel counts RLIMIT_NPROC for a real user in a user namespace. It also
// counts for the creator of that namespace in the namespace around it, and so on outwards
// (is_rlimit_overlimit in kernel/ucount.c). Before, it counted only for the real user, in
// whichever namespace.

// userKey is one such counter: a real user ID on the host, and the inode of a user namespace.
// The inode is 0 if the kernel has one counter for all namespaces.
type userKey struct {
	namespace uint64
	uid       int
}

// String names the user by the user ID on the host, and the user namespace if it is not the
// host's.
func (k userKey) String() string {
	if k.namespace == 0 || k.namespace == procfs.InitialUserNamespace {
		return fmt.Sprintf("uid %d", k.uid)
	}
	return fmt.Sprintf("uid %d in user:[%d]", k.uid, k.namespace)
}

// users are the counters of RLIMIT_NPROC.
type users struct {
	tallies *tallies
	// separate reports whether each user namespace has counters of its own.
	separate bool
	counts   map[userKey]*tally
	// neighbours are the processes outside of all containers that have a limit, by their own
	// counter.
	neighbours map[userKey][]*procfs.Process
	// unknown is why the counts are incomplete, "" if they are complete.
	unknown procfs.Absence
}

func newUsers(s *tallies) users {
	u := users{tallies: s, separate: true, counts: map[userKey]*tally{}, neighbours: map[userKey][]*procfs.Process{}, unknown: s.whole}
	if newer, ok := kernelAtLeast(s.ix.Capture.Host.KernelRelease, 5, 14); ok {
		u.separate = newer
	}
	if u.unknown == "" && !s.readerIsHosts() {
		u.unknown = procfs.Unsupported // user IDs are not those of the host
	}
	return u
}

// readerIsHosts reports whether the reader is in the host's user namespace, so that user IDs are
// those that the kernel uses to count.
func (s *tallies) readerIsHosts() bool {
	return s.facts.ReaderUserNamespace == procfs.Some[uint64](procfs.InitialUserNamespace)
}

func (u *users) add(p *procfs.Process, owner *inspect.Container) {
	chain, why := u.chain(p)
	if why != "" && why != procfs.Gone && u.unknown == "" {
		u.unknown = why
	}
	if owner == nil {
		u.addNeighbour(p, chain[0])
	}
	for _, key := range chain {
		if u.counts[key] == nil {
			u.counts[key] = &tally{}
		}
		u.counts[key].add(p, owner)
	}
}

// chain are the counters in which the process's tasks are counted, its own first, and why the
// chain does not reach the host's namespace, or "".
func (u *users) chain(p *procfs.Process) ([]userKey, procfs.Absence) {
	if !u.separate {
		return []userKey{{0, p.UIDs.Real}}, ""
	}
	namespace, ok := u.namespaceOf(p).Get()
	if !ok {
		return []userKey{{0, p.UIDs.Real}}, p.Namespace(procfs.UserNamespace).Absence()
	}
	chain := []userKey{{namespace, p.UIDs.Real}}
	for range len(u.tallies.facts.UserNamespaces) + 1 {
		if namespace == procfs.InitialUserNamespace {
			return chain, ""
		}
		origin, known := u.tallies.facts.UserNamespaces[namespace]
		parent, okParent := origin.Parent.Get()
		owner, okOwner := origin.Owner.Get()
		switch {
		case !known:
			return chain, procfs.Unread
		case !okParent:
			return chain, origin.Parent.Absence()
		case !okOwner:
			return chain, origin.Owner.Absence()
		}
		chain = append(chain, userKey{parent, owner})
		namespace = parent
	}
	return chain, procfs.Malformed
}

// namespaceOf is the process's user namespace. The user namespace of the host's first process is
// the host's. That matters if a root with fewer rights than that process may not read it.
func (u *users) namespaceOf(p *procfs.Process) procfs.Opt[uint64] {
	if p.PID == 1 && u.tallies.whole == "" {
		return procfs.Some[uint64](procfs.InitialUserNamespace)
	}
	return p.Namespace(procfs.UserNamespace)
}

// isExempt reports whether RLIMIT_NPROC does not apply to the process. It does not apply to the
// host's root by its real user ID, with or without capabilities, and to processes with
// CAP_SYS_ADMIN or CAP_SYS_RESOURCE on the host (copy_process in kernel/fork.c).
func (u *users) isExempt(p *procfs.Process) bool {
	if u.tallies.readerIsHosts() && p.UIDs.Real == 0 {
		return true
	}
	caps := p.Effective.Or(0)
	hosts := u.namespaceOf(p) == procfs.Some[uint64](procfs.InitialUserNamespace)
	return hosts && (caps.Has(procfs.CapSysAdmin) || caps.Has(procfs.CapSysResource))
}

// limitsOf has one limit for each user of the container, and one for each creator of a user
// namespace that it is in. If its processes have different limits, the lowest counts.
func (u *users) limitsOf(c *inspect.Container) []Limit {
	own, creators := map[userKey]Limit{}, map[userKey]Limit{}
	for _, p := range u.tallies.ix.ProcessesOf(c) {
		if p.IsZombie() || p.MaxProcesses.Absence() == procfs.Gone || u.renounces(c, p) {
			continue // it can no longer fork
		}
		chain, _ := u.chain(p)
		l := u.limit(c, p, chain[0])
		if known, ok := own[chain[0]]; !ok || isLower(&l, &known) {
			own[chain[0]] = l
		}
		for _, key := range chain[1:] {
			if !u.isExempt(p) && !u.isHostRoot(key) {
				creators[key] = u.creatorLimit(c, key)
			}
		}
	}
	list := slices.AppendSeq(slices.Collect(maps.Values(own)), maps.Values(creators))
	for key := range own {
		if l, ok := u.neighbourLimit(c, key); ok {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b Limit) int {
		return cmp.Or(cmp.Compare(a.HostUID, b.HostUID), strings.Compare(a.Path, b.Path), strings.Compare(string(a.Scope), string(b.Scope)))
	})
	return list
}

// renounces reports whether the process has set its own limit to 0, as sandboxes and workers do
// that never fork (haproxy, sshd). A limit of the whole container would apply to its main
// process too.
func (u *users) renounces(c *inspect.Container, p *procfs.Process) bool {
	main := u.tallies.ix.Main(c)
	return p.MaxProcesses == procfs.Some(0) && main != nil && main.MaxProcesses != p.MaxProcesses
}

// isLower reports whether a is lower than b. A limit that could be read only partly counts as
// the lowest.
func isLower(a, b *Limit) bool {
	if a.IsUnlimited() || b.IsUnlimited() {
		return !a.IsUnlimited()
	}
	return a.Max.Or(-1) < b.Max.Or(-1)
}

func (u *users) limit(c *inspect.Container, p *procfs.Process, key userKey) Limit {
	l := Limit{
		Container: c, Kind: User, Scope: ScopeUser, Path: key.String(),
		UID: realUIDInside(u.tallies.ix, c, p), HostUID: key.uid, Max: p.MaxProcesses, Exempt: u.isExempt(p),
	}
	u.count(&l, key)
	return l
}

// creatorLimit is the creator's limit at the time when the user namespace was created. The
// kernel does not show it.
func (u *users) creatorLimit(c *inspect.Container, key userKey) Limit {
	l := Limit{
		Container: c, Kind: User, Scope: ScopeCreator, Path: key.String() + ", who made a user namespace",
		UID: procfs.None[int](procfs.NotHeld), HostUID: key.uid, Max: procfs.None[int](procfs.Unsupported),
	}
	u.count(&l, key)
	return l
}

// neighbourLimit is the lowest limit of the processes with the same counter outside of all
// containers, false if there is none. A process that gave up forks by a limit of 0 is left out.
func (u *users) neighbourLimit(c *inspect.Container, key userKey) (Limit, bool) {
	var lowest *procfs.Process
	for _, p := range u.neighbours[key] {
		if lowest == nil || p.MaxProcesses.Or(0) < lowest.MaxProcesses.Or(0) {
			lowest = p
		}
	}
	if lowest == nil {
		return Limit{}, false
	}
	l := Limit{
		Container: c, Kind: User, Scope: ScopeNeighbour, Path: key.String(), Process: lowest,
		UID: procfs.None[int](procfs.NotHeld), HostUID: key.uid, Max: lowest.MaxProcesses,
	}
	u.count(&l, key)
	return l, true
}

// addNeighbour notes a process of the host that its own RLIMIT_NPROC can stop.
func (u *users) addNeighbour(p *procfs.Process, key userKey) {
	if most, ok := p.MaxProcesses.Get(); ok && most > 0 && !p.IsZombie() && !u.isExempt(p) {
		u.neighbours[key] = append(u.neighbours[key], p)
	}
}

// isHostRoot reports whether the host's root created it, so that it has no such limit.
func (u *users) isHostRoot(key userKey) bool {
	return key.namespace == procfs.InitialUserNamespace && key.uid == 0
}

func (u *users) count(l *Limit, key userKey) {
	l.Refused = procfs.None[int](procfs.NotHeld)
	l.fill(u.counts[key], u.unknown)
	if u.unknown != "" {
		l.Used = procfs.None[int](u.unknown)
		return
	}
	l.Used = procfs.Some(l.Tasks())
}

// realUIDInside is the real user ID inside the container.
func realUIDInside(ix *inspect.Index, c *inspect.Container, p *procfs.Process) procfs.Opt[int] {
	main := ix.Main(c)
	if main == nil {
		return procfs.None[int](procfs.Unread)
	}
	mappings, ok := main.UIDMap.Get()
	if !ok {
		return procfs.None[int](main.UIDMap.Absence())
	}
	if uid, ok := procfs.InsideID(mappings, p.UIDs.Real); ok {
		return procfs.Some(uid)
	}
	return procfs.None[int](procfs.NotHeld)
}
