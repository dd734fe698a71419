package inspect

import (
	"iter"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Joined yields the container, then the one that it was told to join for its
// namespace of type t (--pid container:X and the like), then whom that one was
// told to join, and so on. It ends at the one that was told to have a namespace for
// itself, at one that named does not know, and where they go round in a circle.
func Joined(c *Container, t procfs.NamespaceType, named func(ref string) *Container) iter.Seq[*Container] {
	return func(yield func(*Container) bool) {
		var seen []*Container
		for c != nil && !slices.Contains(seen, c) && yield(c) {
			seen = append(seen, c)
			c = named(JoinedRef(c.DeclaredMode(t)))
		}
	}
}

// DeclaredHome is the last of Joined: the container whose namespace of type t it is
// as declared.
func DeclaredHome(c *Container, t procfs.NamespaceType, named func(ref string) *Container) *Container {
	home := c
	for next := range Joined(c, t, named) {
		home = next
	}
	return home
}

// DeclaredHome is the container whose namespace of type t the container was told to
// use, at the end of a chain of joins: itself where it joined none.
func (ix *Index) DeclaredHome(c *Container, t procfs.NamespaceType) *Container {
	return DeclaredHome(c, t, ix.ContainerNamed)
}

// DeclaredTogether reports whether both were told to use one namespace of type t: the
// host's, or the same container's.
func (ix *Index) DeclaredTogether(a, b *Container, t procfs.NamespaceType) bool {
	if a.DeclaredMode(t) == "host" && b.DeclaredMode(t) == "host" {
		return true
	}
	return ix.DeclaredHome(a, t) == ix.DeclaredHome(b, t)
}

// JoinedRef is the container that a declared mode names ("container:X"), or "".
func JoinedRef(declared string) string {
	ref, ok := strings.CutPrefix(declared, "container:")
	if !ok {
		return ""
	}
	return ref
}

// InodeOf is the namespace of type t that the container's main process is in, gone
// where it has none.
func (ix *Index) InodeOf(c *Container, t procfs.NamespaceType) procfs.Opt[uint64] {
	main := ix.Main(c)
	if main == nil {
		return procfs.None[uint64](procfs.Gone)
	}
	return main.Namespace(t)
}
