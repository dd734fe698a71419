package inspect

import (
	"iter"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Joined yields the container, then the container that it was configured to join for its
// namespace of type t (--pid container:X and the like), then the one that this one was
// configured to join, and so on. It ends at a container with a namespace of its own, at a
// container that named does not know, and at the end of a circle.
func Joined(c *Container, t procfs.NamespaceType, named func(ref string) *Container) iter.Seq[*Container] {
	return func(yield func(*Container) bool) {
		seen := map[*Container]bool{}
		for c != nil && !seen[c] && yield(c) {
			seen[c] = true
			c = named(JoinedRef(c.DeclaredMode(t)))
		}
	}
}

// DeclaredHome is the last container of Joined, which has the namespace of type t as declared.
func DeclaredHome(c *Container, t procfs.NamespaceType, named func(ref string) *Container) *Container {
	home := c
	for next := range Joined(c, t, named) {
		home = next
	}
	return home
}

// declaredHome is a container and a type of namespace.
type declaredHome struct {
	container *Container
	of        procfs.NamespaceType
}

// DeclaredHome is the container whose namespace of type t the container was configured to use,
// at the end of a chain of joins. It is the container itself if it joined none. Each container
// of a long chain is looked at once.
func (ix *Index) DeclaredHome(c *Container, t procfs.NamespaceType) *Container {
	home, ends := c, false
	var way []*Container
	for next := range Joined(c, t, ix.ContainerNamed) {
		home = next
		if known := ix.homes[declaredHome{next, t}]; known != nil {
			home, ends = known, true
			break
		}
		way = append(way, next)
	}
	if !ends && ix.ContainerNamed(JoinedRef(home.DeclaredMode(t))) != nil {
		return home // they form a circle
	}
	for _, c := range way {
		ix.homes[declaredHome{c, t}] = home
	}
	return home
}

// DeclaredTogether reports whether both containers were configured to use the same namespace of
// type t: the host's, that of one container, or that of a container that is no longer known.
func (ix *Index) DeclaredTogether(a, b *Container, t procfs.NamespaceType) bool {
	homeA, homeB := ix.DeclaredHome(a, t), ix.DeclaredHome(b, t)
	if homeA == homeB {
		return true
	}
	modeA, modeB := homeA.DeclaredMode(t), homeB.DeclaredMode(t)
	return modeA == modeB && (modeA == "host" || JoinedRef(modeA) != "" && ix.ContainerNamed(JoinedRef(modeA)) == nil)
}

// JoinedRef is the container that a declared mode names ("container:X"), or "".
func JoinedRef(declared string) string {
	ref, ok := strings.CutPrefix(declared, "container:")
	if !ok {
		return ""
	}
	return ref
}

// InodeOf is the namespace of type t of the container's main process, gone if it has none.
func (ix *Index) InodeOf(c *Container, t procfs.NamespaceType) procfs.Opt[uint64] {
	main := ix.Main(c)
	if main == nil {
		return procfs.None[uint64](procfs.Gone)
	}
	return main.Namespace(t)
}

// ContainersIn are the containers whose main processes are in the namespace of type t with this
// inode number, by name. All namespaces are searched once.
func (ix *Index) ContainersIn(t procfs.NamespaceType, inode uint64) []*Container {
	if ix.inNamespaces == nil {
		ix.inNamespaces = map[procfs.NamespaceType]map[uint64][]*Container{}
		for _, t := range procfs.NamespaceTypes {
			ix.inNamespaces[t] = ix.byNamespace(t)
		}
	}
	return slices.Clone(ix.inNamespaces[t][inode])
}

func (ix *Index) byNamespace(t procfs.NamespaceType) map[uint64][]*Container {
	members := map[uint64][]*Container{}
	for c := range ix.Containers() {
		if inode, ok := ix.InodeOf(c, t).Get(); ok {
			members[inode] = append(members[inode], c)
		}
	}
	for _, list := range members {
		SortByName(list)
	}
	return members
}
