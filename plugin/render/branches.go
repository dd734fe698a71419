package render

import (
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// treeLine is one line of a drawn tree: a process, or several equal ones.
type treeLine struct {
	node *inspect.Node
	// branch is drawn before the command, in box-drawing characters.
	branch string
	// times is the number of equal siblings that the line stands for.
	times int
}

// foldFrom is how many equal siblings become one line.
const foldFrom = 4

func treeLines(t *inspect.Tree, fold bool) []treeLine {
	drawing := drawing{shapes: shapes{ids: map[string]int{}, of: map[*inspect.Node]int{}}, fold: fold}
	for _, root := range t.Roots {
		drawing.lines = append(drawing.lines, treeLine{root, "", 1})
		drawing.branches(root, "")
	}
	return drawing.lines
}

type drawing struct {
	lines  []treeLine
	shapes shapes
	fold   bool
}

func (d *drawing) branches(node *inspect.Node, indent string) {
	groups := d.groupSiblings(node.Children)
	for i, group := range groups {
		branch, below := "├─ ", "│  "
		if i == len(groups)-1 {
			branch, below = "└─ ", "   "
		}
		d.lines = append(d.lines, treeLine{group[0], indent + branch, len(group)})
		d.branches(group[0], shownOf(indent+below))
	}
}

// groupSiblings puts equal siblings together if there are enough of them.
func (d *drawing) groupSiblings(children []*inspect.Node) [][]*inspect.Node {
	var groups [][]*inspect.Node
	at, counts := map[int]int{}, map[int]int{}
	if d.fold && len(children) >= foldFrom {
		for _, child := range children {
			counts[d.shapes.id(child)]++
		}
	}
	for _, child := range children {
		if len(counts) > 0 {
			look := d.shapes.id(child)
			if n, seen := at[look]; seen && counts[look] >= foldFrom {
				groups[n] = append(groups[n], child)
				if group := groups[n]; child.Process.StartTicks < group[0].Process.StartTicks {
					group[0], group[len(group)-1] = child, group[0] // the oldest one is shown for all
				}
				continue
			}
			at[look] = len(groups)
		}
		groups = append(groups, []*inspect.Node{child})
	}
	return groups
}

// shapes gives numbers to nodes. Nodes that look the same, with everything below them, have the
// same number. Each node is described once, however deep it is.
type shapes struct {
	ids map[string]int
	of  map[*inspect.Node]int
}

func (l *shapes) id(n *inspect.Node) int {
	if id, ok := l.of[n]; ok {
		return id
	}
	look := l.describe(n)
	id, ok := l.ids[look]
	if !ok {
		id = len(l.ids)
		l.ids[look] = id
	}
	l.of[n] = id
	return id
}

// describe has everything that a line shows and that folding must not hide: a different state,
// user, exit status or command.
func (l *shapes) describe(n *inspect.Node) string {
	var b strings.Builder
	uid, known := n.UID.Get()
	fmt.Fprintf(&b, "%s|%s|%s|%s|%s|%s|%v", command(n.Row), user(uid, known), stateClass(n.Process), n.Role, exit(n.Row), note(n.Row), n.NSInit)
	for _, child := range n.Children {
		fmt.Fprintf(&b, "(%d)", l.id(child))
	}
	return b.String()
}

// stateClass treats running and sleeping as the same, because a pool of workers has both.
func stateClass(p *procfs.Process) procfs.State {
	if p.State == "R" {
		return "S"
	}
	return p.State
}

// deepest is the greatest width of a branch: 20 generations.
const deepest = 60

// shownOf is the end of a branch, a little longer than what is shown. A chain of parents can be
// as long as the host allows, and the size of whole branches would grow with its square.
func shownOf(branch string) string {
	if runes := []rune(branch); len(runes) > deepest+1 {
		return string(runes[len(runes)-deepest-1:])
	}
	return branch
}

// shorten keeps the end of the branch of a very deep process.
func (s Screen) shorten(branch string) Safe {
	runes := []rune(branch)
	if len(runes) <= deepest {
		return Safe(branch)
	}
	return s.ellipsis() + Safe(runes[len(runes)-deepest+1:])
}
