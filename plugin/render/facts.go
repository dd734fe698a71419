package render

import (
	"bufio"
	"fmt"
)

// Fact is a name and a text about it.
type Fact struct{ Name, Text string }

// Facts writes the names in a column and their texts beside them.
func (s Screen) Facts(facts []Fact) {
	width := 0
	for _, f := range facts {
		width = max(width, Escape(f.Name).width())
	}
	for _, f := range facts {
		lead := s.paint(bold, Escape(f.Name)) + blanks(width-Escape(f.Name).width()+gap)
		s.writeWrapped(lead, width+gap, Escape(f.Text))
	}
}

// Prefixed writes lines with a cell before each, in a column.
func (s Screen) Prefixed(cells []Safe, line func(int) string) {
	width := 0
	for _, cell := range cells {
		width = max(width, cell.width())
	}
	out := bufio.NewWriter(s.Out)
	for i, cell := range cells {
		_, _ = fmt.Fprintf(out, "%s%s%s\n", cell, blanks(width-cell.width()+gap), line(i))
	}
	_ = out.Flush()
}
