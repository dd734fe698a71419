package inspect

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Row is one process as part of its container.
type Row struct {
	// Container is the container whose cgroup has the process. For a shim it is the container
	// that it serves. For a process that entered, it is the container that owns the PID
	// namespace.
	Container *Container
	Process   *procfs.Process
	Role      Role
	// ContainerPIDs is the chain of PIDs from the container's PID namespace inwards, empty for
	// the shim.
	ContainerPIDs []int
	// NSInit is true if the process is the init of a PID namespace.
	NSInit bool
	// UID is the effective user ID inside the container, absent if its user namespace does not
	// map it.
	UID procfs.Opt[int]
	// Subreaper is true if the process adopts the orphans below it, absent unless the kernel's
	// iterator was asked.
	Subreaper procfs.Opt[bool]
	// Origin is where an orphan came from, as in package origin. OriginCertainty is how certain
	// that is. Both are "" if the origin was not looked for.
	Origin          string
	OriginCertainty Certainty
	// ExecID is the exec session whose first process this is, or "".
	ExecID string
	// StartedAt is when the process started, and Elapsed is the time since then.
	StartedAt time.Time
	Elapsed   time.Duration
	// Left are the types of namespaces in which it is not with the container's main process,
	// absent if they could not be read.
	Left procfs.Opt[[]procfs.NamespaceType]
	// LeftThreads are the threads that have left namespaces by themselves, as far as Left is
	// held.
	LeftThreads []LeftThread
	// Inferred is true if the container was inferred, and another container shares the PID
	// namespace.
	Inferred bool
	// ForeignParent names the parent if it belongs to another container that shares the PID
	// namespace, such as "PID 1 of demo", else "".
	ForeignParent string
	// CgroupNames are the other containers whose IDs are in its cgroup paths, although the
	// process is not in their groups, or is in their groups in only one hierarchy.
	CgroupNames []*Container
}

// RowOf is the row of the process in the container.
func (ix *Index) RowOf(c *Container, p *procfs.Process) Row {
	r := Row{
		Container:     c,
		Process:       p,
		Role:          ix.RoleOf(c, p),
		ContainerPIDs: ix.ContainerPIDs(c, p),
		NSInit:        ix.IsNSInit(p),
		Subreaper:     ix.Subreaper(p),
		UID:           ix.uidInside(c, p),
		StartedAt:     ix.Capture.Snapshot.StartedAt(p.StartTicks),
		Elapsed:       ix.Capture.Snapshot.Elapsed(p.StartTicks),
	}
	if r.Role == RoleShim {
		r.ContainerPIDs = nil
	}
	r.Left, r.LeftThreads = procfs.None[[]procfs.NamespaceType](procfs.NotHeld), nil
	if r.Role != RoleShim {
		r.Left, r.LeftThreads = ix.leftNamespaces(c, p), ix.leftThreads(c, p)
	}
	if o := ix.OwnerOf(p); o.Container == c && o.Inferred() {
		sharers, _ := ix.PIDSharers(c)
		r.Inferred = len(sharers) > 0
	}
	r.CgroupNames = ix.CgroupNames(c, p)
	if e := ix.ExecOf(c, p); e != nil {
		r.ExecID = e.ID
	}
	if parent := ix.Parent(p); parent != nil {
		if other := ix.OwnerOf(parent).Container; other != nil && other != c {
			r.ForeignParent = ix.foreignName(other, parent)
		}
	}
	return r
}

// uidInside translates with the map of the container's main process. A nested user namespace may
// map the ID again, but that is not the user ID in the container.
func (ix *Index) uidInside(c *Container, p *procfs.Process) procfs.Opt[int] {
	main := ix.Main(c)
	if main == nil || ix.isShimOf(c, p) {
		return procfs.Some(p.UIDs.Effective)
	}
	mappings, ok := main.UIDMap.Get()
	if !ok {
		return procfs.None[int](main.UIDMap.Absence())
	}
	if uid, ok := procfs.InsideID(mappings, p.UIDs.Effective); ok {
		return procfs.Some(uid)
	}
	return procfs.None[int](procfs.NotHeld)
}

// Rows are the container's processes, its shims first, and the others by host PID.
func (ix *Index) Rows(c *Container) []Row {
	processes := ix.ProcessesOf(c)
	var shims []Row
	rows := make([]Row, 0, len(processes)+mostShims)
	known := map[*procfs.Process]bool{}
	for _, p := range processes {
		if parent := ix.Parent(p); parent != nil && !known[parent] && ix.isShimOf(c, parent) {
			known[parent] = true
			shims = append(shims, ix.RowOf(c, parent))
		}
	}
	for _, p := range processes {
		if !known[p] { // one that is both is already in the list
			rows = append(rows, ix.RowOf(c, p))
		}
	}
	return slices.Insert(rows, 0, shims...)
}

// mostShims is for how many shims a list has room. conmon with an exec session is two. More
// shims cost a copy of the list.
const mostShims = 2
