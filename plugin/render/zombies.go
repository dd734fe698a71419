package render

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// ZombieOptions are the options of the zombies command.
type ZombieOptions struct {
	ListOptions
	// All shows every culprit with its verdict, however many there are.
	All bool
	// Incomplete is true if something relevant could not be read. Then an all-clear is only
	// about what was read.
	Incomplete bool
}

// worstCulprits is the number of verdicts that are written without --all.
const worstCulprits = 10

var zombieColumns = []column{
	{heading: "CONTAINER", cut: 1}, {heading: "HOST PID", right: true}, {heading: "CTR PID", right: true}, {heading: "COMMAND", cut: 2}, {heading: "EXIT"},
	{heading: "STARTED"}, {heading: "PARENT", cut: 3}, {heading: "FROM"},
}

// Zombies writes the zombies, then a verdict for each process that has not
// reaped them.
func (s Screen) Zombies(report zombie.Report, options ZombieOptions) error {
	switch {
	case options.Quiet:
		return s.writeQuiet(zombieKeys(report))
	case options.Format.IsPlainTable():
		s.zombieTable(report.Zombies, !options.NoTrunc)
		return nil
	case !options.Format.IsDefault():
		return writeEach(s, options.Format, s.zombieRows(report, options.Host))
	case report.Containers == 0:
		return nil // nothing was looked at, so there is no all-clear
	case len(report.Zombies) == 0:
		return s.writeLine(s.noZombies(report, options.Incomplete))
	}
	s.zombieTable(report.Zombies, !options.NoTrunc)
	s.Line("")
	s.culprits(report.Culprits, options.All)
	s.zombieSummary(report)
	return nil
}

// noZombies says what was looked at.
func (s Screen) noZombies(report zombie.Report, incomplete bool) Safe {
	line := Say("No zombies in %s, %s", counted(report.Containers, "container"), counted(report.Processes, "process")) + s.onHosts()
	if incomplete {
		line += " that could be read"
	}
	switch {
	case report.Passing == 1:
		line += " (1 passing one was reaped)"
	case report.Passing > 1:
		line += Say(" (%s passing ones were reaped)", count(report.Passing))
	}
	return line + "."
}

// zombieFold is how many equal zombies share two lines.
const zombieFold = 4

func (s Screen) zombieTable(zombies []zombie.Zombie, fold bool) {
	var rows [][]Safe
	for _, group := range groupZombies(zombies, fold) {
		first := group[0]
		rows = append(rows, s.cells(first.Container, zombieCells(first)))
		if len(group) > 1 {
			more := []Safe{Escape(first.Container.Name), "", "", Say("x %s more", count(len(group)-1)), exit(&first.Row), "", "", ""}
			rows = append(rows, s.cells(first.Container, more))
		}
	}
	columns := s.columns(zombieColumns)
	if fold {
		s.narrow(columns, rows)
	}
	s.writeTable(columns, rows)
}

// narrowing removes something from the cells of a column.
type narrowing struct {
	heading Safe
	take    func(Screen, Safe) Safe
}

// cutTo cuts to this number of columns.
func cutTo(width int) func(Screen, Safe) Safe {
	return func(s Screen, cell Safe) Safe { return s.cut(cell, width) }
}

// narrowings are in the order in which they are applied, the least important text first.
var narrowings = [][]narrowing{
	{{"FROM", func(_ Screen, cell Safe) Safe { first, _, _ := strings.Cut(string(cell), " "); return Safe(first) }}}, // exec 4be1c0 -> exec
	{{"STARTED", func(_ Screen, cell Safe) Safe { return Safe(strings.TrimSuffix(string(cell), " ago")) }}},
	{{"EXIT", func(_ Screen, cell Safe) Safe {
		return Safe(strings.Replace(string(cell), " (core dumped)", " (core)", 1))
	}}},
	{{"CONTAINER", cutTo(16)}},
	{{"PARENT", cutTo(16)}},
	{{"CONTAINER", cutTo(10)}, {"COMMAND", cutTo(10)}},
	{{"EXIT", func(_ Screen, cell Safe) Safe { return Safe(strings.TrimSuffix(string(cell), " (core)")) }}},
}

// narrow takes away from the cells until the rows fit the screen.
func (s Screen) narrow(columns []column, rows [][]Safe) {
	for _, step := range narrowings {
		if s.fits(columns, rows) {
			return
		}
		for _, n := range step {
			place := at(columns, n.heading)
			for _, row := range rows {
				row[place] = n.take(s, row[place])
			}
		}
	}
	s.cutWidest(columns, rows)
}

