package namespace

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Mode is the kind of namespace that a container uses.
type Mode string

// The modes.
const (
	ModeOwn     Mode = "own"
	ModeHost    Mode = "host"
	ModeShared  Mode = "shared"
	ModeUnknown Mode = "unknown"
	// ModeEngine: the engine's, which is not the host's or not known to be: that of the shim,
	// which the engine started. Containers of a rootless engine use its own namespaces.
	ModeEngine Mode = "engine"
)

// Verdict compares the configuration that the engine has with what the kernel has.
type Verdict string

// The verdicts on one namespace of one container.
const (
	// OK means as declared.
	OK Verdict = "ok"
	// Stale: declared container:X, and X has a new one since.
	Stale Verdict = "stale"
	// Left: declared container:X or host, and a main process, this container's or X's, has
	// left that namespace by itself.
	Left Verdict = "left"
	// OwnerGone means that container:X was declared, and that X does not run.
	OwnerGone Verdict = "owner-gone"
	// DeclaredOnly: the kernel's namespace could not be read.
	DeclaredOnly Verdict = "declared-only"
)

// Membership is one namespace of one container.
type Membership struct {
	Container *inspect.Container
	Type      procfs.NamespaceType
	Mode      Mode
	// Declared is the mode in the engine's configuration; "" for its default.
	Declared string
	// Inode is that of the namespace of the container's main process.
	Inode procfs.Opt[uint64]
	// Owner is the container whose namespace it is: itself where it is its own, nil for the
	// host's or the engine's and where it cannot be determined.
	Owner *inspect.Container
	// OwnerRef is the container that was declared: its name if known, else as declared. It is
	// "" if the namespace is as declared.
	OwnerRef string
	// OwnerRemoved reports whether the engine no longer knows that container, or is about to
	// remove it (--rm).
	OwnerRemoved bool
	// Declarer is the container that was declared, nil where the engine no longer knows it,
	// and Successor the container that replaced a removed one.
	Declarer, Successor *inspect.Container
	// Members are the containers whose main processes are in it, by name; where that could
	// not be read, those that are configured to share it.
	Members []*inspect.Container
	Verdict Verdict
}

// Others are the members other than the container itself.
func (m *Membership) Others() []*inspect.Container {
	return slices.DeleteFunc(slices.Clone(m.Members), func(c *inspect.Container) bool { return c == m.Container })
}

// Table are the namespaces of the containers, container by container and in the order of
// procfs.NamespaceTypes.
func Table(ix *inspect.Index, containers []*inspect.Container) [][]Membership {
	table := make([][]Membership, len(containers))
	for i, c := range containers {
		for _, t := range procfs.NamespaceTypes {
			table[i] = append(table[i], Of(ix, c, t))
		}
	}
	return table
}

// JoinableTypes are the types, apart from pid, for which a container can use the namespace of
// the host or of another container.
var JoinableTypes = []procfs.NamespaceType{procfs.UTSNamespace, procfs.IPCNamespace, procfs.NetNamespace}

// Joinable are the container's uts, ipc and net namespaces.
func Joinable(ix *inspect.Index, c *inspect.Container) []Membership {
	var list []Membership
	for _, t := range JoinableTypes {
		list = append(list, Of(ix, c, t))
	}
	return list
}

// Host is one of the host's own namespaces.
type Host struct {
	Type  procfs.NamespaceType
	Inode procfs.Opt[uint64]
	// Members are the containers whose main processes are in it, by name.
	Members []*inspect.Container
}

// Hosts are the host's own namespaces, and the containers in them.
func Hosts(ix *inspect.Index) []Host {
	var list []Host
	for _, t := range procfs.NamespaceTypes {
		n := Host{Type: t, Inode: ix.Capture.Host.Namespaces[t]}
		if inode, ok := n.Inode.Get(); ok {
			n.Members = membersOf(ix, t, inode)
		}
		list = append(list, n)
	}
	return list
}

// Of is the container's namespace of type t, with its owner.
func Of(ix *inspect.Index, c *inspect.Container, t procfs.NamespaceType) Membership {
	m := Membership{Container: c, Type: t, Declared: c.DeclaredMode(t), Verdict: OK, Inode: ix.InodeOf(c, t)}
	inode, ok := m.Inode.Get()
	if !ok {
		return declaredMembership(ix, m)
	}
	if c.Own {
		return seenFromInside(m, inode)
	}
	m.Members = membersOf(ix, t, inode)
	switch {
	case isHosts(ix, t, inode):
		m.Mode = ModeHost
	case isShims(ix, c, t, inode):
		m.Mode = ModeEngine
	case len(m.Members) > 1 && !knowsHosts(ix, t) && !slices.ContainsFunc(m.Members, func(c *inspect.Container) bool { return joins(ix, c, t) == 1 }):
		m.Mode = ModeUnknown // shared without a join: the host's, most likely
	case len(m.Members) > 1:
		m.Owner = ownerAmong(ix, m.Members, t)
		m.Mode = ModeShared
		if m.Owner == c {
			m.Mode = ModeOwn
		}
	default:
		m.Mode, m.Owner = ModeOwn, c
	}
	return heldAgainstDeclared(ix, m)
}

// seenFromInside is a namespace of the container that the reader itself is in. Which others
// are in it cannot be seen there; but the kernel's first namespaces have inodes of their own.
func seenFromInside(m Membership, inode uint64) Membership {
	m.Mode, m.Members = ModeUnknown, []*inspect.Container{m.Container}
	switch {
	case procfs.IsInitialNamespace(m.Type, inode):
		m.Mode = ModeHost
	case m.Type == procfs.PIDNamespace:
		m.Mode, m.Owner = ModeOwn, m.Container
	}
	return m
}

