package inspect

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// NamespaceMode says whose namespace a container uses.
type NamespaceMode string

// The modes.
const (
	ModeOwn     NamespaceMode = "own"
	ModeHost    NamespaceMode = "host"
	ModeShared  NamespaceMode = "shared"
	ModeUnknown NamespaceMode = "unknown"
	// ModeEngine: the engine's, which is not the host's or not known to be:
	// that of the shim, which the engine has started. A rootless engine has
	// given its containers what was its own.
	ModeEngine NamespaceMode = "engine"
)

// SharingVerdict holds what was declared to the engine against what the kernel
// has.
type SharingVerdict string

// The verdicts on one namespace of one container.
const (
	// SharingOK: as declared.
	SharingOK SharingVerdict = "ok"
	// SharingStale: declared container:X, and X has another one by now.
	SharingStale SharingVerdict = "stale"
	// SharingLeft: declared container:X or host, and a main process, this one's
	// or X's, has left that namespace of its own accord.
	SharingLeft SharingVerdict = "left"
	// SharingOwnerGone: declared container:X, and X does not run.
	SharingOwnerGone SharingVerdict = "owner-gone"
	// SharingDeclared: the kernel's word could not be read.
	SharingDeclared SharingVerdict = "declared-only"
)

// Membership is one namespace of one container.
type Membership struct {
	Container *Container
	Type      procfs.NamespaceType
	Mode      NamespaceMode
	// Declared is the mode as the engine was told it; "" for its default.
	Declared string
	// Inode is the namespace's, of the container's main process.
	Inode procfs.Opt[uint64]
	// Owner is the container whose namespace it is: itself where it is its
	// own, nil for the host's or the engine's and where it cannot be told.
	Owner *Container
	// OwnerRef is the container that was declared: its name where it is known,
	// else as it was declared; "" where all is as declared.
	OwnerRef string
	// OwnerRemoved: the engine does not know that container any more.
	OwnerRemoved bool
	// Members are the containers whose main processes are in it, by name; where
	// that could not be read, those that were told to share it.
	Members []*Container
	Verdict SharingVerdict
}

// Others are the members without the container itself.
func (m *Membership) Others() []*Container {
	return slices.DeleteFunc(slices.Clone(m.Members), func(c *Container) bool { return c == m.Container })
}

// Sharing says of each of the containers' namespaces whose it is, container by
// container and in the order of procfs.NamespaceTypes.
func (ix *Index) Sharing(containers []*Container) [][]Membership {
	table := make([][]Membership, len(containers))
	for i, c := range containers {
		for _, t := range procfs.NamespaceTypes {
			table[i] = append(table[i], ix.membership(c, t))
		}
	}
	return table
}

// joinable are the types, beside pid, of which a container can use the host's
// or another container's namespace.
var joinable = []procfs.NamespaceType{procfs.UTSNamespace, procfs.IPCNamespace, procfs.NetNamespace}

// Joinable says whose the container's uts, ipc and net namespaces are.
func (ix *Index) Joinable(c *Container) []Membership {
	var list []Membership
	for _, t := range joinable {
		list = append(list, ix.membership(c, t))
	}
	return list
}

// HostNamespace is one of the host's own namespaces.
type HostNamespace struct {
	Type  procfs.NamespaceType
	Inode procfs.Opt[uint64]
	// Members are the containers whose main processes are in it, by name.
	Members []*Container
}

// HostNamespaces are the host's own, and who is in them.
func (ix *Index) HostNamespaces() []HostNamespace {
	var list []HostNamespace
	for _, t := range procfs.NamespaceTypes {
		n := HostNamespace{Type: t, Inode: ix.Capture.Host.Namespaces[t]}
		if inode, ok := n.Inode.Get(); ok {
			n.Members = ix.membersOf(t, inode)
		}
		list = append(list, n)
	}
	return list
}

func (ix *Index) membership(c *Container, t procfs.NamespaceType) Membership {
	m := Membership{Container: c, Type: t, Declared: c.DeclaredMode(t), Verdict: SharingOK, Inode: ix.inodeOf(c, t)}
	inode, ok := m.Inode.Get()
	if !ok {
		return ix.declaredMembership(m)
	}
	m.Members = ix.membersOf(t, inode)
	switch {
	case ix.isHosts(t, inode):
		m.Mode = ModeHost
	case ix.isShims(c, t, inode):
		m.Mode = ModeEngine
	case len(m.Members) > 1 && !ix.knowsHosts(t) && !slices.ContainsFunc(m.Members, func(c *Container) bool { return ix.joins(c, t) == 1 }):
		m.Mode = ModeUnknown // shared without a join: the host's, most likely
	case len(m.Members) > 1:
		m.Owner = ix.ownerAmong(m.Members, t)
		m.Mode = ModeShared
		if m.Owner == c {
			m.Mode = ModeOwn
		}
	default:
		m.Mode, m.Owner = ModeOwn, c
	}
	return ix.heldAgainstDeclared(m)
}

