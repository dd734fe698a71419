package plugin

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// pidLine is one line of input and the PID in it, 0 if it has none.
type pidLine struct {
	text   string
	pid    int
	header bool
	// ids are the full or short IDs of containers that a line of a log names.
	ids []string
	// ended is true if it reports the exit of a process. Then only ids are looked up, not the
	// PID.
	ended bool
}

var pidEquals = pattern.Lazy(`(?:^|[^\w])pid[=:]\s?(\d+)(?:\D|$)`)

// findPIDs finds the PID of each line. If a field was named, it is only there. Otherwise it is
// in the column PID, or is found by the shape of the line, or is pid=N, or the line is only a
// number. The column and the shape come first, because commands can contain pid=N too. In other
// lines an ID takes precedence over a PID.
func findPIDs(texts []string, field int) []pidLine {
	lines := make([]pidLine, len(texts))
	victims := killings{}
	var column *pidColumn
	for i, text := range texts {
		words := wordsOf(text)
		if headed, ok := headedPID(text, words); ok {
			column, lines[i] = &headed, pidLine{text: text, header: true}
			continue
		}
		lines[i] = victims.read(text, words, column, field)
		lines[i].text = text
	}
	return lines
}

// read finds the process or the container that a line means. The line is not a heading.
func (k killings) read(text string, words []word, column *pidColumn, field int) pidLine {
	end, ends := endingIn(text)
	k.note(text, end)
	if field > 0 {
		n := fieldIn(words, field)
		if ends && (n == end.pid || end.pid == 0) {
			return pidLine{ids: k.idsOf(text, end), ended: true}
		}
		return pidLine{pid: n}
	}
	if n := pidInTable(text, words, column); n > 0 {
		return pidLine{pid: n}
	}
	if ends {
		ids := k.idsOf(text, end)
		if len(ids) == 0 && oomKill().FindStringIndex(text) == nil { // that line can also have IDs of others
			ids = idsIn(text)
		}
		return pidLine{ids: ids, ended: true}
	}
	if column != nil {
		return pidLine{}
	}
	return pidLine{pid: pidInLog(text), ids: idsIn(text)}
}

// pidInTable is the PID of a line of a table, or of a line that is only a number.
func pidInTable(text string, words []word, column *pidColumn) int {
	if column != nil {
		if n := column.in(text, words); n > 0 {
			return n
		}
	} else if n := pidByShape(text); n > 0 {
		return n
	}
	if len(words) == 1 {
		return positive(words[0].text)
	}
	return 0
}

func pidInLog(text string) int {
	if n, is := pidOfSocket(text); is {
		return n
	}
	if !strings.Contains(text, "pid") { // most lines of a log do not have this word, and a pattern costs more
		return 0
	}
	if m := pidEquals().FindStringSubmatch(text); m != nil {
		return positive(m[1])
	}
	return 0
}

// fieldIn is the number in a field that may end in a comma or a program's name: "12656," and
// "12611/docker-proxy".
func fieldIn(words []word, field int) int {
	if field > len(words) {
		return 0
	}
	text, _, _ := strings.Cut(strings.TrimSuffix(words[field-1].text, ","), "/")
	return positive(text)
}

func positive(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return 0
	}
	return n
}

// runWhoLines writes the lines of standard input with their containers.
func (app *App) runWhoLines(ctx context.Context, options *listOptions, field int) error {
	data, err := source.ReadInput(ctx, app.CLI.In(), inspect.MostCapture)
	if err != nil {
		return err
	}
	lines := findPIDs(splitLines(data), field)
	numbers, ids, ended := askedIn(lines)
	switch {
	case numbers == nil && !ids && !ended:
		return errNoPIDs
	case numbers == nil && !ids:
		app.writeLines(lines, owners{})
		return app.tellEnded(lines, owners{}, nil)
	}
	a, err := app.answer(ctx, options, need.Owners(numbers, ids))
	if err != nil {
		return err
	}
	if numbers != nil {
		if err := app.whoElsewhere(a); err != nil {
			return err
		}
	}
	names := ownersOf(a.index, numbers)
	if numbers == nil && !ended && !slices.ContainsFunc(lines, func(line pidLine) bool { return names.byID(line.ids) != "" }) {
		return errNoPIDs
	}
	app.writeLines(lines, names)
	return app.tellEnded(lines, names, a)
}

