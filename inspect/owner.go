package inspect

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Via says how a process's owner was found.
type Via string

// The ways, from the strongest to the weakest.
const (
	// ViaCgroup: the process's cgroup path has the container's ID.
	ViaCgroup Via = "cgroup"
	// ViaShim: the process is below a shim that names the container, or it belongs to a
	// container that a shim inside this one serves.
	ViaShim Via = "shim"
	// ViaSession: the leader of its session belongs to the container.
	ViaSession Via = "session"
	// ViaAncestry: its nearest ancestor with an owner belongs to the container.
	ViaAncestry Via = "ancestry"
	// viaOwn: it is in the /proc of the container that the reader itself is in.
	viaOwn Via = "own"
)

// Owner is the container to which a process belongs: the container whose cgroup the process is
// in. Shared namespaces do not change that.
type Owner struct {
	// Container is nil if the process belongs to no container of the capture.
	Container *Container
	// Via says how the owner was found, "" without a container.
	Via Via
}

// Inferred reports whether the owner was inferred, not read.
func (o Owner) Inferred() bool { return o.Via == ViaSession || o.Via == ViaAncestry }

// OwnerOf returns the container to which the process belongs.
func (ix *Index) OwnerOf(p *procfs.Process) Owner {
	ix.findOwners()
	return ix.ownerFound(p.PID)
}

// ProcessesOf returns the processes that the container owns, in the order of their host PIDs.
// The shim is not among them.
func (ix *Index) ProcessesOf(c *Container) []*procfs.Process {
	ix.findOwners()
	return ix.owned[c]
}

// ownerFound is the owner, as far as it has been found.
func (ix *Index) ownerFound(pid int) Owner {
	if i, there := ix.processes.Find(pid); there {
		return ix.owners[i]
	}
	return Owner{}
}

// findOwners first takes the owners that can be read, and then infers others from them. So a
// zombie whose cgroup lines have lost the path gets the owner of its session leader or parent.
// Many questions need no owners, so they are found when the first one is asked for.
func (ix *Index) findOwners() {
	if ix.owners != nil {
		return
	}
	ix.owners = make([]Owner, len(ix.processes))
	listed := ix.listedOwners()
	for i, p := range ix.processes {
		if o := ix.readOwner(p); o.Container != nil {
			ix.owners[i] = o
		} else if c := listed[i]; p.StatOnly && c != nil {
			ix.owners[i] = Owner{Container: c, Via: ViaCgroup}
		}
	}
	inferred, above := map[int]Owner{}, &descent{ix: ix}
	for i, p := range ix.processes {
		if ix.owners[i].Container != nil || p.KernelThread {
			continue
		}
		if o := ix.inferOwner(p, i, above); o.Container != nil {
			inferred[i] = o
		}
	}
	for i, o := range inferred {
		ix.owners[i] = o
	}
	for i, p := range ix.processes {
		if c := ix.owners[i].Container; c != nil {
			ix.owned[c] = append(ix.owned[c], p)
		}
	}
}

// own is the container that the reader itself is in, nil where it reads a host.
func (ix *Index) own() *Container {
	if len(ix.Capture.Containers) == 1 && ix.Capture.Containers[0].Own {
		return &ix.Capture.Containers[0]
	}
	return nil
}

// listedOwners are, for each process, the container whose control group lists it,
// the innermost where groups nest.
func (ix *Index) listedOwners() []*Container {
	listed := make([]*Container, len(ix.processes))
	for _, group := range ix.Capture.Groups {
		c := ix.Container(group.ContainerID)
		if c == nil {
			continue
		}
		for i := range ix.processes.FindAll(group.PIDs) {
			listed[i] = c
		}
	}
	return listed
}

// readOwner is the owner according to the process's own facts: the innermost container of this
// engine in whose control group the process is. An engine inside a container adds its own IDs
// further down, and --cgroup-parent can put one container below another.
func (ix *Index) readOwner(p *procfs.Process) Owner {
	if own := ix.own(); own != nil {
		return Owner{Container: own, Via: viaOwn}
	}
	if c := ix.mains[p.Key]; c != nil {
		return Owner{Container: c, Via: ix.Binding(c).By}
	}
	if c := ix.placed().ownerOfProcess(p); c != nil {
		return Owner{Container: c, Via: ViaCgroup}
	}
	return Owner{}
}

// inferOwner is the owner according to other processes. If the process's cgroup names a
// container that the capture does not know, the process belongs to that container and has no
// owner here, unless an engine inside a container runs it.
func (ix *Index) inferOwner(p *procfs.Process, at int, above *descent) Owner {
	if o := ix.suggestedOwner(p, at, above); o.Container != nil && ix.mayBelongTo(p, o.Container) {
		return o
	}
	return ix.ownerAroundEngine(p, above.of(at).owned)
}

// mayBelongTo reports whether the process's cgroups name only containers that the cgroups of the
// container's main process also name. An engine inside a container has its containers below the
// outer one. Without the unified hierarchy, a zombie keeps only the outer one's ID. An ID that
// the runtime has not put there does not count.
func (ix *Index) mayBelongTo(p *procfs.Process, c *Container) bool {
	main := ix.Main(c)
	return !slices.ContainsFunc(p.Cgroups.Or(nil), func(g procfs.Cgroup) bool {
		return slices.ContainsFunc(CgroupIDs(g.Path), func(id string) bool {
			known := ix.Container(id)
			switch {
			case main != nil && InCgroupOf(main, id):
				return false
			case known != nil:
				return ix.placed().isIn(g, known)
			default:
				return ix.placed().isUsual(g, id)
			}
		})
	})
}

