package shim

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Served is a running container as its shim shows it, whichever engine or runtime started it.
type Served struct {
	// ID is the container's: 64 hexadecimal digits, or for containerd's other clients the
	// word that they chose (ctr run IMAGE ID).
	ID string
	// Shim is the parent of its main process, and Main that process.
	Shim, Main *procfs.Process
	// Namespace is containerd's namespace of it (-namespace): moby, k8s.io, default; "" where
	// the shim is conmon.
	Namespace string
}

// ByConmon reports whether podman or CRI-O started it: their shim is conmon.
func (s *Served) ByConmon() bool { return strings.HasPrefix(inspect.ShimName(s.Shim), "conmon") }

// AllServed are the running containers of all engines and runtimes of the host: those whose
// shims are root's first, then by the PID of the shim. Shims inside of containers are those of
// engines in there, and their containers are not listed.
//
// Any user can start a process that calls itself a shim, as rootless engines do. So what root's
// shims say comes first: a container that one of them serves is no other's.
func AllServed(s *procfs.Snapshot) []Served {
	var shims []*procfs.Process
	for i := range s.Processes {
		if p := &s.Processes[i]; inspect.ShimName(p) != "" && p.Depth() == 0 && inspect.CgroupID(p) == "" {
			shims = append(shims, p)
		}
	}
	slices.SortStableFunc(shims, func(a, b *procfs.Process) int {
		return cmp.Compare(min(a.UIDs.Effective, 1), min(b.UIDs.Effective, 1))
	})
	var all []Served
	children := childrenOfShims(s)
	for _, p := range shims {
		for _, served := range servedBy(p, children[p.PID]) {
			if !slices.ContainsFunc(all, func(other Served) bool { return other.ID == served.ID }) {
				all = append(all, served)
			}
		}
	}
	return all
}

// childrenOfShims are the children of each process that calls itself a shim, the oldest
// first.
func childrenOfShims(s *procfs.Snapshot) map[int][]*procfs.Process {
	shims := map[int]bool{}
	for i := range s.Processes {
		if inspect.ShimName(&s.Processes[i]) != "" {
			shims[s.Processes[i].PID] = true
		}
	}
	children := map[int][]*procfs.Process{}
	for i := range s.Processes {
		if p := &s.Processes[i]; shims[p.ParentPID] {
			children[p.ParentPID] = append(children[p.ParentPID], p)
		}
	}
	for _, list := range children {
		slices.SortStableFunc(list, func(a, b *procfs.Process) int { return int(a.StartTicks) - int(b.StartTicks) })
	}
	return children
}

// servedBy are the containers that one shim serves: one, or all of a pod. The first child in
// each container is its main process, since exec sessions come later.
func servedBy(shim *procfs.Process, children []*procfs.Process) []Served {
	var list []Served
	for _, child := range children {
		id := servedID(shim, child)
		if id == "" || slices.ContainsFunc(list, func(other Served) bool { return other.ID == id }) {
			continue
		}
		list = append(list, Served{ID: id, Shim: shim, Main: child, Namespace: inspect.Argument(shim, "-namespace")})
	}
	return list
}

// servedID is the container of a child of a shim, "" where it is in none: the shim runs
// runc, too. Its control group names the container, or is named after the shim's argument. A
// rootless engine may name none, and then the PID namespace shows that it is in a container.
func servedID(shim, child *procfs.Process) string {
	if id := inspect.CgroupID(child); id != "" {
		return id
	}
	argument := argumentID(shim)
	if argument == "" {
		return ""
	}
	named := func(g procfs.Cgroup) bool { return path.Base(g.Path) == argument }
	if child.Depth() > shim.Depth() || slices.ContainsFunc(child.Cgroups.Or(nil), named) {
		return argument
	}
	return ""
}

// argumentID is the ID that a shim was started with, "" where that is none.
func argumentID(shim *procfs.Process) string {
	for _, option := range []string{"-id", "-c", "--cid"} {
		if id := inspect.Argument(shim, option); id != "" && isIdentifier(id) {
			return id
		}
	}
	return ""
}

// mostIdentifier is the most bytes of an identifier (containerd, pkg/identifiers).
const mostIdentifier = 76

// isIdentifier reports whether containerd takes the text for an ID: letters and digits, with
// single dots, dashes and underscores in between.
func isIdentifier(text string) bool {
	previous := byte('.')
	for i := range len(text) {
		c := text[i]
		isMark := c == '.' || c == '-' || c == '_'
		switch {
		case !isMark && !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'):
			return false
		case isMark && (previous == '.' || previous == '-' || previous == '_'):
			return false
		}
		previous = c
	}
	return len(text) <= mostIdentifier && previous != '.' && previous != '-' && previous != '_'
}