// askedIn are the PIDs in the lines, each once. ids is true if there are IDs to look up, ended
// if there are processes that have exited.
func askedIn(lines []pidLine) (numbers []int, ids, ended bool) {
	seen := map[int]bool{}
	for _, line := range lines {
		ids, ended = ids || len(line.ids) > 0, ended || line.ended
		if line.pid > 0 && !seen[line.pid] {
			seen[line.pid] = true
			numbers = append(numbers, line.pid)
		}
	}
	return numbers, ids, ended
}

// owners are the owners of the PIDs and IDs in lines.
type owners struct {
	index *inspect.Index
	pids  map[int]string
}

func ownersOf(ix *inspect.Index, numbers []int) owners {
	o := owners{index: ix, pids: map[int]string{}}
	identities, _ := whoIs(ix, numbers)
	for i := range identities {
		o.pids[numbers[i]] = render.LineOwner(&identities[i])
	}
	return o
}

// byID names the containers that the engine knows among these IDs, "" for none.
func (o owners) byID(ids []string) string {
	if o.index == nil {
		return ""
	}
	var names []string
	for _, id := range ids {
		if name := o.index.NameOfID(id); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// unknown describes the container of an exited process, if the engine does not know it.
func unknown(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return inspect.ShortRef(ids[len(ids)-1]) + "?"
}

// of is the text before a line.
func (o owners) of(line *pidLine) string {
	ids := line.ids
	if line.ended && len(ids) > 0 && o.byID(ids[len(ids)-1:]) != "" {
		ids = ids[len(ids)-1:] // the innermost
	}
	switch name := o.byID(ids); {
	case name != "":
		return name
	case line.ended:
		return cmp.Or(unknown(line.ids), "(ended)")
	default:
		return o.pids[line.pid]
	}
}

// tellEnded ends the command, and reports what could not be looked up. a is nil if no engine
// was asked.
func (app *App) tellEnded(lines []pidLine, names owners, a *answer) error {
	ended := 0
	for i := range lines {
		if lines[i].ended && names.of(&lines[i]) == "(ended)" {
			ended++
		}
	}
	if ended > 0 {
		app.tell("%s the exit of a process by its PID alone: another process may have that PID now, so it was not looked up", endedLines(ended))
	}
	if a == nil {
		return nil
	}
	a.problems, a.resting = inspect.OfAll(a.problems), nil
	app.report(a)
	if len(names.pids) > 0 && a.isUnproven() {
		return exitWith(app.tellUnproven(a.index))
	}
	return exitWith(a.status())
}

func endedLines(n int) string {
	if n == 1 {
		return "1 line reports"
	}
	return inspect.Count(n) + " lines report"
}

// splitLines splits at newlines. Each line keeps its other characters, such as a carriage
// return.
func splitLines(data []byte) []string {
	var lines []string
	for line := range bytes.Lines(data) {
		lines = append(lines, strings.TrimSuffix(string(line), "\n"))
	}
	return lines
}

// writeLines writes the lines with the containers before them. The lines themselves are not
// changed.
func (app *App) writeLines(lines []pidLine, names owners) {
	cells := make([]render.Safe, len(lines))
	for i := range lines {
		if lines[i].header {
			cells[i] = "CONTAINER"
			continue
		}
		cells[i] = render.Escape(names.of(&lines[i]))
	}
	app.screen(&commonOptions{}).Prefixed(cells, func(i int) string { return lines[i].text })
}
