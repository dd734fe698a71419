package plugin

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/docker-pidns/docker-pidns/inspect/pattern"
)

// word is one of the blank-separated words of a line. It is in the columns of the screen from
// start up to end, without end.
type word struct {
	text       string
	start, end int
}

// tabStop is the distance between tab stops on a screen.
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

// pidColumn is the place of the PIDs in a table, by its line of headings.
type pidColumn struct {
	kind columnKind
	// heading is the word PID. at is its index among the words of its line, or among the fields
	// of a line with commas.
	heading word
	at      int
	// aligned is true if the headings are above their columns, and are not only separated from
	// each other.
	aligned bool
}

// columnKind is how a table separates its columns.
type columnKind uint8

const (
	// byBlanks is for ps, top and lsof.
	byBlanks columnKind = iota
	// byCommas is for nvidia-smi --format=csv.
	byCommas
	// withProgram is for netstat -p, whose field is "12611/docker-proxy".
	withProgram
)

var (
	alignment  = pattern.Lazy(`^\s|\s\s+\S`)
	csvHeading = pattern.Lazy(`^[A-Za-z][\w.]*(?: \[[\w%/. ]+\])?$`)
)

// headedPID finds the heading PID, or else TID, which iotop has. A line of headings has no
// number. In a sentence, the words around it begin with a small letter.
func headedPID(line string, words []word) (pidColumn, bool) {
	if column, ok := headedByCommas(line); ok {
		return column, true
	}
	if slices.ContainsFunc(words, func(w word) bool { _, err := strconv.Atoi(w.text); return err == nil }) {
		return pidColumn{}, false
	}
	column := pidColumn{kind: byBlanks, aligned: alignment().MatchString(line)}
	column.at = slices.IndexFunc(words, func(w word) bool { return w.text == "PID/Program" })
	if column.at >= 0 && column.at+1 < len(words) && words[column.at+1].text == "name" {
		column.kind, column.heading = withProgram, words[column.at]
		return column, true
	}
	marked := len(words) > 0 && words[0].text == "#" // nvidia-smi pmon and pidstat -h: the lines below lack this word
	for _, name := range []string{"PID", "TID", "pid"} {
		at := slices.IndexFunc(words, func(w word) bool { return w.text == name })
		around := words[:min(at+2, len(words))]
		if at < 0 || !marked && (name == "pid" || slices.ContainsFunc(around, func(w word) bool { return startsSmall(w.text) })) {
			continue
		}
		column.at, column.heading = at, words[at]
		if marked {
			column.at--
		}
		return column, true
	}
	return pidColumn{}, false
}

// headedByCommas finds the heading pid in a line whose fields are all names, possibly with a
// unit.
func headedByCommas(line string) (pidColumn, bool) {
	fields := strings.Split(line[:min(len(line), mostShape)], ",")
	at := -1
	for i, field := range fields {
		field = strings.TrimSpace(field)
		if !csvHeading().MatchString(field) {
			return pidColumn{}, false
		}
		if field == "pid" || field == "PID" && len(fields) > 1 {
			at = i
		}
	}
	return pidColumn{kind: byCommas, at: at}, at >= 0
}

func startsSmall(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLower(r)
}

// in is the PID of a line below the heading, 0 if it has none.
func (c pidColumn) in(line string, words []word) int {
	switch c.kind {
	case byCommas:
		fields := strings.SplitN(line, ",", c.at+2)
		if c.at >= len(fields) {
			return 0
		}
		return positive(strings.TrimSpace(fields[c.at]))
	case withProgram:
		return c.beforeProgram(words)
	default:
		return c.below(words)
	}
}

// beforeProgram is the PID before a program's name. Wide columns before it can move the field
// to the right, and text after it, such as a path, can look like such a field.
func (c pidColumn) beforeProgram(words []word) int {
	for _, w := range words {
		if w.start < c.heading.start {
			continue
		}
		if w.text == "-" { // this user may not see the program
			return 0
		}
		if number, _, is := strings.Cut(w.text, "/"); is && positive(number) > 0 {
			return positive(number)
		}
	}
	return 0
}

// below is the PID below the heading. Columns before it can have several words, such as dates
// and commands, so a word that is aligned with the heading comes first. Otherwise it is the
// word with the index of the heading. Wide columns move it to the right, never to the left.
func (c pidColumn) below(words []word) int {
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
