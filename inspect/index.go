package inspect

import (
	"iter"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Index answers questions about one capture. It is built once. Results that are expensive and
// not always needed are computed at the first request. So several goroutines must not use it at
// once.
type Index struct {
	Capture *Capture

	// processes are the snapshot's, sorted by host PID.
	processes procfs.PIDTable
	// family is nil before the first call of Children.
	family     procfs.FamilyTable
	containers map[string]*Container
	// named are the containers that others declare, by that name or ID. homes are the ends of
	// chains of joins.
	named map[string]*Container
	homes map[declaredHome]*Container
	// byShortID are the containers that the engine lists, by the beginnings of their IDs, nil
	// before the first call of NameOfID.
	byShortID map[string][]Listed
	// sharers has the containers whose sharers were asked for.
	sharers map[*Container]sharers
	// inNamespaces is nil before the first call of ContainersIn.
	inNamespaces map[procfs.NamespaceType]map[uint64][]*Container
	// inPIDNamespaces are the processes by PID namespace, as far as it was read. withoutPIDNamespace
	// are the containers that may be in any. Both are nil before the first use.
	inPIDNamespaces     map[uint64][]*procfs.Process
	withoutPIDNamespace []*Container
	bindings            map[string]Binding
	mains               map[procfs.Key]*Container
	// owners is nil before findOwners, and then has the owners of the processes, in their order.
	owners []Owner
	owned  map[*Container][]*procfs.Process
	// places is nil before the first use.
	places  *places
	execs   map[int]*Exec
	nsInits map[uint64]*procfs.Process
	// seenAgain are the zombies of the second look, with the PIDs of their parents.
	seenAgain map[procfs.Key]int
	// attention is nil before the first use.
	attention map[procfs.Key]*procfs.Attention
}

// NewIndex binds the capture's containers to their processes.
func NewIndex(c *Capture) *Index {
	ix := &Index{
		Capture:    c,
		containers: map[string]*Container{},
		named:      map[string]*Container{},
		homes:      map[declaredHome]*Container{},
		sharers:    map[*Container]sharers{},
		bindings:   map[string]Binding{},
		mains:      map[procfs.Key]*Container{},
		owned:      map[*Container][]*procfs.Process{},
		execs:      map[int]*Exec{},
		nsInits:    map[uint64]*procfs.Process{},

		seenAgain: map[procfs.Key]int{},
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
	ix.processes = procfs.NewPIDTable(ix.Capture.Snapshot.Processes)
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
			binding = Binding{Outcome: Vanished, Why: "it exited while it was read"}
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
		// If two sessions have one PID, the number was reused, and the running session has it
		// now.
		if known := ix.execs[e.HostPID]; known == nil || !known.Running {
			ix.execs[e.HostPID] = e
		}
	}
}

// Binding says how the container was bound to its main process.
func (ix *Index) Binding(c *Container) Binding { return ix.bindings[c.ID] }

// Main is the container's main process, nil if no process is proved to be it.
func (ix *Index) Main(c *Container) *procfs.Process { return ix.bindings[c.ID].Main }

// Containers yields every container of the capture, in its order.
func (ix *Index) Containers() iter.Seq[*Container] {
	return func(yield func(*Container) bool) {
		for i := range ix.Capture.Containers {
			if !yield(&ix.Capture.Containers[i]) {
				return
			}
		}
	}
}

// Processes are those of the snapshot, sorted by host PID. They must not be changed.
func (ix *Index) Processes() procfs.PIDTable { return ix.processes }

// ProcessAt is the process with this host PID, nil if the capture does not have it.
func (ix *Index) ProcessAt(pid int) *procfs.Process { return ix.processes.At(pid) }

// Attention is the signal handling of the process, nil if it was not read.
func (ix *Index) Attention(p *procfs.Process) *procfs.Attention {
	if ix.attention == nil {
		ix.attention = map[procfs.Key]*procfs.Attention{}
		for i := range ix.Capture.Attention {
			ix.attention[ix.Capture.Attention[i].Key] = &ix.Capture.Attention[i]
		}
	}
	return ix.attention[p.Key]
}

// Container returns the container with this ID, nil if the capture has none.
func (ix *Index) Container(id string) *Container { return ix.containers[id] }

// MainOf returns the container whose main process p is, or nil.
func (ix *Index) MainOf(p *procfs.Process) *Container { return ix.mains[p.Key] }

// Process is the process with this key, nil if the capture does not have it.
func (ix *Index) Process(key procfs.Key) *procfs.Process {
	if p := ix.ProcessAt(key.PID); p != nil && p.Key == key {
		return p
	}
	return nil
}
