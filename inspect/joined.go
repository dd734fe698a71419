package inspect

import (
	"iter"
	"slices"

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
			c = named(joinedRef(c.DeclaredMode(t)))
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

func (ix *Index) declaredHome(c *Container, t procfs.NamespaceType) *Container {
	return DeclaredHome(c, t, ix.containerNamed)
}

// declaredInit is the main process of whom the process's container was told to
// join, that is an init of the same depth; nil if there is none.
func (ix *Index) declaredInit(p *procfs.Process) *procfs.Process {
	for c := range Joined(ix.OwnerOf(p).Container, procfs.PIDNamespace, ix.containerNamed) {
		if main := ix.bindings[c.ID].Main; main != nil && main.InnermostPID() == 1 && main.Depth() == p.Depth() {
			return main
		}
	}
	return nil
}