func groupZombies(zombies []zombie.Zombie, fold bool) [][]*zombie.Zombie {
	var groups [][]*zombie.Zombie
	at, counts, looks := map[int]int{}, map[int]int{}, numbersOf(zombies, fold)
	for _, look := range looks {
		counts[look]++
	}
	for i, key := range looks {
		if n, seen := at[key]; seen && fold && counts[key] >= zombieFold {
			groups[n] = append(groups[n], &zombies[i])
			if group := groups[n]; zombies[i].Process.StartTicks < group[0].Process.StartTicks {
				group[0], group[len(group)-1] = &zombies[i], group[0] // the oldest one is shown for all
			}
			continue
		}
		at[key] = len(groups)
		groups = append(groups, []*zombie.Zombie{&zombies[i]})
	}
	return groups
}

// numbersOf gives numbers to the zombies. Zombies that look the same have the same number.
func numbersOf(zombies []zombie.Zombie, fold bool) []int {
	looks, known := make([]int, len(zombies)), map[string]int{}
	for i := range zombies {
		looks[i] = i
		if !fold {
			continue
		}
		signature := zombieSignature(&zombies[i])
		if _, seen := known[signature]; !seen {
			known[signature] = i
		}
		looks[i] = known[signature]
	}
	return looks
}

// zombieSignature leaves out what differs between equal zombies: the PIDs, the times, and the
// number of the exec session.
func zombieSignature(z *zombie.Zombie) string {
	return strings.Join([]string{z.Container.ID, fmt.Sprint(z.Inferred), z.Process.Comm, string(exit(&z.Row)), string(parent(z)), string(z.Origin.Kind), string(z.Origin.Certainty)}, "\x00")
}

func zombieCells(z *zombie.Zombie) []Safe {
	container := Escape(z.Container.Name)
	if z.Inferred {
		container += "?"
	}
	return []Safe{
		container, Say("%v", z.Process.PID), containerPID(&z.Row), Escape(z.Process.Comm), exit(&z.Row),
		short(z.Elapsed) + " ago", parent(z), originCell(z.Origin),
	}
}

// parent is "sleep (1)": the comm, and the PID inside its container.
func parent(z *zombie.Zombie) Safe {
	if z.Parent == nil {
		return Say("? (%d on the host)", z.ParentPID)
	}
	if z.ParentContainer == nil {
		return Say("%s (%d on the host)", Escape(z.Parent.Comm), z.Parent.PID)
	}
	name := Say("%s (%s)", Escape(z.Parent.Comm), insideParent(z))
	if z.ParentContainer != z.Container {
		name += " of " + Escape(z.ParentContainer.Name)
	}
	return name
}

// insideParent removes as many host PIDs from the parent's chain as are removed from the
// zombie's.
func insideParent(z *zombie.Zombie) Safe {
	outer := len(z.Process.NSPIDs) - len(z.ContainerPIDs)
	if outer >= len(z.Parent.NSPIDs) {
		return Say("%d on the host", z.Parent.PID)
	}
	return Safe(inspect.ChainString(z.Parent.NSPIDs[outer:]))
}

// originCell is "exec 4be1c0", "health", "health?" if it is only likely, or "-".
func originCell(o origin.Origin) Safe {
	word := Safe("")
	switch o.Kind {
	case origin.FromExec:
		word = execName(o.ExecID)
	case origin.FromHealthCheck:
		word = "health"
	case origin.FromUnknown:
		return "-"
	}
	if o.Certainty != inspect.Certain {
		word += "?"
	}
	return word
}

// culprits writes the verdicts: all, or the worst ones and how many more.
func (s Screen) culprits(all []zombie.Culprit, everyOne bool) {
	chosen := all
	if len(all) > worstCulprits && !everyOne {
		chosen = slices.Clone(all)
		slices.SortStableFunc(chosen, func(a, b zombie.Culprit) int { return cmp.Compare(len(b.Zombies), len(a.Zombies)) })
		chosen = chosen[:worstCulprits]
	}
	width := 0
	for _, c := range chosen {
		width = max(width, s.name(c.Container).width())
	}
	fix, common := commonCure(chosen)
	for i := range chosen {
		s.culprit(&chosen[i], min(width, s.widestLead()), common)
	}
	rest := len(all) - len(chosen)
	if rest > 0 {
		s.print("and %s more: %s\n", count(rest), s.nextHere("docker pidns zombies --all"))
	}
	if common {
		s.fixLines("", "", "", fix)
	}
	s.Line("")
}

