package inspect

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Tree is one container's processes from the shim down.
type Tree struct {
	Container *Container
	// Binding is the proof for the main process.
	Binding Binding
	// Roots are the processes whose parent is not in the tree: the shim, processes that another
	// container's PID 1 has adopted, and processes of no container that entered the PID
	// namespace. Without a shim, the main process and the exec sessions are roots.
	Roots []*Node
	// Sharers are the other containers in the same PID namespace. SharersProven is true if the
	// inodes of the namespaces could be compared.
	Sharers       []*Container
	SharersProven bool
	// OthersUnread is true if the containers that could share it could not be listed.
	OthersUnread bool
	// NamespaceOwner is the container that owns the PID namespace, nil if it is the host's or
	// cannot be determined.
	NamespaceOwner *Container
	// HostPIDs is true if it is the host's, whatever was declared: the main process has only the
	// PID in this /proc.
	HostPIDs bool
	// OwnerProven is true if the kernel shows this, not only the engine's configuration.
	OwnerProven bool
	// Unreaped lists each process that has zombies of this container, and how many, in the order
	// of host PIDs.
	Unreaped []Unreaped
	// Adopted counts the processes of other containers below this one's.
	Adopted map[string]int
}

// Node is one process in a Tree.
type Node struct {
	*Row
	Children []*Node
}

// Unreaped is a process and the number of zombies that it has not reaped. If this was seen only
// once, it is a fact but not yet a finding.
type Unreaped struct {
	Parent *procfs.Process
	// ParentName names the process for a sentence.
	ParentName string
	Zombies    int
}

// Tree has every process of the container once, below its parent if the parent belongs to the
// container too. It also has the processes of no container that entered its PID namespace.
func (ix *Index) Tree(c *Container) Tree {
	t := Tree{Container: c, Binding: ix.Binding(c), NamespaceOwner: ix.PIDNamespaceOwner(c)}
	t.Sharers, t.SharersProven = ix.PIDSharers(c)
	t.OthersUnread = ix.Capture.OthersUnread
	if main := t.Binding.Main; main != nil {
		t.HostPIDs = main.Depth() == 0
		t.OwnerProven = ix.IsNSInit(main) || main.Namespace(procfs.PIDNamespace).Held()
	}
	rows := ix.Rows(c)
	for _, p := range ix.entered(c) {
		row := ix.RowOf(c, p)
		row.Role = RoleEntered
		rows = append(rows, row)
	}
	nodes := make(map[int]*Node, len(rows))
	for i := range rows {
		nodes[rows[i].Process.PID] = &Node{Row: &rows[i]}
	}
	for i := range rows {
		row := &rows[i]
		node := nodes[row.Process.PID]
		parent := nodes[row.Process.ParentPID]
		if parent == nil || parent == node || row.Role == RoleShim {
			t.Roots = append(t.Roots, node)
			continue
		}
		parent.Children = append(parent.Children, node)
	}
	t.Roots = append(t.Roots, breakCycles(t.Roots, rows, nodes)...)
	t.Unreaped = ix.unreaped(rows)
	t.Adopted = ix.foreignChildren(c, nodes)
	return t
}

// breakCycles returns roots for the processes that cannot be reached from a root. In the kernel
// no process is its own ancestor, but a file can claim that.
func breakCycles(roots []*Node, rows []Row, nodes map[int]*Node) []*Node {
	seen := map[*Node]bool{}
	for _, root := range roots {
		markBelow(root, seen)
	}
	var more []*Node
	for _, row := range rows {
		node := nodes[row.Process.PID]
		if seen[node] {
			continue
		}
		parent := nodes[row.Process.ParentPID]
		parent.Children = slices.DeleteFunc(parent.Children, func(child *Node) bool { return child == node })
		more = append(more, node)
		markBelow(node, seen)
	}
	return more
}

func markBelow(node *Node, seen map[*Node]bool) {
	if seen[node] {
		return
	}
	seen[node] = true
	for _, child := range node.Children {
		markBelow(child, seen)
	}
}

func (ix *Index) unreaped(rows []Row) []Unreaped {
	var list []Unreaped
	at := map[int]int{}
	for _, row := range rows {
		if !row.Process.IsZombie() {
			continue
		}
		pid := row.Process.ParentPID
		n, ok := at[pid]
		if !ok {
			n = len(list)
			at[pid] = n
			list = append(list, Unreaped{Parent: ix.ProcessAt(pid), ParentName: ix.ParentName(row.Container, row.Process)})
		}
		list[n].Zombies++
	}
	return list
}

// foreignChildren counts the children of the tree's processes that belong to
// other containers, by container name.
func (ix *Index) foreignChildren(c *Container, nodes map[int]*Node) map[string]int {
	counts := map[string]int{}
	for pid, node := range nodes {
		if node.Role == RoleShim {
			continue
		}
		for _, child := range ix.Children(pid) {
			if owner := ix.OwnerOf(child).Container; owner != nil && owner != c {
				counts[owner.Name]++
			}
		}
	}
	return counts
}
