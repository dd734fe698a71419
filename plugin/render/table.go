package render

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// column is one column of a table.
type column struct {
	heading string
	right   bool
}

// gap is the space between two columns.
const gap = 2

// writeTable writes rows below their headings. Cells may hold colours.
func (s Screen) writeTable(columns []column, rows [][]string) {
	t := table.NewWriter()
	t.SetOutputMirror(s.Out)
	t.SuppressTrailingSpaces()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", strings.Repeat(" ", gap)
	t.SetStyle(style)
	var configs []table.ColumnConfig
	header := table.Row{}
	for i, c := range columns {
		header = append(header, c.heading)
		if c.right {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(header)
	for _, row := range rows {
		cells := make(table.Row, len(row))
		for i, cell := range row {
			cells[i] = cell
		}
		t.AppendRow(cells)
	}
	t.Render()
}

// widthLeft is what columns and gaps leave of the screen for one more column
// behind them; 0 where nothing is cut, and never so little that nothing shows.
func (s Screen) widthLeft(columns []column, rows [][]string) int {
	if s.Width <= 0 {
		return 0
	}
	return max(s.Width-tableWidth(columns, rows), minimalCommand)
}

// fits reports whether the table is no wider than the screen.
func (s Screen) fits(columns []column, rows [][]string) bool {
	return s.Width <= 0 || tableWidth(columns, rows)-gap <= s.Width
}

// narrowest is how far cutWidest cuts a cell.
const narrowest = 6

// cutWidest cuts the cells of the columns at these places, the widest first,
// until the table fits the screen. Where it cannot be made to, nothing is cut.
func (s Screen) cutWidest(columns []column, rows [][]string, places []int) {
	uncut := make([][]string, len(rows))
	for i, row := range rows {
		uncut[i] = slices.Clone(row)
	}
	for !s.fits(columns, rows) {
		widest, width := 0, narrowest
		for _, at := range places {
			for _, row := range rows {
				if w := text.StringWidthWithoutEscSequences(row[at]); w > width {
					widest, width = at, w
				}
			}
		}
		if width == narrowest {
			copy(rows, uncut)
			return
		}
		for _, row := range rows {
			row[widest] = s.cut(row[widest], width-1)
		}
	}
}

// tableWidth is the width of all columns with a gap behind each.
func tableWidth(columns []column, rows [][]string) int {
	total := 0
	for i, c := range columns {
		width := text.StringWidthWithoutEscSequences(c.heading)
		for _, row := range rows {
			width = max(width, text.StringWidthWithoutEscSequences(row[i]))
		}
		total += width + gap
	}
	return total
}

// minimalCommand is the narrowest that a command is cut to.
const minimalCommand = 12