// heldAgainstDeclared finds stale joins: the engine still says container:X after X was
// restarted with a new namespace, or is gone.
func heldAgainstDeclared(ix *inspect.Index, m Membership) Membership {
	if hasLeftHosts(ix, m) {
		m.Verdict = Left
		return m
	}
	ref := inspect.JoinedRef(m.Declared)
	if ref == "" {
		return m
	}
	owner := ix.ContainerNamed(ref)
	switch {
	case owner == nil || !owner.IsRunning():
		m.Verdict, m.OwnerRef, m.OwnerRemoved = OwnerGone, ref, owner == nil || owner.AutoRemove
		if m.Declarer = owner; owner != nil {
			m.OwnerRef = owner.Name
		} else {
			m.Successor = successorOf(ix, ref, m.Container)
		}
	default:
		theirs, known := ix.InodeOf(owner, m.Type).Get()
		mine, _ := m.Inode.Get()
		switch {
		case !known:
			m.Verdict = DeclaredOnly
		case theirs != mine:
			m.Verdict, m.OwnerRef, m.Declarer = partedFrom(ix, owner, m.Container), owner.Name, owner
		}
	}
	return m
}

// partedFrom says why a member is not in its owner's namespace. It can only be a restart of
// the owner if the owner started after the member.
func partedFrom(ix *inspect.Index, owner, member *inspect.Container) Verdict {
	if startOf(ix, owner) < startOf(ix, member) {
		return Left
	}
	return Stale
}

// hasLeftHosts reports whether the container is configured to use the host's namespace, in
// which its shim is proved to be, and is in another.
func hasLeftHosts(ix *inspect.Index, m Membership) bool {
	shim := ix.Binding(m.Container).Shim
	if m.Declared != "host" || m.Mode == ModeHost || shim == nil {
		return false
	}
	engines, ok := shim.Namespace(m.Type).Get()
	return ok && isHosts(ix, m.Type, engines)
}

// declaredMembership is what the configuration says, for a reader without the right to read
// namespaces.
func declaredMembership(ix *inspect.Index, m Membership) Membership {
	m.Verdict, m.Members = DeclaredOnly, declaredMembers(ix, m.Container, m.Type)
	switch home := ix.DeclaredHome(m.Container, m.Type); {
	case home.DeclaredMode(m.Type) == "host":
		m.Mode = ModeHost
	case inspect.JoinedRef(home.DeclaredMode(m.Type)) != "":
		m.Mode, m.OwnerRef = ModeShared, inspect.JoinedRef(home.DeclaredMode(m.Type))
	case home != m.Container:
		m.Mode, m.Owner, m.OwnerRef = ModeShared, home, home.Name
	case m.Container.Silent && m.Declared == "": // the configuration was not read either
		m.Mode = ModeUnknown
	case m.Type == procfs.UserNamespace, m.Type == procfs.TimeNamespace, m.Type == procfs.CgroupNamespace && m.Declared == "":
		m.Mode = ModeUnknown // the engine's settings decide, which are not known here
	default:
		m.Mode, m.Owner = ModeOwn, m.Container
	}
	return m
}

// declaredMembers are the running containers that are configured to be in one namespace of
// this type: the host's, or that of the same container.
func declaredMembers(ix *inspect.Index, c *inspect.Container, t procfs.NamespaceType) []*inspect.Container {
	var members []*inspect.Container
	for other := range ix.Containers() {
		if other == c || other.IsRunning() && ix.DeclaredTogether(c, other, t) {
			members = append(members, other)
		}
	}
	inspect.SortByName(members)
	return members
}

func isHosts(ix *inspect.Index, t procfs.NamespaceType, inode uint64) bool {
	host, ok := ix.Capture.Host.Namespaces[t].Get()
	return ok && host == inode
}

// isShims reports whether the container has no namespace of its own of this type, but is in
// that of its shim.
func isShims(ix *inspect.Index, c *inspect.Container, t procfs.NamespaceType, inode uint64) bool {
	shim := ix.Binding(c).Shim
	if shim == nil {
		return false
	}
	engines, ok := shim.Namespace(t).Get()
	return ok && engines == inode
}

func knowsHosts(ix *inspect.Index, t procfs.NamespaceType) bool {
	return ix.Capture.Host.Namespaces[t].Held()
}

func membersOf(ix *inspect.Index, t procfs.NamespaceType, inode uint64) []*inspect.Container {
	return ix.ContainersIn(t, inode)
}

// ownerAmong is the container that created the shared namespace: of a PID namespace the one
// whose main process is its init; else the one that is not configured to join; the oldest if
// there are several.
func ownerAmong(ix *inspect.Index, members []*inspect.Container, t procfs.NamespaceType) *inspect.Container {
	return slices.MinFunc(members, func(a, b *inspect.Container) int {
		return cmp.Or(joins(ix, a, t)-joins(ix, b, t), cmp.Compare(startOf(ix, a), startOf(ix, b)), cmp.Compare(a.Name, b.Name))
	})
}

func joins(ix *inspect.Index, c *inspect.Container, t procfs.NamespaceType) int {
	main := ix.Main(c)
	if t == procfs.PIDNamespace && main != nil && ix.IsNSInit(main) || inspect.JoinedRef(c.DeclaredMode(t)) == "" {
		return 0
	}
	return 1
}

func startOf(ix *inspect.Index, c *inspect.Container) uint64 {
	if main := ix.Main(c); main != nil {
		return main.StartTicks
	}
	return 0
}