// suggestedOwner is the owner of a zombie's exec session or session leader, or of the nearest
// ancestor that has an owner. A child of a shim belongs to the shim's container, as an exec
// session.
func (ix *Index) suggestedOwner(p *procfs.Process, at int, above *descent) Owner {
	if e := ix.execs[p.SID]; e != nil && p.IsZombie() && !p.LeadsSession() && (e.Running || ix.ProcessAt(p.SID) == nil) {
		if c := ix.Container(e.ContainerID); c != nil {
			return Owner{Container: c, Via: ViaSession}
		}
	}
	if leader, there := ix.processes.Find(p.SID); p.IsZombie() && there && leader != at {
		if c := ix.provedOwner(leader, above); c != nil {
			return Owner{Container: c, Via: ViaSession}
		}
	}
	return above.of(at).owner
}

// provedOwner is the container to which the process at a position belongs, proved by its control
// group or its shim, or nil. The control groups of a rootless engine's containers may name none.
// Then only the shim proves it.
func (ix *Index) provedOwner(at int, above *descent) *Container {
	o := ix.owners[at]
	if o.Container == nil && above.of(at).owner.Via == ViaShim && ix.mayBelongTo(ix.processes[at], above.of(at).owner.Container) {
		o = above.of(at).owner
	}
	if o.Via != ViaCgroup && o.Via != ViaShim {
		return nil
	}
	return o.Container
}

// ownerAroundEngine is the container in which the engine of the process's own container runs: a
// shim inside it serves the container that the process names. If the outer container has the
// host's cgroups (-v /sys/fs/cgroup), the inner containers are not below it there. shim is the
// process's nearest ancestor that has an owner.
func (ix *Index) ownerAroundEngine(p, shim *procfs.Process) Owner {
	if shim == nil || ShimName(shim) == "" || !InCgroupOf(p, ServedID(shim)) {
		return Owner{}
	}
	return Owner{Container: ix.ownerFound(shim.PID).Container, Via: ViaShim}
}

// NamedIDs are the container IDs in the cgroup paths of the process or, for a shim, in its
// arguments. If it has none, they are those of the process that names a container for it.
func (ix *Index) NamedIDs(p *procfs.Process) []string {
	speaker := ix.speakerFor(p)
	if speaker == nil {
		return nil
	}
	return NamedIDs(speaker)
}

// speakerFor is the process whose IDs show to which container the given process belongs. It is
// the process itself or its nearest ancestor that names a container. For a zombie that names
// none, it is first its session leader. It is nil if none names a container.
func (ix *Index) speakerFor(p *procfs.Process) *procfs.Process {
	if leader := ix.ProcessAt(p.SID); p.IsZombie() && leader != nil && len(NamedIDs(p)) == 0 {
		if speaker := ix.speakerAbove(leader); speaker != nil {
			return speaker
		}
	}
	return ix.speakerAbove(p)
}

func (ix *Index) speakerAbove(p *procfs.Process) *procfs.Process {
	for range len(ix.processes) {
		if p == nil || len(NamedIDs(p)) > 0 {
			return p
		}
		p = ix.Parent(p)
	}
	return nil
}

// NamedIDs are the container IDs in the process's own cgroup paths or, for a shim, in its
// arguments, sorted.
func NamedIDs(p *procfs.Process) []string {
	var ids []string
	for _, g := range p.Cgroups.Or(nil) {
		ids = append(ids, CgroupIDs(g.Path)...)
	}
	if id := ServedID(p); id != "" && ShimName(p) != "" {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// IsInnerContainer reports whether the process belongs to a container of an engine inside c.
// Then its cgroup path names another container below, or its parent is a shim that runs inside.
func (ix *Index) IsInnerContainer(c *Container, p *procfs.Process) bool {
	for _, g := range p.Cgroups.Or(nil) {
		if ids := CgroupIDs(g.Path); len(ids) > 1 && ids[len(ids)-1] != c.ID {
			return true
		}
	}
	parent := ix.Parent(p)
	return parent != nil && ShimName(parent) != "" && ix.OwnerOf(parent).Container == c
}

// HidesProcesses reports whether this /proc hides other users' processes from the reader. Then a
// missing process proves nothing.
func (ix *Index) HidesProcesses() bool {
	return ix.Capture.Host.HidePID != "" && ix.Capture.Host.EUID != 0
}

// IsCharged reports whether a zombie of the container counts in its control group, as far as can
// be determined. In the unified hierarchy, if it is in use, a zombie keeps its path. A zombie
// that came from outside (nsenter) has another path.
func (ix *Index) IsCharged(p *procfs.Process, c *Container) bool {
	main := ix.Main(c)
	if main == nil {
		return true
	}
	mains, used := unifiedPath(main)
	own, known := unifiedPath(p)
	return !used || !known || !strings.Contains(mains, c.ID) || strings.Contains(own, c.ID)
}

func unifiedPath(p *procfs.Process) (string, bool) {
	for _, line := range p.Cgroups.Or(nil) {
		if line.Unified() {
			return line.Path, true
		}
	}
	return "", false
}