// heldAgainstDeclared finds stale joins: the engine still says container:X
// after X was restarted with a new namespace, or has gone.
func (ix *Index) heldAgainstDeclared(m Membership) Membership {
	if ix.hasLeftHosts(m) {
		m.Verdict = SharingLeft
		return m
	}
	ref := joinedRef(m.Declared)
	if ref == "" {
		return m
	}
	owner := ix.ContainerNamed(ref)
	switch {
	case owner == nil || !owner.IsRunning():
		m.Verdict, m.OwnerRef, m.OwnerRemoved = SharingOwnerGone, ref, owner == nil
		if owner != nil {
			m.OwnerRef = owner.Name
		}
	default:
		theirs, known := ix.inodeOf(owner, m.Type).Get()
		mine, _ := m.Inode.Get()
		switch {
		case !known:
			m.Verdict = SharingDeclared
		case theirs != mine:
			m.Verdict, m.OwnerRef = ix.partedFrom(owner, m.Container), owner.Name
		}
	}
	return m
}

// partedFrom says why a member is not in its owner's namespace. It can only be a
// restart of the owner if that one has started after the member.
func (ix *Index) partedFrom(owner, member *Container) SharingVerdict {
	if ix.startOf(owner) < ix.startOf(member) {
		return SharingLeft
	}
	return SharingStale
}

// hasLeftHosts: it was told to use the host's namespace, in which its shim is
// proved to be, and is in another.
func (ix *Index) hasLeftHosts(m Membership) bool {
	shim := ix.Binding(m.Container).Shim
	if m.Declared != "host" || m.Mode == ModeHost || shim == nil {
		return false
	}
	engines, ok := shim.Namespace(m.Type).Get()
	return ok && ix.isHosts(m.Type, engines)
}

// declaredMembership is all that can be said without the right to read
// namespaces.
func (ix *Index) declaredMembership(m Membership) Membership {
	m.Verdict, m.Members = SharingDeclared, ix.declaredMembers(m.Container, m.Type)
	switch home := ix.declaredHome(m.Container, m.Type); {
	case home.DeclaredMode(m.Type) == "host":
		m.Mode = ModeHost
	case joinedRef(home.DeclaredMode(m.Type)) != "":
		m.Mode, m.OwnerRef = ModeShared, joinedRef(home.DeclaredMode(m.Type))
	case home != m.Container:
		m.Mode, m.Owner, m.OwnerRef = ModeShared, home, home.Name
	case m.Type == procfs.UserNamespace, m.Type == procfs.TimeNamespace, m.Type == procfs.CgroupNamespace && m.Declared == "":
		m.Mode = ModeUnknown // the engine's settings decide, and do not stand here
	default:
		m.Mode, m.Owner = ModeOwn, m.Container
	}
	return m
}

// declaredMembers are the running containers that were told to be in one
// namespace of this type: the host's, or that of the same container.
func (ix *Index) declaredMembers(c *Container, t procfs.NamespaceType) []*Container {
	var members []*Container
	for other := range ix.Containers() {
		if other == c || other.IsRunning() && ix.declaredTogether(c, other, t) {
			members = append(members, other)
		}
	}
	sortByName(members)
	return members
}

func (ix *Index) isHosts(t procfs.NamespaceType, inode uint64) bool {
	host, ok := ix.Capture.Host.Namespaces[t].Get()
	return ok && host == inode
}

// isShims: the container has got no namespace of this type, but is in that of
// its shim.
func (ix *Index) isShims(c *Container, t procfs.NamespaceType, inode uint64) bool {
	shim := ix.Binding(c).Shim
	if shim == nil {
		return false
	}
	engines, ok := shim.Namespace(t).Get()
	return ok && engines == inode
}

func (ix *Index) knowsHosts(t procfs.NamespaceType) bool { return ix.Capture.Host.Namespaces[t].Held() }

func (ix *Index) membersOf(t procfs.NamespaceType, inode uint64) []*Container {
	var members []*Container
	for c := range ix.Containers() {
		if got, ok := ix.inodeOf(c, t).Get(); ok && got == inode {
			members = append(members, c)
		}
	}
	sortByName(members)
	return members
}

// ownerAmong is the container that made the shared namespace: of a PID
// namespace the one whose main process is its init; else the one that did not
// declare to join; the oldest if there are several.
func (ix *Index) ownerAmong(members []*Container, t procfs.NamespaceType) *Container {
	return slices.MinFunc(members, func(a, b *Container) int {
		return cmp.Or(ix.joins(a, t)-ix.joins(b, t), cmp.Compare(ix.startOf(a), ix.startOf(b)), cmp.Compare(a.Name, b.Name))
	})
}

func (ix *Index) joins(c *Container, t procfs.NamespaceType) int {
	main := ix.Main(c)
	if t == procfs.PIDNamespace && main != nil && ix.IsNSInit(main) || joinedRef(c.DeclaredMode(t)) == "" {
		return 0
	}
	return 1
}

func (ix *Index) startOf(c *Container) uint64 {
	if main := ix.Main(c); main != nil {
		return main.StartTicks
	}
	return 0
}
