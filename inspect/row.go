package inspect

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Row is one process as a process of its container.
type Row struct {
	// Container is the one whose cgroup holds the process; for a shim, the one
	// it serves; for one that has entered, the one that owns the PID namespace.
	Container *Container
	Process   *procfs.Process
	Role      Role
	// ContainerPIDs is the chain of PIDs from the container's PID namespace
	// inwards; empty for the shim.
	ContainerPIDs []int
	// NSInit: it is the init of a PID namespace.
	NSInit bool
	// UID is the effective user ID as the container has it, and absent where
	// its user namespace maps none.
	UID procfs.Opt[int]
	// Subreaper: it adopts the orphans below it; absent unless the kernel was asked.
	Subreaper procfs.Opt[bool]
	// Origin is where an orphan came from, as package origin names it, and
	// OriginCertainty how sure that is; "" where it was not looked for.
	Origin          string
	OriginCertainty Certainty
	// ExecID is the exec session whose first process it is, or "".
	ExecID string
	// StartedAt and Elapsed are the time of its start and the time since.
	StartedAt time.Time
	Elapsed   time.Duration
	// Left are the namespaces in which it is no longer with the container's main
	// process; absent where they could not be read.
	Left procfs.Opt[[]procfs.NamespaceType]
	// LeftThreads are its threads that have left namespaces by themselves, as far
	// as Left is held.
	LeftThreads []LeftThread
	// Inferred: that it is this container's is concluded, and another one
	// shares the PID namespace.
	Inferred bool
	// ForeignParent names the parent where that belongs to another container,
	// which shares the PID namespace: "PID 1 of demo"; else "".
	ForeignParent string
	// CgroupNames are the other containers whose IDs its cgroup paths hold, although it is
	// not in the groups that were made for them, or in those of one hierarchy only.
	CgroupNames []*Container
}

// RowOf is the process as one of the container's.
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

// uidInside translates with the map of the container's main process: what a
// nested user namespace makes of it is not what the container has.
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

// Rows are the container's processes, its shims first and the others by host
// PID.
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
		if !known[p] { // one that is both was drawn
			rows = append(rows, ix.RowOf(c, p))
		}
	}
	return slices.Insert(rows, 0, shims...)
}

// mostShims is for how many shims there is room in a list: conmon is two with an exec
// session. More cost a copy.
const mostShims = 2
