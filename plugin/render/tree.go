package render

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
)

// treeColumns are the columns before the command.
var treeColumns = []column{
	{heading: "HOST PID", right: true}, {heading: "CTR PID", right: true}, {heading: "USER"}, {heading: "S"}, {heading: "ELAPSED", right: true}, {heading: "ROLE"},
}

// TreeBlock is what is shown of one container.
type TreeBlock struct {
	inspect.Tree
	// Sharing says to which containers its uts, ipc and net namespaces belong.
	Sharing []namespace.Membership
}

// Tree writes the trees of containers, one block after the other.
func (s Screen) Tree(trees []TreeBlock, options ListOptions) error {
	switch {
	case options.Quiet:
		return s.writeQuiet(treeKeys(trees))
	case !options.Format.IsDefault() && !options.Format.IsPlainTable():
		return writeEach(s, options.Format, s.treeRows(trees, options.Host))
	}
	if options.Format.IsPlainTable() {
		s.plainTree(trees, options.NoTrunc)
		return nil
	}
	for i := range trees {
		if i > 0 {
			s.Line("")
		}
		if i == 0 || s.hostOf(trees[i].Container) != s.hostOf(trees[i-1].Container) {
			s.hostHeader(trees[i].Container)
		}
		s.treeHeader(&trees[i], options.NoTrunc)
		s.treeTable(treeColumns, treeTableRows(&trees[i].Tree, !options.NoTrunc), options.NoTrunc)
		s.treeFooter(&trees[i].Tree)
	}
	return nil
}

// plainTree is one table of all containers, which are named in a first column.
func (s Screen) plainTree(trees []TreeBlock, noTrunc bool) {
	var rows []treeTableRow
	for i := range trees {
		for _, row := range treeTableRows(&trees[i].Tree, !noTrunc) {
			row.cells = s.cells(trees[i].Container, append([]Safe{Escape(trees[i].Container.Name)}, row.cells...))
			rows = append(rows, row)
		}
	}
	s.treeTable(s.columns(append([]column{{heading: "CONTAINER"}}, treeColumns...)), rows, noTrunc)
}

// treeTableRow is a line with the cells before its command.
type treeTableRow struct {
	treeLine
	cells []Safe
}

func treeTableRows(t *inspect.Tree, fold bool) []treeTableRow {
	var rows []treeTableRow
	for _, line := range treeLines(t, fold) {
		rows = append(rows, treeTableRow{line, treeCells(line.node.Row)})
	}
	return rows
}

func (s Screen) treeTable(columns []column, lines []treeTableRow, noTrunc bool) {
	rows := make([][]Safe, len(lines))
	for i, line := range lines {
		rows[i] = line.cells
	}
	width := s.widthLeft(columns, rows)
	if noTrunc {
		width = 0
	}
	for i, line := range lines {
		rows[i] = s.paintRow(line.node.Row, append(rows[i], s.treeCommand(line.treeLine, width)))
	}
	s.writeTable(append(slices.Clone(columns), column{heading: "COMMAND"}), rows)
}

func treeCells(r *inspect.Row) []Safe {
	uid, known := r.UID.Get()
	return []Safe{
		Say("%v", r.Process.PID), containerPID(r), user(uid, known), Escape(string(r.Process.State)), short(r.Elapsed), role(r),
	}
}

func containerPID(r *inspect.Row) Safe {
	if len(r.ContainerPIDs) == 0 {
		return "-"
	}
	return Safe(inspect.ChainString(r.ContainerPIDs))
}

func role(r *inspect.Row) Safe {
	if r.Role == inspect.RoleExec {
		return execName(r.ExecID)
	}
	return Safe(r.Role)
}

// treeCommand is the branch, the command cut to the remaining width, and the note after it,
// which is never cut.
func (s Screen) treeCommand(line treeLine, width int) Safe {
	drawn := line.branch
	if s.ASCII {
		drawn = strings.NewReplacer("├─", "|-", "└─", "`-", "│", "|").Replace(drawn)
	}
	branch := s.shorten(drawn)
	behind := note(line.node.Row)
	if line.times > 1 {
		behind += "  x " + count(line.times)
	}
	if line.node.Process.IsZombie() {
		width = 0 // the exit status is at the end of the name
	}
	if width > 0 {
		width = max(width-(branch).width()-(behind).width(), minimalCommand)
	}
	return branch + s.cut(treeName(line.node.Row), width) + behind
}

