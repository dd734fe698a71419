package inspect

import (
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Index answers questions about one capture. It is built once; what is dear and not
// always asked for it finds when it is first asked, so it is not for several
// goroutines at once.
type Index struct {
	Capture *Capture

	// processes are the snapshot's, sorted by host PID.
	processes pidTable
	// family is nil before Children.
	family     familyTable
	containers map[string]*Container
	bindings   map[string]Binding
	mains      map[procfs.Key]*Container
	// owners are nil before findOwners, and then those of processes, in their order.
	owners  []Owner
	owned   map[*Container][]*procfs.Process
	execs   map[int]*Exec
	nsInits map[uint64]*procfs.Process
	// seenAgain are the zombies of the second look with their parents' PIDs.
	seenAgain map[procfs.Key]int
	attention map[procfs.Key]*procfs.Attention
}

// NewIndex binds the capture's containers to their processes.
func NewIndex(c *Capture) *Index {
	ix := &Index{
		Capture:    c,
		containers: map[string]*Container{},
		bindings:   map[string]Binding{},
		mains:      map[procfs.Key]*Container{},
		owned:      map[*Container][]*procfs.Process{},
		execs:      map[int]*Exec{},
		nsInits:    map[uint64]*procfs.Process{},

		seenAgain: map[procfs.Key]int{},
		attention: map[procfs.Key]*procfs.Attention{},
	}
	for i := range c.Attention {
		ix.attention[c.Attention[i].Key] = &c.Attention[i]
	}
	if c.SecondLook != nil {
		for _, z := range c.SecondLook.Zombies {
			ix.seenAgain[z.Key] = z.ParentPID
		}
	}
	ix.addProcesses()
	ix.addContainers()
	ix.addExecs()
	return ix
}

func (ix *Index) addProcesses() {
	ix.processes = newPIDTable(ix.Capture.Snapshot.Processes)
	for _, p := range ix.processes {
		if inode, ok := p.Namespace(procfs.PIDNamespace).Get(); ok && p.InnermostPID() == 1 {
			ix.nsInits[inode] = p
		}
	}
}

func (ix *Index) addContainers() {
	for i := range ix.Capture.Containers {
		c := &ix.Capture.Containers[i]
		ix.containers[c.ID] = c
		binding := bind(c, &ix.Capture.Snapshot, ix.processes, ix.Capture.Proof.Verdict)
		if ix.hasEnded(c) {
			binding = Binding{Outcome: Vanished, Why: "it ended while it was looked at"}
		}
		ix.bindings[c.ID] = binding
		if binding.Main != nil {
			ix.mains[binding.Main.Key] = c
		}
	}
}

func (ix *Index) addExecs() {
	for i := range ix.Capture.Execs {
		e := &ix.Capture.Execs[i]
		if e.HostPID == 0 {
			continue
		}
		// Two sessions with one PID: the number was used again, and the one
		// that lives has it now.
		if known := ix.execs[e.HostPID]; known == nil || !known.Running {
			ix.execs[e.HostPID] = e
		}
	}
}

// Binding is how the container was bound to its main process.
func (ix *Index) Binding(c *Container) Binding { return ix.bindings[c.ID] }

// Parent returns the process's parent, nil if the capture does not have it.
func (ix *Index) Parent(p *procfs.Process) *procfs.Process {
	parent := ix.processes.at(p.ParentPID)
	if parent == p {
		return nil
	}
	return parent
}

// Container returns the container with this ID, nil if the capture has none.
func (ix *Index) Container(id string) *Container { return ix.containers[id] }

// containerNamed finds the container that another one declares to have joined.
func (ix *Index) containerNamed(ref string) *Container {
	if ref == "" {
		return nil
	}
	c, problem := ix.Resolve(ref)
	if problem != nil {
		return nil
	}
	return c
}

// MainOf returns the container whose main process p is, or nil.
func (ix *Index) MainOf(p *procfs.Process) *Container { return ix.mains[p.Key] }

// IsNSInit reports whether p is the init of a PID namespace below that of the
// /proc that was read: the process that is number 1 there.
func (ix *Index) IsNSInit(p *procfs.Process) bool { return p.Depth() > 0 && p.InnermostPID() == 1 }

// InitOf returns the init of the process's own PID namespace, to which its
// orphans go: proved by the namespace's inode, or else by the chain of its
// parents, or else as declared by the container it is in. Nil if it cannot be
// told, and for processes of the host's namespace.
func (ix *Index) InitOf(p *procfs.Process) *procfs.Process {
	if p.Depth() == 0 {
		return nil
	}
	if inode, ok := p.Namespace(procfs.PIDNamespace).Get(); ok {
		return ix.nsInits[inode]
	}
	if init := ix.initAbove(p); init != nil {
		return init
	}
	return ix.declaredInit(p)
}

// reaperOf returns the init to which the process goes when its parent ends:
// that of its PID namespace, or, for a namespace's own init, that of the
// namespace around it. Nil if it cannot be told, or is outside of containers.
func (ix *Index) reaperOf(p *procfs.Process) *procfs.Process {
	if !ix.IsNSInit(p) {
		return ix.InitOf(p)
	}
	parent := ix.Parent(p)
	if parent == nil || parent.Depth() != p.Depth()-1 {
		return nil
	}
	return ix.InitOf(parent)
}

// initAbove climbs through parents of the same depth.
func (ix *Index) initAbove(p *procfs.Process) *procfs.Process {
	depth := p.Depth()
	for range len(ix.processes) {
		if p.InnermostPID() == 1 {
			return p
		}
		parent := ix.Parent(p)
		if parent == nil || parent.Depth() != depth {
			return nil
		}
		p = parent
	}
	return nil
}

// inOtherNamespace: it is proved that the two are in different PID namespaces.
func inOtherNamespace(a, b *procfs.Process) bool {
	nsA, okA := a.Namespace(procfs.PIDNamespace).Get()
	nsB, okB := b.Namespace(procfs.PIDNamespace).Get()
	return okA && okB && nsA != nsB
}

// ContainerPIDs is the chain of the process's PIDs from the PID namespace of
// the container's main process inwards: one number, or more where PID
// namespaces nest inside the container. It is empty for a process that is not
// visible there, such as the shim.
func (ix *Index) ContainerPIDs(c *Container, p *procfs.Process) []int {
	main := ix.bindings[c.ID].Main
	if main == nil || len(p.NSPIDs) <= main.Depth() || p.Depth() == main.Depth() && inOtherNamespace(p, main) {
		return nil
	}
	return p.NSPIDs[main.Depth():]
}
