package plugin

import (
	"bytes"
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

// pidLine is one line of input and the PID in it, 0 where it has none.
type pidLine struct {
	text   string
	pid    int
	header bool
}

var pidEquals = pattern.Lazy(`(?:^|[^\w])pid[=:]\s?(\d+)(?:\D|$)`)

// findPIDs finds the PID of each line: in the field that was named and nowhere
// else; where none was, in the column headed PID, else pid=N, else a line that is
// a number alone. The column comes first, because commands hold pid=N as well.
func findPIDs(texts []string, field int) []pidLine {
	lines := make([]pidLine, len(texts))
	var column *pidColumn
	for i, text := range texts {
		lines[i].text = text
		words := wordsOf(text)
		if headed, ok := headedPID(text, words); ok {
			column, lines[i].header = &headed, true
			continue
		}
		lines[i].pid = pidIn(text, words, column, field)
	}
	return lines
}

func pidIn(text string, words []word, column *pidColumn, field int) int {
	if field > 0 {
		return fieldIn(words, field)
	}
	if column != nil {
		if n := column.in(words); n > 0 {
			return n
		}
	} else if m := pidEquals().FindStringSubmatch(text); m != nil {
		return positive(m[1])
	}
	if len(words) == 1 {
		return positive(words[0].text)
	}
	return 0
}

func fieldIn(words []word, field int) int {
	if field > len(words) {
		return 0
	}
	return positive(words[field-1].text)
}

func positive(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return 0
	}
	return n
}

// runWhoLines gives the lines of standard input back with their containers.
func (app *App) runWhoLines(ctx context.Context, options *listOptions, field int) error {
	data, err := source.ReadInput(ctx, app.CLI.In(), inspect.MostCapture)
	if err != nil {
		return err
	}
	lines := findPIDs(splitLines(data), field)
	var numbers []int
	for _, line := range lines {
		if line.pid > 0 && !slices.Contains(numbers, line.pid) {
			numbers = append(numbers, line.pid)
		}
	}
	if len(numbers) == 0 {
		return errNoPIDs
	}
	a, err := app.answer(ctx, options, need.Owners(numbers))
	if err != nil {
		return err
	}
	if err := a.refuseElsewhere(); err != nil {
		return err
	}
	names := map[int]string{}
	identities, _ := whoIs(a.index, numbers)
	for i := range identities {
		names[numbers[i]] = render.ContainerName(&identities[i])
		if identities[i].Role == inspect.WhoNone {
			names[numbers[i]] = "(gone)"
		}
	}
	app.writeLines(lines, names)
	a.problems, a.resting = inspect.OfAll(a.problems), nil
	app.report(a)
	return exitWith(a.status())
}

// splitLines splits at newlines alone: lines come back with what they ended
// in.
func splitLines(data []byte) []string {
	var lines []string
	for line := range bytes.Lines(data) {
		lines = append(lines, strings.TrimSuffix(string(line), "\n"))
	}
	return lines
}

// writeLines puts the containers in front; the lines themselves are the
// user's, and are not touched.
func (app *App) writeLines(lines []pidLine, names map[int]string) {
	cells := make([]render.Safe, len(lines))
	for i, line := range lines {
		switch {
		case line.header:
			cells[i] = "CONTAINER"
		case line.pid > 0:
			cells[i] = render.Escape(names[line.pid])
		}
	}
	app.screen(&commonOptions{}).Prefixed(cells, func(i int) string { return lines[i].text })
}
