package render

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// formatted is a row of two keys.
type formatted struct {
	Number int
	Name   string
}

func (formatted) FullHeader() any { return nil }

// With any number of rows, each is written once and in order, and a table has one line of
// headings.
func TestManyRows(t *testing.T) {
	for _, n := range []int{0, 1, rowsAtOnce - 1, rowsAtOnce, rowsAtOnce + 1, 2*rowsAtOnce + 7} {
		rows := make([]formatted, n)
		var numbers []string
		for i := range rows {
			rows[i] = formatted{i, "x"}
			numbers = append(numbers, fmt.Sprint(i))
		}
		for format, want := range map[Format][]string{
			"{{.Number}}":       numbers,
			"table {{.Number}}": append([]string{"NO"}, numbers...),
		} {
			var out strings.Builder
			if err := writeRows(Screen{Out: &out}, format, rows); err != nil {
				t.Fatal(err)
			}
			if got := strings.Fields(out.String()); !slices.Equal(got, want) {
				t.Errorf("%d rows as %q: got %d words, want %d", n, format, len(got), len(want))
			}
		}
		var out strings.Builder
		if err := writeRows(Screen{Out: &out}, "json", rows); err != nil || strings.Count(out.String(), `"Name":"x"`) != n {
			t.Errorf("%d rows: %d in json, error %v", n, strings.Count(out.String(), `"Name":"x"`), err)
		}
	}
}
