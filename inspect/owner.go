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
	// ViaCgroup: the container's ID stands in the process's cgroup path.
	ViaCgroup Via = "cgroup"
	// ViaShim: it is below a shim that names the container, or of a container
	// that a shim inside this one serves.
	ViaShim Via = "shim"
	// ViaSession: the leader of its session belongs to the container.
	ViaSession Via = "session"
	// ViaAncestry: its nearest ancestor with an owner belongs to it.
	ViaAncestry Via = "ancestry"
	// viaOwn: it is in the /proc of the container that the reader itself is in.
	viaOwn Via = "own"
)

// Owner is the container to which a process belongs: the one whose cgroup
// holds it. Shared namespaces do not change that.
type Owner struct {
	// Container is nil if the process belongs to none of the capture.
	Container *Container
	// Via says how that was found; empty without a container.
	Via Via
}

// Inferred reports whether the owner is concluded and not read.
func (o Owner) Inferred() bool { return o.Via == ViaSession || o.Via == ViaAncestry }

// OwnerOf returns the container to which the process belongs.
func (ix *Index) OwnerOf(p *procfs.Process) Owner {
	ix.findOwners()
	return ix.ownerFound(p.PID)
}

// ProcessesOf returns the container's processes in the order of their host
// PIDs: those whose owner it is. The shim is not among them.
func (ix *Index) ProcessesOf(c *Container) []*procfs.Process {
	ix.findOwners()
	return ix.owned[c]
}

// ownerFound is the owner as far as it has been found.
func (ix *Index) ownerFound(pid int) Owner {
	if i, there := ix.processes.Find(pid); there {
		return ix.owners[i]
	}
	return Owner{}
}

// findOwners goes from what was read to what must be concluded, so that a
// zombie whose cgroup lines have lost the path finds its session leader's or
// parent's owner. Much of what is asked of an index needs no owners: they are found
// when the first is asked for.
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

// readOwner is the owner that the process's own facts name: the innermost
// container of this engine in whose control group it is. An engine inside a container
// puts IDs of its own further down, and --cgroup-parent can put a container
// below another.
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

// inferOwner is the owner that others' facts suggest. A process whose cgroup
// names a container that the capture does not know is that one's, and nobody's
// here, unless an engine inside a container runs it.
func (ix *Index) inferOwner(p *procfs.Process, at int, above *descent) Owner {
	if o := ix.suggestedOwner(p, at, above); o.Container != nil && ix.mayBelongTo(p, o.Container) {
		return o
	}
	return ix.ownerAroundEngine(p, above.of(at).owned)
}

// mayBelongTo reports whether the process's cgroups name no other container than those of the
// container's main process do. An engine that is itself in a container has its
// containers below that one; and where it does not use the unified hierarchy,
// that one's ID is all that a zombie keeps. An ID that the runtime has not put there is
// no other container.
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

// suggestedOwner is the owner of a zombie's exec session or session leader, or
// of the nearest ancestor that has one. A child of a shim is the shim's
// container's (an exec session).
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

// provedOwner is the container of which the process at a place is by its control group or
// its shim, nil for none. The control groups of a rootless engine's containers may name
// none: there the shim alone does.
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

// ownerAroundEngine is the container in which the engine runs that has made the
// process's own: a shim inside it serves the one that the process names. Where
// the outer container was given the host's cgroups (-v /sys/fs/cgroup), the inner
// ones are not below it there. Shim is the process's nearest ancestor that has an owner.
func (ix *Index) ownerAroundEngine(p, shim *procfs.Process) Owner {
	if shim == nil || ShimName(shim) == "" || !InCgroupOf(p, ServedID(shim)) {
		return Owner{}
	}
	return Owner{Container: ix.ownerFound(shim.PID).Container, Via: ViaShim}
}

// NamedIDs are the container IDs that the cgroup paths or, for a shim, the
// arguments of the process name, or of the one that speaks for it.
func (ix *Index) NamedIDs(p *procfs.Process) []string {
	speaker := ix.speakerFor(p)
	if speaker == nil {
		return nil
	}
	return NamedIDs(speaker)
}

// speakerFor is the process that tells by an ID whose the given one is: itself
// or its nearest ancestor that names a container; for a zombie that names none,
// first those of its session leader. Nil if none does.
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

// NamedIDs are the container IDs that the process's own cgroup paths name or, for a
// shim, its arguments; sorted.
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

// IsInnerContainer reports whether the process belongs to a container of an engine
// inside c: its cgroup path names another container below, or its parent is a shim that
// runs inside.
func (ix *Index) IsInnerContainer(c *Container, p *procfs.Process) bool {
	for _, g := range p.Cgroups.Or(nil) {
		if ids := CgroupIDs(g.Path); len(ids) > 1 && ids[len(ids)-1] != c.ID {
			return true
		}
	}
	parent := ix.Parent(p)
	return parent != nil && ShimName(parent) != "" && ix.OwnerOf(parent).Container == c
}

// HidesProcesses reports whether this /proc keeps other users' processes from the
// reader, so that a missing one says nothing.
func (ix *Index) HidesProcesses() bool {
	return ix.Capture.Host.HidePID != "" && ix.Capture.Host.EUID != 0
}

// IsCharged reports whether a zombie of the container counts in its control group, as
// far as can be told: in the unified hierarchy, where it is in use, a zombie keeps its
// path, and that of one which came from outside (nsenter) is another.
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
