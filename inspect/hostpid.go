package inspect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ParseContainerPID parses a PID inside a container: one number, or a chain through nested
// namespaces, "9>3>1" or "9/3/1".
func ParseContainerPID(text string) ([]int, error) {
	var chain []int
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "/", ">"), ">") {
		n, err := strconv.ParseUint(part, 10, 31) // accepts no sign
		if err != nil || n == 0 {
			return nil, notAPID(text)
		}
		chain = append(chain, int(n))
	}
	return chain, nil
}

func notAPID(text string) error {
	return fmt.Errorf("%q is not a PID: expected a number, or a chain of nested PIDs such as '9>3>1'", text)
}

// ambiguousPIDError means that the number names several processes in PID namespaces
// nested inside the container.
type ambiguousPIDError struct {
	// Chains are the PIDs of these processes, from the container's namespace inwards.
	Chains [][]int
}

// Error lists the chains, one of which can be asked for.
func (e *ambiguousPIDError) Error() string {
	names := make([]string, len(e.Chains))
	for i, chain := range e.Chains {
		names[i] = "'" + ChainString(chain) + "'"
	}
	return "one of " + strings.Join(names, ", ")
}

// FindContainerPID returns the process with this PID in the container's PID namespace, whichever
// container it belongs to, or nil. If the namespace itself does not have a single number, it is
// looked up in the namespaces nested inside. It is an *ambiguousPIDError if several of them have
// it.
func (ix *Index) FindContainerPID(c *Container, chain []int) (*procfs.Process, error) {
	visible := ix.Visible(c)
	for _, p := range visible {
		pids := ix.ContainerPIDs(c, p)
		if slices.Equal(pids, chain) || len(chain) == 1 && len(pids) > 0 && pids[0] == chain[0] {
			return p, nil
		}
	}
	if len(chain) > 1 {
		return nil, nil
	}
	var found []*procfs.Process
	var chains [][]int
	for _, p := range visible {
		if p.InnermostPID() == chain[0] {
			found = append(found, p)
			chains = append(chains, ix.ContainerPIDs(c, p))
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	default:
		return nil, &ambiguousPIDError{Chains: chains}
	}
}

// FindContainerTID finds a thread that is not a main thread, by its number in the container's
// PID namespace or by its whole chain. It returns the TID on the host and the process of the
// thread, nil if there is none. The capture must have the threads.
func (ix *Index) FindContainerTID(c *Container, chain []int) (tid int, thread procfs.Thread, p *procfs.Process) {
	main := ix.Main(c)
	if main == nil {
		return 0, procfs.Thread{}, nil
	}
	visible := map[int]*procfs.Process{}
	for _, p := range ix.Visible(c) {
		visible[p.PID] = p
	}
	for number, t := range ix.Capture.Threads {
		owner := visible[t.PID]
		if owner == nil || len(t.NSPIDs) <= main.Depth() {
			continue
		}
		inside := t.NSPIDs[main.Depth():]
		if slices.Equal(inside, chain) || len(chain) == 1 && inside[0] == chain[0] {
			return number, t, owner
		}
	}
	return 0, procfs.Thread{}, nil
}

// Visible returns the processes that have a PID in the PID namespace of the container's main
// process, in the order of that PID. They are the processes below its init, those of containers
// that share the namespace, and those that entered it. In the host's PID namespace they are all
// processes of the capture.
func (ix *Index) Visible(c *Container) []*procfs.Process {
	main := ix.Main(c)
	switch {
	case main == nil:
		return nil
	case main.Depth() == 0:
		return ix.processes
	}
	seen := map[*procfs.Process]bool{}
	ix.addEntered(seen, main)
	ix.addVisible(seen, main.Depth(), main)
	if init := ix.InitOf(main); init != nil {
		ix.addVisible(seen, main.Depth(), init)
	}
	members := []*Container{c}
	sharers, _ := ix.PIDSharers(c)
	members = append(members, sharers...)
	for _, member := range members {
		for _, p := range ix.ProcessesOf(member) {
			ix.addVisible(seen, main.Depth(), p)
		}
	}
	return ix.inNamespaceOf(main, seen)
}

// addEntered adds the processes that are in this very namespace, however they got there
// (nsenter(1)).
func (ix *Index) addEntered(seen map[*procfs.Process]bool, main *procfs.Process) {
	inode, ok := main.Namespace(procfs.PIDNamespace).Get()
	if !ok {
		return
	}
	for _, p := range ix.inPIDNamespace(inode) {
		ix.addVisible(seen, main.Depth(), p)
	}
}

// inPIDNamespace are the processes that are proved to be in it. All are searched once.
func (ix *Index) inPIDNamespace(inode uint64) []*procfs.Process {
	if ix.inPIDNamespaces == nil {
		ix.inPIDNamespaces = map[uint64][]*procfs.Process{}
		for _, p := range ix.processes {
			if inode, ok := p.Namespace(procfs.PIDNamespace).Get(); ok {
				ix.inPIDNamespaces[inode] = append(ix.inPIDNamespaces[inode], p)
			}
		}
	}
	return ix.inPIDNamespaces[inode]
}

// addVisible adds the process and everything below it that is at least as deep as the namespace.
func (ix *Index) addVisible(seen map[*procfs.Process]bool, depth int, p *procfs.Process) {
	if seen[p] || p.Depth() < depth {
		return
	}
	seen[p] = true
	for _, child := range ix.Children(p.PID) {
		ix.addVisible(seen, depth, child)
	}
}

// inNamespaceOf removes processes of the same depth that are proved to be in another namespace,
// such as a process that nsenter(1) has put into the container's cgroup.
func (ix *Index) inNamespaceOf(main *procfs.Process, seen map[*procfs.Process]bool) []*procfs.Process {
	var list []*procfs.Process
	for p := range seen {
		if p.Depth() > main.Depth() || !inOtherNamespace(p, main) {
			list = append(list, p)
		}
	}
	depth := main.Depth()
	slices.SortFunc(list, func(a, b *procfs.Process) int { return a.NSPIDs[depth] - b.NSPIDs[depth] })
	return list
}
