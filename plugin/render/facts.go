package render

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Fact is a name and what is known of it.
type Fact struct{ Name, Text string }

// Facts writes names in a column and their texts beside them.
func (s Screen) Facts(facts []Fact) {
	width := 0
	for _, f := range facts {
		width = max(width, text.StringWidth(f.Name))
	}
	for _, f := range facts {
		lead := s.paint(bold, f.Name) + strings.Repeat(" ", width-text.StringWidth(f.Name)+gap)
		s.writeWrapped(lead, width+gap, Escape(f.Text))
	}
}

// Line writes one line.
func (s Screen) Line(line string) { _, _ = fmt.Fprintln(s.Out, line) }

// Prefixed writes lines with a cell in front of each, in a column.
func (s Screen) Prefixed(cells []string, line func(int) string) {
	width := 0
	for _, cell := range cells {
		width = max(width, text.StringWidth(cell))
	}
	out := bufio.NewWriter(s.Out)
	for i, cell := range cells {
		_, _ = fmt.Fprintf(out, "%s%s%s\n", cell, strings.Repeat(" ", width-text.StringWidth(cell)+gap), line(i))
	}
	_ = out.Flush()
}
