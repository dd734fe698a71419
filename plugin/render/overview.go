package render

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/overview"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// OverviewRow is one container of an overview that is shown again and again.
type OverviewRow struct {
	overview.Row
	// More is how many zombies there are more than at the look before.
	More int
	// History are the numbers of tasks at the last looks, the oldest first.
	History []int
	// Selected is the row that keys are about. New was not there at the look before, and Gone
	// was there and is no longer.
	Selected, New, Gone bool
}

// The columns of an overview. On a narrow screen some are left out.
var (
	wideOverview = []column{
		{heading: "  CONTAINER", cut: 2}, {heading: "PROCS", right: true}, {heading: "THR", right: true}, {heading: "ZOMB", right: true}, {heading: "ORPH", right: true},
		{heading: "EXEC", right: true}, {heading: "PIDS"}, {heading: "STOP WILL", cut: 3}, {heading: "REAPS"}, {heading: "FINDING", cut: 1},
	}
	middleOverview = []Safe{"  CONTAINER", "PROCS", "ZOMB", "PIDS", "STOP WILL", "FINDING"}
	narrowOverview = []Safe{"  CONTAINER", "PROCS", "ZOMB", "FINDING"}
)

// The widths from which on all columns are shown, and all but three.
const (
	wideScreen   = 110
	middleScreen = 64
)

// Overview writes the headings and a line for each container, each as wide as the screen.
func (s Screen) Overview(rows []OverviewRow) {
	cells := make([][]Safe, len(rows))
	for i := range rows {
		cells[i] = s.overviewCells(&rows[i])
	}
	columns := s.withoutSome(slices.Clone(wideOverview), cells)
	s.cutWidest(columns, cells)
	for i := range rows {
		s.paintOverview(&rows[i], columns, cells[i])
	}
	s.writeTable(columns, cells)
}

// withoutSome leaves out the columns for which the screen is too narrow.
func (s Screen) withoutSome(columns []column, rows [][]Safe) []column {
	kept := narrowOverview
	switch {
	case s.Width <= 0 || s.Width >= wideScreen:
		return columns
	case s.Width >= middleScreen:
		kept = middleOverview
	}
	for i := len(columns) - 1; i >= 0; i-- {
		if slices.Contains(kept, columns[i].heading) {
			continue
		}
		columns = slices.Delete(columns, i, i+1)
		for r := range rows {
			rows[r] = slices.Delete(rows[r], i, i+1)
		}
	}
	return columns
}

func (s Screen) overviewCells(r *OverviewRow) []Safe {
	name := s.rowMark(r) + " " + Escape(r.Container.Name)
	if r.Problem != nil {
		return []Safe{name, "?", "?", "?", "?", "?", "?", "?", "?", Escape(r.Problem.Text)}
	}
	processes, threads, execs, orphans := Safe("?"), Safe("?"), Safe("?"), Safe("?")
	if n, known := r.Count.Get(); known {
		processes, threads, execs = Say("%d", n.Processes), Say("%d", n.Threads), Say("%d", n.Execs)
	}
	cells := []Safe{name, processes, threads, zombiesCell(r), "…", execs, s.pidsCell(r), "…", "…", "…"}
	if v := r.Verdict; v != nil {
		if n, known := v.Count.Get(); known {
			orphans = Say("%d", n.Orphans)
		}
		cells[4], cells[7], cells[8], cells[9] = orphans, Escape(v.Stop.Will()), reapsCell(v.Stop.Reaps), findingCell(v)
	}
	if s.ASCII {
		for i := range cells {
			if cells[i] == "…" {
				cells[i] = "..."
			}
		}
	}
	return cells
}

// rowMark is the first column of a row.
func (s Screen) rowMark(r *OverviewRow) Safe {
	switch {
	case r.Selected && s.ASCII:
		return ">"
	case r.Selected:
		return "▸"
	case r.New:
		return "+"
	case r.Gone:
		return "-"
	default:
		return " "
	}
}

func zombiesCell(r *OverviewRow) Safe {
	n, known := r.Zombies.Get()
	switch {
	case !known && r.Passing == 0 && r.Count.Held():
		return "0"
	case !known:
		return "?"
	case r.More > 0:
		return Say("%d +%d", n, r.More)
	default:
		return Say("%d", n)
	}
}

// pidsCell is what is used of the limit, with the course of the last looks.
func (s Screen) pidsCell(r *OverviewRow) Safe {
	most := Safe("?")
	switch limit, known := r.PIDs.Max.Get(); {
	case known:
		most = Say("%d", limit)
	case r.PIDs.Max.Absence() == procfs.NotHeld:
		most = "-"
	}
	cell := Safe("?")
	if n, known := r.PIDs.Current.Get(); known {
		cell = Say("%d", n)
	}
	cell += "/" + most
	if bars := s.bars(r); bars != "" {
		cell += " " + bars
	}
	return cell
}

const barSigns = "▁▂▃▄▅▆▇█"

// bars draws the numbers of tasks, where they differ, as parts of the limit or of the greatest.
func (s Screen) bars(r *OverviewRow) Safe {
	if s.ASCII || len(r.History) < 2 || slices.Min(r.History) == slices.Max(r.History) {
		return ""
	}
	signs := []rune(barSigns)
	most := max(slices.Max(r.History), 1)
	if limit, known := r.PIDs.Max.Get(); known && limit > 0 {
		most = max(limit, most)
	}
	var bars strings.Builder
	for _, n := range r.History {
		bars.WriteRune(signs[max(n, 0)*(len(signs)-1)/most])
	}
	return Safe(bars.String())
}

// findingCell is the worst finding, or what an absence of findings means.
func findingCell(v *overview.Verdict) Safe {
	worst := v.Worst()
	switch {
	case worst == nil && !v.Checked:
		return "-  (not all could be checked)"
	case worst == nil:
		return "-"
	}
	more := Safe("")
	if n := len(v.Findings) - 1; n > 0 {
		more = Say(" (+%d)", n)
	}
	return Say("%s%s: %s", worst.Rule, more, worst.Brief)
}

// paintOverview colours what hurts. A row that is gone is dim.
func (s Screen) paintOverview(r *OverviewRow, columns []column, cells []Safe) {
	paint := func(heading Safe, colours text.Colors) {
		if place := at(columns, heading); place >= 0 {
			cells[place] = s.paint(colours, cells[place])
		}
	}
	if r.Gone {
		for i := range cells {
			cells[i] = s.paint(dim, cells[i])
		}
		return
	}
	if r.Selected {
		cells[0] = s.paint(bold, cells[0])
	}
	if r.Zombies.Or(0) > 0 {
		paint("ZOMB", severityColours[inspect.SeverityError])
	}
	if v := r.Verdict; v != nil {
		switch v.Stop.Outcome {
		case signal.OutcomeIgnored, signal.OutcomeDelayed, signal.OutcomeHangs:
			paint("STOP WILL", yellow)
		}
		if worst := v.Worst(); worst != nil {
			paint("FINDING", severityColours[worst.Severity])
		}
	}
}
