package render

import (
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