// commonCure is the lasting fix that several culprits have in common, false if each has its own.
func commonCure(all []zombie.Culprit) (string, bool) {
	if len(all) < 2 || slices.ContainsFunc(all, func(c zombie.Culprit) bool { return c.Cure != all[0].Cure }) {
		return "", false
	}
	return all[0].Cure, true
}

// widestName limits the width of the column of names, so that one long name does not move every
// verdict to the right.
const widestName = 20

// culprit writes what one process has not reaped, and what to do. It writes the lasting fix only
// if the fix is not common to all.
func (s Screen) culprit(c *zombie.Culprit, nameWidth int, common bool) {
	indent := nameWidth + gap
	name := s.name(c.Container).padded(nameWidth)
	s.writeWrapped(s.paint(bold, name)+blanks(gap), indent, sentences([]string{c.Holding(), c.Verdict}))
	fix := c.Cure
	if common {
		fix = ""
	}
	s.on(c.Container).fixLines(blanks(indent), c.Now, c.NowEffect, fix)
}

func (s Screen) zombieSummary(report zombie.Report) {
	sick := map[*inspect.Container]bool{}
	for i := range report.Zombies {
		sick[report.Zombies[i].Container] = true
	}
	s.Line(Say("%s in %d of %s%s.", counted(len(report.Zombies), "zombie"), len(sick), counted(report.Containers, "container"), s.onHosts()))
	first := report.Zombies[0].Container
	s.on(first).nextCommand("docker pidns tree " + first.Name)
}

// zombieRow is one zombie's keys.
type zombieRow struct {
	processKeys
	// Parent is the parent in words, such as "sleep (1)".
	Parent string
	// ParentContainer (string) is the container of the parent; a shim has none.
	ParentContainer any
	// ParentContainerPID (int) is the parent's PID in its container.
	ParentContainerPID any
	// Origin is exec, healthcheck or unknown: where the zombie came from.
	Origin string
	// OriginCertainty is certain, likely or unknown.
	OriginCertainty string
	// Cause is init-does-not-reap, parent-has-not-waited, shim-hung or unknown.
	Cause string
	// InitCures is yes, no or unknown: whether --init prevents such zombies.
	InitCures string
	// SeenFirst is the time of the first look: RFC 3339, UTC.
	SeenFirst string
	// SeenLast is the time of the last look: RFC 3339, UTC.
	SeenLast string
}

func (s Screen) zombieRows(report zombie.Report, host string) iter.Seq[zombieRow] {
	return func(yield func(zombieRow) bool) {
		for i := range report.Zombies {
			if !yield(zombieRowOf(&report.Zombies[i], s.hostName(report.Zombies[i].Container, host))) {
				return
			}
		}
	}
}

func zombieRowOf(z *zombie.Zombie, host string) zombieRow {
	row := zombieRow{
		processKeys:     processKeysOf(host, &z.Row),
		Parent:          string(parent(z)),
		Origin:          string(z.Origin.Kind),
		OriginCertainty: string(z.Origin.Certainty),
		Cause:           string(z.Cause),
		InitCures:       string(z.InitCures),
		SeenFirst:       stamp(z.SeenFirst),
		SeenLast:        stamp(z.SeenLast),
	}
	row.ParentHostPID = z.ParentPID // at the last look
	row.ParentContainer = orAbsent(row.Absent, "ParentContainer", nameOf(z.ParentContainer))
	row.ParentContainerPID = orAbsent(row.Absent, "ParentContainerPID", parentContainerPID(z))
	if z.Origin.ExecID != "" {
		row.ExecID = z.Origin.ExecID
		delete(row.Absent, "ExecID")
	}
	return row
}

func parentContainerPID(z *zombie.Zombie) procfs.Opt[int] {
	outer := len(z.Process.NSPIDs) - len(z.ContainerPIDs)
	if z.Parent == nil || outer >= len(z.Parent.NSPIDs) {
		return procfs.None[int](procfs.NotHeld)
	}
	return procfs.Some(z.Parent.NSPIDs[outer])
}

func zombieKeys(report zombie.Report) []quietKey {
	keys := make([]quietKey, len(report.Zombies))
	for i := range report.Zombies {
		keys[i] = pidKey(report.Zombies[i].Container, report.Zombies[i].Process.PID)
	}
	return keys
}
