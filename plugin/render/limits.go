package render

import (
	"math"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// LimitOptions are those of the limits command.
type LimitOptions struct {
	ListOptions
	// Named: the containers were asked for by name, and every limit of theirs is
	// shown.
	Named bool
	// All: every container has a row, however far it is from its limits.
	All bool
}

var limitColumns = []column{
	{heading: "CONTAINER", cut: 3}, {heading: "LIMIT"}, {heading: "USED", right: true}, {heading: "MAX", right: true}, {heading: "LEFT", right: true}, {heading: "WHERE", cut: 2}, {heading: "HELD BY", cut: 1},
}

// Limits writes the limits of containers, and which of them is hit first.
func (s Screen) Limits(list []limit.Set, options LimitOptions) error {
	switch {
	case options.Quiet:
		for i := range list {
			s.Line(Escape(list[i].Container.Name))
		}
		return nil
	case !options.Format.IsDefault() && !options.Format.IsPlainTable():
		return writeRows(s, options.Format, limitRows(list, options.Host))
	case len(list) == 0:
		return nil
	}
	if options.Named {
		s.limitDetails(list, options)
	} else {
		s.limitOverview(list, options)
	}
	return nil
}

// limitDetails shows every limit of the containers; the host's and the engine's once.
func (s Screen) limitDetails(list []limit.Set, options LimitOptions) {
	var rows [][]Safe
	engine := map[string]bool{}
	for i := range list {
		for j := range list[i].Limits {
			l := &list[i].Limits[j]
			if l.Scope == limit.ScopeHost || l.Scope == limit.ScopeEngine && engine[l.Path] {
				continue
			}
			if l.IsNotable() || options.All && l.Scope == limit.ScopeProcess {
				engine[l.Path] = engine[l.Path] || l.Scope == limit.ScopeEngine
				rows = append(rows, s.limitCells(l, Escape(l.Container.Name)))
			}
		}
	}
	rows = append(rows, s.hostCells(list)...)
	columns := limitColumns
	if len(list) == 1 {
		columns = columns[1:]
		for i := range rows {
			rows[i] = rows[i][1:]
		}
	}
	s.limitTable(columns, rows, options.NoTrunc)
	if !options.Format.IsDefault() {
		return
	}
	s.Line("")
	s.notLookedAt(list)
	said := map[string]bool{}
	for i := range list {
		s.limitVerdict(nearOf(&list[i], said), len(list) > 1)
	}
}

// hostCells are the rows of the limits that are the same for all.
func (s Screen) hostCells(list []limit.Set) [][]Safe {
	var rows [][]Safe
	for j := range list[0].Limits {
		if l := &list[0].Limits[j]; l.Scope == limit.ScopeHost {
			rows = append(rows, s.limitCells(l, "-"))
		}
	}
	return rows
}

func (s Screen) limitTable(columns []column, rows [][]Safe, whole bool) {
	if !whole {
		s.cutWidest(columns, rows)
	}
	s.writeTable(columns, rows)
}

// limitOverview shows the first limit of each container, and the host's own.
// Where that is first for a container too, the container is only counted.
func (s Screen) limitOverview(list []limit.Set, options LimitOptions) {
	var rows [][]Safe
	hosts, far := 0, 0
	for i := range list {
		c := &list[i]
		first := c.First()
		switch {
		case first == nil || !c.Certain() || options.All:
		case first.Scope == limit.ScopeHost:
			hosts++
			continue
		case len(list) > mostRows && !first.DeservesWord() && options.Format.IsDefault():
			far++
			continue
		}
		rows = append(rows, s.firstCells(c))
	}
	rows = append(rows, s.besideCells(list)...)
	s.limitTable(limitColumns, append(rows, s.hostCells(list)...), options.NoTrunc)
	if !options.Format.IsDefault() {
		return
	}
	if hosts > 0 {
		s.print("%s no limit that comes before the host's\n", containers(hosts, "has", "have"))
	}
	if far > 0 {
		s.print("%s first limit: --all lists them\n", containers(far, "is not near its", "are not near their"))
	}
	s.Line("")
	s.notLookedAt(list)
	s.nearLimits(list)
}

// nearSet is a container's limits, and those of them that deserve a word.
type nearSet struct {
	*limit.Set
	near []*limit.Limit
}

// nearOf leaves out the groups of the engine of which was said before: many containers
// have them in common.
func nearOf(c *limit.Set, said map[string]bool) nearSet {
	n := nearSet{Set: c}
	for _, l := range c.Near() {
		if l.Scope == limit.ScopeEngine && said[l.Path] {
			continue
		}
		if l.Scope == limit.ScopeEngine {
			said[l.Path] = true
		}
		n.near = append(n.near, l)
	}
	return n
}

// besideCells are the rows of limits that deserve a word and that no fork has to pass.
func (s Screen) besideCells(list []limit.Set) [][]Safe {
	var rows [][]Safe
	said := map[string]bool{}
	for i := range list {
		for _, l := range nearOf(&list[i], said).near {
			if l.Stops() != limit.Forks {
				rows = append(rows, s.limitCells(l, Escape(list[i].Container.Name)))
			}
		}
	}
	return rows
}

// notLookedAt is what the answer does not rest on, said once for all.
func (s Screen) notLookedAt(list []limit.Set) {
	var what []Safe
	for i := range list {
		for _, name := range list[i].NotLookedAt {
			if name := Escape(name); !slices.Contains(what, name) {
				what = append(what, name)
			}
		}
	}
	if len(what) > 0 {
		s.writeWrapped("", 0, Say("Not looked at, and possibly hit sooner: %s.", join(what, ", ")))
	}
}

// containers is "1 container has" or "3 containers have".
func containers(n int, one, many Safe) Safe {
	if n == 1 {
		return "1 container " + one
	}
	return counted(n, "container") + " " + many
}

// firstCells are the row of a container's first limit, with a question mark
// where another that could not be read may come before it.
func (s Screen) firstCells(c *limit.Set) []Safe {
	first := c.First()
	if first == nil {
		return []Safe{Escape(c.Container.Name), "?", "?", "?", "?", "-", "-"}
	}
	cells := s.limitCells(first, Escape(c.Container.Name))
	if !c.Certain() {
		cells[1] += "?"
	}
	return cells
}

func (s Screen) limitCells(l *limit.Limit, container Safe) []Safe {
	left := amountOf(l.Kind, l.Left(), "-")
	if l.IsFull() {
		left = s.paint(red, left)
	} else if l.IsNear() {
		left = s.paint(yellow, left)
	}
	return []Safe{container, Escape(l.Name()), amountOf(l.Kind, l.Used, "-"), limitMax(l), left, Escape(l.Place()), holders(l)}
}

// amount is the number, or none where there is no such value, or "?".
func amount(n procfs.Opt[int], none Safe) Safe { return amountOf(limit.PIDs, n, none) }

// amountOf is that of what a limit of the kind counts.
func amountOf(kind limit.Kind, n procfs.Opt[int], none Safe) Safe {
	if v, ok := n.Get(); ok {
		return Escape(kind.Amount(v))
	}
	if n.Absence() == procfs.NotHeld {
		return none
	}
	return "?"
}

func limitMax(l *limit.Limit) Safe {
	if l.Exempt {
		return "none"
	}
	return amountOf(l.Kind, l.Max, "none")
}

// nearLimits says of each container that is near a limit, or half full of
// zombies, what to do, or that none is.
func (s Screen) nearLimits(list []limit.Set) {
	var near []nearSet
	var nearest *limit.Set
	certain, said := true, map[string]bool{}
	for i := range list {
		c := &list[i]
		certain = certain && c.Certain()
		first, n := c.First(), nearOf(c, said)
		switch {
		case len(n.near) > 0:
			near = append(near, n)
		case first == nil:
		case nearest == nil || first.Left().Or(0) < nearest.First().Left().Or(0):
			nearest = c
		}
	}
	if len(near) > 0 {
		s.worstLimits(near)
		return
	}
	s.noLimitNear(len(list), nearest, certain)
}

// worstLimits writes those with the least left, at most ten, the worst last.
func (s Screen) worstLimits(near []nearSet) {
	slices.SortStableFunc(near, func(a, b nearSet) int {
		return nearestRoom(b) - nearestRoom(a)
	})
	shown := near[max(len(near)-worstCulprits, 0):]
	if rest := len(near) - len(shown); rest > 0 {
		s.print("%d more near a limit: %s\n", rest, s.nextHere("docker pidns limits --format json"))
	}
	for _, c := range shown {
		s.nearVerdicts(c, Escape(c.Container.Name)+": ")
	}
}

// nearestRoom is the least that is left of what deserves a word.
func nearestRoom(c nearSet) int {
	least := math.MaxInt
	for _, l := range c.near {
		least = min(least, l.Room().Or(0))
	}
	return least
}

func (s Screen) noLimitNear(containers int, nearest *limit.Set, certain bool) {
	what := "No limit"
	if !certain {
		what = "No limit that could be read"
	}
	line := Say("%s is near in %s", what, counted(containers, "container"))
	if nearest == nil {
		s.nextLine(line+".", "")
		return
	}
	first, whose := nearest.First(), Safe("")
	if first.Scope != limit.ScopeHost {
		whose = " of " + Escape(nearest.Container.Name)
	}
	s.nextLine(
		Say("%s; nearest is %s%s, %s left.", line, first.Name(), whose, amount(first.Left(), "-")),
		"docker pidns limits "+nearest.Container.Name,
	)
}
