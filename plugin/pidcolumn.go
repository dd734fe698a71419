package plugin

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/docker-pidns/docker-pidns/inspect/pattern"
)

// word is one of the blank-separated words of a line, with the columns of the
// screen in which it stands: from start to before end.
type word struct {
	text       string
	start, end int
}

// tabStop is how far apart tabs stop on a screen.
const tabStop = 8

// wordsOf splits a line as strings.Fields does.
func wordsOf(line string) []word {
	fields := strings.Fields(line)
	words := make([]word, len(fields))
	column, rest := 0, line
	for i, text := range fields {
		blanks := strings.Index(rest, text)
		for _, r := range rest[:blanks] {
			column++
			if r == '\t' {
				column += (tabStop - column%tabStop) % tabStop
			}
		}
		words[i] = word{text, column, column + utf8.RuneCountInString(text)}
		column, rest = words[i].end, rest[blanks+len(text):]
	}
	return words
}

// pidColumn is where a table has its PIDs, by its line of headings.
type pidColumn struct {
	// heading is the word PID, and at its place among the words of its line.
	heading word
	at      int
	// aligned: the headings stand above their columns, and are not only set apart
	// from each other.
	aligned bool
}

var alignment = pattern.Lazy(`^\s|\s\s+\S`)

// headedPID finds the heading PID. A line of headings has no number, and what
// stands around the word in a sentence begins with a small letter.
func headedPID(line string, words []word) (pidColumn, bool) {
	at := slices.IndexFunc(words, func(w word) bool { return w.text == "PID" })
	if at < 0 || slices.ContainsFunc(words, func(w word) bool { _, err := strconv.Atoi(w.text); return err == nil }) {
		return pidColumn{}, false
	}
	if slices.ContainsFunc(words[:min(at+2, len(words))], func(w word) bool { return startsSmall(w.text) }) {
		return pidColumn{}, false
	}
	return pidColumn{heading: words[at], at: at, aligned: alignment().MatchString(line)}, true
}

func startsSmall(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLower(r)
}

// in is the PID of a line below the heading, 0 if it has none. Columns in front
// can hold several words, as dates and commands do, so that what stands flush
// with the heading comes first. Else it is the word of the heading's place:
// columns that are too wide push it to the right, never to the left.
func (c pidColumn) in(words []word) int {
	if c.aligned {
		for _, w := range words {
			if n := positive(w.text); n > 0 && (w.start == c.heading.start || w.end == c.heading.end) {
				return n
			}
		}
	}
	if c.at >= len(words) || c.aligned && words[c.at].end <= c.heading.start {
		return 0
	}
	return positive(words[c.at].text)
}
