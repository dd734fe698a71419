package namespace

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Mode says to what a container's namespace belongs.
type Mode string

// The modes.
const (
	ModeOwn     Mode = "own"
	ModeHost    Mode = "host"
	ModeShared  Mode = "shared"
	ModeUnknown Mode = "unknown"
	// ModeEngine is the namespace of the engine, which is not the host's, or not known to be.
	// It is the namespace of the shim, which the engine has started. A rootless engine gives
	// its own namespaces to its containers.
	ModeEngine Mode = "engine"
)

// Verdict compares what was declared to the engine with what the kernel shows.
type Verdict string

// The verdicts on one namespace of one container.
const (
	// OK means as declared.
	OK Verdict = "ok"
	// Stale means that container:X was declared, and that X has another namespace by now.
	Stale Verdict = "stale"
	// Left means that container:X or host was declared, and that a main process has left that
	// namespace by itself. It is the main process of this container or of X.
	Left Verdict = "left"
	// OwnerGone means that container:X was declared, and that X does not run.
	OwnerGone Verdict = "owner-gone"
	// DeclaredOnly means that the kernel's facts could not be read.
	DeclaredOnly Verdict = "declared-only"
)

// Membership is one namespace of one container.
type Membership struct {
	Container *inspect.Container
	Type      procfs.NamespaceType
	Mode      Mode
	// Declared is the mode as declared to the engine, "" for the default.
	Declared string
	// Inode is the inode number of the namespace of the container's main process.
	Inode procfs.Opt[uint64]
	// Owner is the container to which the namespace belongs. It is the container itself if the
	// namespace is its own. It is nil for the host's or the engine's, and if it cannot be
	// determined.
	Owner *inspect.Container
	// OwnerRef is the container that was declared: its name if known, else as declared. It is
	// "" if the namespace is as declared.
	OwnerRef string
	// OwnerRemoved is true if the engine no longer knows that container, or is about to remove
	// it (--rm).
	OwnerRemoved bool
	// Declarer is the container that was declared, nil if the engine no longer knows it.
	// Successor is the container that replaced a declared container that was removed.
	Declarer, Successor *inspect.Container
	// Members are the containers whose main processes are in it, by name. If that could not be
	// read, they are the containers that were declared to share it.
	Members []*inspect.Container
	Verdict Verdict
}

// Others are the members other than the container itself.
func (m *Membership) Others() []*inspect.Container {
	return slices.DeleteFunc(slices.Clone(m.Members), func(c *inspect.Container) bool { return c == m.Container })
}

// Table says to what each of the containers' namespaces belongs, container by container and in
// the order of procfs.NamespaceTypes.
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

// Joinable says to what the container's uts, ipc and net namespaces belong.
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

// Hosts are the host's own namespaces, with the containers in them.
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

// Of says to what the container's namespace of type t belongs.
func Of(ix *inspect.Index, c *inspect.Container, t procfs.NamespaceType) Membership {
	m := Membership{Container: c, Type: t, Declared: c.DeclaredMode(t), Verdict: OK, Inode: ix.InodeOf(c, t)}
	inode, ok := m.Inode.Get()
	if !ok {
		return declaredMembership(ix, m)
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

// heldAgainstDeclared finds stale joins. The engine still reports container:X after X was
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
// the owner if the owner has started after the member.
func partedFrom(ix *inspect.Index, owner, member *inspect.Container) Verdict {
	if startOf(ix, owner) < startOf(ix, member) {
		return Left
	}
	return Stale
}

// hasLeftHosts reports whether the host's namespace was declared, its shim is proved to be in
// it, and the main process is in another.
func hasLeftHosts(ix *inspect.Index, m Membership) bool {
	shim := ix.Binding(m.Container).Shim
	if m.Declared != "host" || m.Mode == ModeHost || shim == nil {
		return false
	}
	engines, ok := shim.Namespace(m.Type).Get()
	return ok && isHosts(ix, m.Type, engines)
}

// declaredMembership is all that is known without the right to read namespaces.
func declaredMembership(ix *inspect.Index, m Membership) Membership {
	m.Verdict, m.Members = DeclaredOnly, declaredMembers(ix, m.Container, m.Type)
	switch home := ix.DeclaredHome(m.Container, m.Type); {
	case home.DeclaredMode(m.Type) == "host":
		m.Mode = ModeHost
	case inspect.JoinedRef(home.DeclaredMode(m.Type)) != "":
		m.Mode, m.OwnerRef = ModeShared, inspect.JoinedRef(home.DeclaredMode(m.Type))
	case home != m.Container:
		m.Mode, m.Owner, m.OwnerRef = ModeShared, home, home.Name
	case m.Type == procfs.UserNamespace, m.Type == procfs.TimeNamespace, m.Type == procfs.CgroupNamespace && m.Declared == "":
		m.Mode = ModeUnknown // the engine's settings decide, and do not stand here
	default:
		m.Mode, m.Owner = ModeOwn, m.Container
	}
	return m
}

// declaredMembers are the running containers that were declared to be in one namespace of this
// type: the host's, or that of the same container.
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

// isShims reports whether the container has no namespace of this type, but is in that of its
// shim.
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

// ownerAmong is the container that made the shared namespace. For a PID namespace it is the
// container whose main process is its init. Otherwise it is the container that did not declare
// to join, and the oldest of several.
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
