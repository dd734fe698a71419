package render

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// column is one column of a table.
type column struct {
	heading Safe
	// right aligns the cells to the right.
	right bool
	// cut is 0 if the cells are never shortened. If the table is wider than the screen, the
	// widest cells are shortened first. Of columns with the same width, those with the lowest
	// number are shortened first.
	cut int
	// front shortens paths at their beginning, because their end is more important.
	front bool
}

// at is the position of the column with the heading.
func at(columns []column, heading Safe) int {
	return slices.IndexFunc(columns, func(c column) bool { return c.heading == heading })
}

// gap is the space between two columns.
const gap = 2

// writeTable writes rows below their headings. Cells may have colours.
func (s Screen) writeTable(columns []column, rows [][]Safe) {
	if s.Inside != nil && *s.Inside {
		columns, rows = withoutHostPIDs(columns, rows)
	}
	t := table.NewWriter()
	t.SetOutputMirror(s.Out)
	t.SuppressTrailingSpaces()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", string(blanks(gap))
	t.SetStyle(style)
	var configs []table.ColumnConfig
	header := table.Row{}
	for i, c := range columns {
		header = append(header, string(c.heading))
		if c.right {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(header)
	for _, row := range rows {
		cells := make(table.Row, len(row))
		for i, cell := range row {
			cells[i] = string(cell)
		}
		t.AppendRow(cells)
	}
	t.Render()
}

// withoutHostPIDs leaves out the PIDs on the host where those in the container stand beside
// them.
func withoutHostPIDs(columns []column, rows [][]Safe) ([]column, [][]Safe) {
	place := at(columns, "HOST PID")
	if place < 0 {
		return columns, rows
	}
	if at(columns, "CTR PID") < 0 {
		columns = slices.Clone(columns)
		columns[place].heading = "CTR PID"
		return columns, rows
	}
	left := make([][]Safe, len(rows))
	for i, row := range rows {
		left[i] = slices.Delete(slices.Clone(row), place, place+1)
	}
	return slices.Delete(slices.Clone(columns), place, place+1), left
}

// widthLeft is what columns and gaps leave of the screen for one more column
// behind them; 0 where nothing is cut, and never so little that nothing shows.
func (s Screen) widthLeft(columns []column, rows [][]Safe) int {
	if s.Width <= 0 {
		return 0
	}
	return max(s.Width-tableWidth(columns, rows), minimalCommand)
}

// fits reports whether the table is no wider than the screen.
func (s Screen) fits(columns []column, rows [][]Safe) bool {
	return s.Width <= 0 || tableWidth(columns, rows)-gap <= s.Width
}

// narrowest is the smallest width to which cutWidest cuts a cell.
const narrowest = 6

// cutWidest cuts the cells of the columns that may be cut, the widest first, until the table
// fits the screen. If it cannot fit, nothing is cut.
func (s Screen) cutWidest(columns []column, rows [][]Safe) {
	uncut := make([][]Safe, len(rows))
	for i, row := range rows {
		uncut[i] = slices.Clone(row)
	}
	places := cutPlaces(columns)
	for !s.fits(columns, rows) {
		widest, width := 0, narrowest
		for _, place := range places {
			for _, row := range rows {
				if w := row[place].width(); w > width {
					widest, width = place, w
				}
			}
		}
		if width == narrowest {
			copy(rows, uncut)
			return
		}
		for _, row := range rows {
			if columns[widest].front && strings.Contains(string(row[widest]), "/") {
				row[widest] = s.cutFront(row[widest], width-1)
			} else {
				row[widest] = s.cut(row[widest], width-1)
			}
		}
	}
}

// cutPlaces are the positions of the columns that may be cut, in the order of their numbers.
func cutPlaces(columns []column) []int {
	var places []int
	for place, c := range columns {
		if c.cut > 0 {
			places = append(places, place)
		}
	}
	slices.SortStableFunc(places, func(a, b int) int { return columns[a].cut - columns[b].cut })
	return places
}

// tableWidth is the width of all columns, with a gap after each.
func tableWidth(columns []column, rows [][]Safe) int {
	total := 0
	for i, c := range columns {
		width := c.heading.width()
		for _, row := range rows {
			width = max(width, row[i].width())
		}
		total += width + gap
	}
	return total
}

// minimalCommand is the smallest width to which a command is cut.
const minimalCommand = 12
