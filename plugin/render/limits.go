package render

import (
	"math"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// LimitOptions are the options of the limits command.
type LimitOptions struct {
	ListOptions
	// Named is true if the containers were named. Then every limit of them is shown.
	Named bool
	// All shows a row for every container, however far it is from its limits. A container that
	// only the host's limits bound has a row with its own control group.
	All bool
}

var limitColumns = []column{
	{heading: "CONTAINER", cut: 3}, {heading: "LIMIT"}, {heading: "USED", right: true}, {heading: "MAX", right: true}, {heading: "LEFT", right: true}, {heading: "WHERE", cut: 2, front: true}, {heading: "HELD BY", cut: 1},
}

// Limits writes the limits of containers, and which of them is the nearest.
func (s Screen) Limits(list []limit.Set, options LimitOptions) error {
	switch {
	case options.Quiet:
		keys := make([]quietKey, len(list))
		for i := range list {
			keys[i] = quietKey{list[i].Container, Escape(list[i].Container.Name)}
		}
		return s.writeQuiet(keys)
	case !options.Format.IsDefault() && !options.Format.IsPlainTable():
		return writeRows(s, options.Format, s.limitRows(list, options.Host))
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

// limitDetails shows every limit of the containers; each host's and its engine's once.
func (s Screen) limitDetails(list []limit.Set, options LimitOptions) {
	var rows [][]Safe
	engine := map[string]bool{}
	for i := range list {
		for j := range list[i].Limits {
			l := &list[i].Limits[j]
			group := s.groupOf(&list[i], l)
			if l.Scope == limit.ScopeHost || l.Scope == limit.ScopeEngine && engine[group] {
				continue
			}
			if l.IsNotable() || options.All && l.Scope == limit.ScopeProcess {
				engine[group] = engine[group] || l.Scope == limit.ScopeEngine
				rows = append(rows, s.cells(list[i].Container, s.limitCells(l, Escape(l.Container.Name))))
			}
		}
	}
	own, _ := s.hostCells(list, true)
	rows = append(rows, own...)
	columns := s.columns(limitColumns)
	if len(list) == 1 && s.Hosts == nil {
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
	said, width := map[string]bool{}, s.nameWidth(list)
	var fixed []*inspect.Container
	for i := range list {
		lead, indent := Safe(""), 0
		if len(list) > 1 || s.Hosts != nil {
			lead, indent = s.nameLead(list[i].Container, width), width+gap
		}
		if s.limitVerdict(s.nearOf(&list[i], said), lead, indent) {
			fixed = append(fixed, list[i].Container)
		}
	}
	s.checkLine("docker pidns limits", fixed)
}

// nameWidth is how wide a column for the names of these containers is.
func (s Screen) nameWidth(list []limit.Set) int {
	width := 0
	for i := range list {
		width = max(width, s.name(list[i].Container).width())
	}
	return min(width, s.widestLead())
}

// groupOf tells a control group from others, on its host.
func (s Screen) groupOf(set *limit.Set, l *limit.Limit) string {
	return s.hostName(set.Container, "") + "\x00" + l.Path
}

// nameLead is a container's name before the text about it, in a column of that width. On a
// terminal, a longer name has a line of its own, and the lead is empty.
func (s Screen) nameLead(c *inspect.Container, width int) Safe {
	name := s.name(c)
	if s.Width > 0 && name.width() > width {
		s.Line(s.paint(bold, name))
		return blanks(width + gap)
	}
	return s.paint(bold, name.padded(width)) + blanks(gap)
}

// hostCells are the rows of the limits that are the same for all containers of a host. Of many
// hosts only those that deserve a word have rows, unless all are wanted: far are the others.
func (s Screen) hostCells(list []limit.Set, all bool) (rows [][]Safe, far int) {
	firsts := s.firstOfHosts(list)
	all = all || len(firsts) <= mostHostRows
	for _, c := range firsts {
		shown := len(rows)
		for j := range c.Limits {
			if l := &c.Limits[j]; l.Scope == limit.ScopeHost && (all || l.DeservesWord()) {
				rows = append(rows, s.cells(c.Container, s.limitCells(l, "-")))
			}
		}
		if !all && len(rows) == shown {
			far++
		}
	}
	return rows, far
}

// mostHostRows is of how many hosts the limits of the host itself are listed, however far.
const mostHostRows = 10

// firstOfHosts are the sets of the first container of each host.
func (s Screen) firstOfHosts(list []limit.Set) []*limit.Set {
	var firsts []*limit.Set
	for i := range list {
		if i == 0 || s.hostOf(list[i].Container) != s.hostOf(list[i-1].Container) {
			firsts = append(firsts, &list[i])
		}
	}
	return firsts
}

func (s Screen) limitTable(columns []column, rows [][]Safe, whole bool) {
	if !whole {
		s.cutWidest(columns, rows)
	}
	s.writeTable(columns, rows)
}

// limitOverview shows the first limit of each container, and the host's own.
// A container that only the host's limits bound is counted, or shown with its own group.
func (s Screen) limitOverview(list []limit.Set, options LimitOptions) {
	var rows [][]Safe
	hosts, far := 0, 0
	for i := range list {
		c := &list[i]
		first := c.First()
		switch {
		case options.All && first != nil && first.Scope == limit.ScopeHost && c.Certain() && c.Own() != nil:
			rows = append(rows, s.cells(c.Container, s.limitCells(c.Own(), Escape(c.Container.Name))))
			continue
		case first == nil || !c.Certain() || options.All:
		case first.Scope == limit.ScopeHost:
			hosts++
			continue
		case len(list) > mostRows && !first.DeservesWord() && options.Format.IsDefault():
			far++
			continue
		}
		rows = append(rows, s.cells(c.Container, s.firstCells(c)))
	}
	rows = append(rows, s.besideCells(list)...)
	own, farHosts := s.hostCells(list, options.All || !options.Format.IsDefault())
	if shown := append(rows, own...); len(shown) > 0 {
		s.limitTable(s.columns(limitColumns), shown, options.NoTrunc)
	}
	if !options.Format.IsDefault() {
		return
	}
	if hosts > 0 {
		whose := Safe("the host's limits")
		if s.Hosts != nil {
			whose = "the limits of its host"
			if hosts > 1 {
				whose = "the limits of their hosts"
			}
		}
		s.Line(containers(hosts, len(rows) > 0, "is", "are") + " bounded only by " + whose + ".")
	}
	if farHosts > 0 && s.Hosts != nil {
		s.Line(Say("The limits of %s are not near. List all with --all.", counted(farHosts, "host")))
	}
	if far > 0 {
		s.Line(containers(far, len(rows) > 0, "is", "are") + " not near any limit. List all with --all.")
	}
	s.Line("")
	s.notLookedAt(list)
	s.nearLimits(list)
}

// nearSet is a container's limits, and those of them that deserve to be mentioned.
type nearSet struct {
	*limit.Set
	near []*limit.Limit
}

// nearOf leaves out the groups of the engine that were named before: many containers share
// them.
func (s Screen) nearOf(c *limit.Set, said map[string]bool) nearSet {
	n := nearSet{Set: c}
	for _, l := range c.Near() {
		if l.Scope == limit.ScopeEngine && said[s.groupOf(c, l)] {
			continue
		}
		if l.Scope == limit.ScopeEngine {
			said[s.groupOf(c, l)] = true
		}
		n.near = append(n.near, l)
	}
	return n
}

// besideCells are the rows of limits that deserve to be mentioned but do not apply to a fork.
func (s Screen) besideCells(list []limit.Set) [][]Safe {
	var rows [][]Safe
	said := map[string]bool{}
	for i := range list {
		for _, l := range s.nearOf(&list[i], said).near {
			if l.Stops() != limit.Forks {
				rows = append(rows, s.cells(list[i].Container, s.limitCells(l, Escape(list[i].Container.Name))))
			}
		}
	}
	return rows
}

// notLookedAt writes once for all what was not read.
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
		s.writeWrapped("", 0, Say("Not checked: %s.", join(what, ", ")))
	}
}

// containers is "1 container is" or "3 other containers are".
func containers(n int, other bool, one, many Safe) Safe {
	noun, verb := "container", many
	if other {
		noun = "other container"
	}
	if n == 1 {
		verb = one
	}
	return counted(n, noun) + " " + verb
}

// firstCells are the row of a container's first limit. A question mark means that another limit,
// which could not be read, may be nearer.
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

// amountOf is the amount in the unit of the kind, none if there is no such value, or "?".
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

// nearLimits says what to do about each container that is near a limit or half full of zombies,
// or that there is no such container.
func (s Screen) nearLimits(list []limit.Set) {
	var near []nearSet
	var nearest *limit.Set
	certain, said := true, map[string]bool{}
	for i := range list {
		c := &list[i]
		certain = certain && c.Certain()
		first, n := c.First(), s.nearOf(c, said)
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

// worstLimits writes the limits with the least left, at most ten, the worst last.
func (s Screen) worstLimits(near []nearSet) {
	slices.SortStableFunc(near, func(a, b nearSet) int {
		return nearestRoom(b) - nearestRoom(a)
	})
	shown := near[max(len(near)-worstCulprits, 0):]
	if rest := len(near) - len(shown); rest > 0 {
		s.Line(containers(rest, true, "is", "are") + " near a limit.")
		s.commandLine("", lookOn, s.nextHere("docker pidns limits --format json"), "")
	}
	sets := make([]limit.Set, len(shown))
	for i, c := range shown {
		sets[i] = *c.Set
	}
	width := s.nameWidth(sets)
	var fixed []*inspect.Container
	for _, c := range shown {
		if s.nearVerdicts(c, s.nameLead(c.Container, width), width+gap) {
			fixed = append(fixed, c.Container)
		}
	}
	s.checkLine("docker pidns limits", fixed)
}

// nearestRoom is the least room of the limits that deserve to be mentioned.
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
	line := Say("%s is near in %s%s.", what, counted(containers, "container"), s.onHosts())
	if nearest == nil {
		s.writeWrapped("", 0, line)
		return
	}
	first, whose, host := nearest.First(), Safe(""), s.hostOf(nearest.Container)
	switch {
	case first.Scope != limit.ScopeHost:
		whose = " of " + s.name(nearest.Container)
	case host != nil:
		whose = " of " + Escape(host.Name)
	}
	s.writeWrapped("", 0, Say("%s Nearest: %s%s, %s left.", line, first.Name(), whose, amountOf(first.Kind, first.Left(), "-")))
	if next := s.on(nearest.Container).nextHere("docker pidns limits " + nearest.Container.Name); next != "" {
		s.commandLine("", lookOn, next, "")
	}
}