// treeName is the command. For a zombie, which no longer has one, it is the comm and the exit
// status. For a shim, whose arguments do not help the reader, it is the name.
func treeName(r *inspect.Row) Safe {
	switch {
	case r.Process.IsZombie():
		return "[" + Escape(r.Process.Comm) + "] " + exitWord(r)
	case r.Role == inspect.RoleShim:
		return Escape(inspect.ShimName(r.Process))
	default:
		return command(r)
	}
}

func exitWord(r *inspect.Row) Safe {
	if word := exit(r); word != "?" {
		return word
	}
	return "exit ?"
}

// note says what the columns cannot show: the parent belongs to another container, the main
// thread has exited, or a nested PID namespace begins.
func note(r *inspect.Row) Safe {
	var notes []Safe
	if r.ForeignParent != "" {
		notes = append(notes, "child of "+Escape(r.ForeignParent))
	}
	if words := originWords(r); words != "" {
		notes = append(notes, words)
	}
	if r.Role == inspect.RoleEntered {
		notes = append(notes, "not in a container's cgroup")
	} else {
		notes = append(notes, leftWords(r)...)
	}
	if len(r.CgroupNames) > 0 {
		notes = append(notes, "cgroup path names "+names(r.CgroupNames))
	}
	if r.Inferred {
		notes = append(notes, "container inferred")
	}
	if r.Process.MainThreadExited() {
		notes = append(notes, Say("main thread exited, %s still running", counted(r.Process.Threads-1, "thread")))
	}
	if r.NSInit && len(r.ContainerPIDs) > 1 {
		notes = append(notes, "nested init")
	}
	if len(notes) == 0 {
		return ""
	}
	return "  (" + join(notes, "; ") + ")"
}

// originWords say where a living orphan came from, with a question mark if that is only likely.
func originWords(r *inspect.Row) Safe {
	words := Safe("")
	switch origin.Kind(r.Origin) {
	case origin.FromHealthCheck:
		words = "from its health check"
	case origin.FromExec:
		words = "from docker exec"
	case origin.FromUnknown:
	}
	if words != "" && r.OriginCertainty != inspect.Certain {
		words += "?"
	}
	return words
}

func (s Screen) paintRow(r *inspect.Row, cells []Safe) []Safe {
	var colours text.Colors
	switch {
	case r.Process.IsZombie():
		colours = red
	case r.Role == inspect.RoleMain:
		colours = bold
	case r.Role == inspect.RoleShim, r.Role == inspect.RoleEntered, r.ForeignParent != "":
		colours = dim
	}
	for i := range cells {
		cells[i] = s.paint(colours, cells[i])
	}
	return cells
}

// treeFooter names the parents of zombies, and what to type for the verdict. One look is not
// enough for a verdict.
func (s Screen) treeFooter(t *inspect.Tree) {
	s = s.on(t.Container)
	if len(t.Unreaped)+len(t.Adopted) > 0 {
		s.Line("")
	}
	for _, u := range t.Unreaped {
		s.writeWrapped("", 0, Say("%s has not yet reaped %s.", Escape(u.ParentName), counted(u.Zombies, "zombie")))
	}
	if len(t.Unreaped) > 0 {
		s.nextCommand("docker pidns zombies " + t.Container.Name)
	}
	for _, other := range slices.Sorted(maps.Keys(t.Adopted)) {
		s.writeWrapped("", 0, Say("%s of %s %s to %s.", counted(t.Adopted[other], "child process"), Escape(t.Container.Name), belong(t.Adopted[other]), Escape(other)))
		s.nextCommand("docker pidns tree " + other)
	}
}

// belong is the verb for this number of processes.
func belong(n int) Safe {
	if n == 1 {
		return "belongs"
	}
	return "belong"
}

// treeRows are the rows for programs: by container name, then host PID.
func (s Screen) treeRows(trees []TreeBlock, host string) iter.Seq[processKeys] {
	return func(yield func(processKeys) bool) {
		for i := range trees {
			for _, node := range byHostPID(&trees[i].Tree) {
				if !yield(processKeysOf(s.hostName(trees[i].Container, host), node.Row)) {
					return
				}
			}
		}
	}
}

func treeKeys(trees []TreeBlock) []quietKey {
	var keys []quietKey
	for i := range trees {
		for _, node := range byHostPID(&trees[i].Tree) {
			keys = append(keys, pidKey(trees[i].Container, node.Process.PID))
		}
	}
	return keys
}

func byHostPID(t *inspect.Tree) []*inspect.Node {
	var nodes []*inspect.Node
	for _, line := range treeLines(t, false) {
		nodes = append(nodes, line.node)
	}
	slices.SortFunc(nodes, func(a, b *inspect.Node) int { return a.Process.PID - b.Process.PID })
	return nodes
}
