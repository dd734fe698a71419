//go:build e2e && linux

package lab

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Gaps separate the columns of a table.
var Gaps = regexp.MustCompile(` {2,}`)

// flat is the text without its line ends and indents.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// Cells are the cells of the first table of an answer, by the first column and by heading.
func (a Answer) Cells(t testing.TB) map[string]map[string]string {
	t.Helper()
	lines := strings.Split(a.Stdout, "\n")
	headings := Gaps.Split(strings.TrimSpace(lines[0]), -1)
	table := map[string]map[string]string{}
	for _, line := range lines[1:] {
		fields := Gaps.Split(strings.TrimSpace(line), -1)
		if len(fields) != len(headings) {
			break
		}
		table[fields[0]] = map[string]string{}
		for i, field := range fields {
			table[fields[0]][headings[i]] = field
		}
	}
	return table
}

// WantCell checks one cell of the first table.
func (a Answer) WantCell(t testing.TB, row, heading, want string) {
	t.Helper()
	if got := a.Cells(t)[row][heading]; got != want {
		t.Errorf("%s of %s is %q, want %q\n%s", heading, row, got, want, a)
	}
}

// Remarks are the remarks below the matrix of ns, one string each.
func (a Answer) Remarks(name string) []string {
	_, below, _ := strings.Cut(a.Stdout, "\n\n")
	var list []string
	for line := range strings.Lines(below) {
		if strings.HasPrefix(line, " ") && len(list) > 0 {
			list[len(list)-1] += " " + flat(line)
		} else {
			list = append(list, flat(line))
		}
	}
	return slices.DeleteFunc(list, func(r string) bool {
		_, behind, _ := strings.Cut(r, " ")
		return !strings.HasPrefix(behind, name+" ")
	})
}

// WantRemark is the remark about the container that has all texts. It must exist exactly once.
func (a Answer) WantRemark(t testing.TB, b *Box, texts ...string) string {
	t.Helper()
	var found []string
	for _, r := range a.Remarks(b.Name) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(r, text) }) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Errorf("%d remarks on %s with %q, want 1\n%s", len(found), b.Name, texts, a)
		return ""
	}
	return found[0]
}

// WantNoRemark checks that there is no remark about the container.
func (a Answer) WantNoRemark(t testing.TB, b *Box) {
	t.Helper()
	if list := a.Remarks(b.Name); len(list) > 0 {
		t.Errorf("nothing to say of %s, but %q\n%s", b.Name, list, a)
	}
}
