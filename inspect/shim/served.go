package shim

import (
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

// AllServed are the running containers of all engines and runtimes of the host, sorted by
// their shim's PID. Shims inside of containers are those of engines in there, and their
// containers are not listed.
func AllServed(s *procfs.Snapshot) []Served {
	var all []Served
	children := childrenOfShims(s)
	for i := range s.Processes {
		p := &s.Processes[i]
		if inspect.ShimName(p) == "" || p.Depth() > 0 || inspect.CgroupID(p) != "" {
			continue
		}
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

// argumentID is the ID that a shim was started with.
func argumentID(shim *procfs.Process) string {
	for _, option := range []string{"-id", "-c", "--cid"} {
		if id := inspect.Argument(shim, option); id != "" {
			return id
		}
	}
	return ""
}
