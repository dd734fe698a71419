package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
)

// style is how a character looks: what SGR sets (ECMA-48, console_codes(4)).
type style struct {
	bold, faint bool
	// colour is 30 to 37 or 90 to 97, 0 for the default.
	colour int
}

// cellText is one column of a line: a character with what combines with it. The second
// column of a wide character is empty.
type cellText struct {
	text  string
	style style
}

// screen is what a terminal shows. It knows the sequences that the commands write, and
// reports others, so that no picture is wrong unnoticed.
type screen struct {
	lines  [][]cellText
	column int
	style  style
	// unknown is what was not understood, "" for nothing.
	unknown string
}

// show returns the screen after text was written to it.
func show(written string) (*screen, error) {
	s := &screen{lines: [][]cellText{nil}}
	for len(written) > 0 {
		written = written[s.take(written):]
	}
	if s.unknown != "" {
		return nil, fmt.Errorf("the sequence %q is not known to the pictures", s.unknown)
	}
	for len(s.lines) > 0 && len(s.lines[len(s.lines)-1]) == 0 {
		s.lines = s.lines[:len(s.lines)-1]
	}
	return s, nil
}

// take takes one character or sequence, and returns its length in bytes.
func (s *screen) take(written string) int {
	r, size := utf8.DecodeRuneInString(written)
	switch {
	case r == '\n':
		s.lines, s.column = append(s.lines, nil), 0
	case r == '\r':
		s.column = 0
	case r == 0x1b:
		return s.escape(written)
	case r < ' ' || r == utf8.RuneError:
		s.unknown = written[:size]
	default:
		s.put(written[:size], text.RuneWidth(r))
	}
	return size
}

func (s *screen) put(character string, width int) {
	line := &s.lines[len(s.lines)-1]
	if width == 0 { // it combines with the one before
		if s.column > 0 {
			(*line)[s.column-1].text += character
		}
		return
	}
	for len(*line) < s.column+width {
		*line = append(*line, cellText{text: " "})
	}
	(*line)[s.column] = cellText{character, s.style}
	for i := 1; i < width; i++ {
		(*line)[s.column+i] = cellText{"", s.style}
	}
	s.column += width
}

// escape takes a sequence: colours, the end of a line that is erased, and links, of which a
// picture has none.
func (s *screen) escape(written string) int {
	if strings.HasPrefix(written, "\x1b]8;") {
		if end := strings.Index(written, "\x1b\\"); end > 0 {
			return end + 2
		}
		if end := strings.IndexByte(written, '\a'); end > 0 {
			return end + 1
		}
	}
	end := strings.IndexFunc(written, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
	if end < 0 || !strings.HasPrefix(written, "\x1b[") {
		s.unknown = written[:1]
		return 1
	}
	switch parameters := written[2:end]; written[end] {
	case 'm':
		s.sgr(parameters)
	case 'K':
		line := &s.lines[len(s.lines)-1]
		*line = (*line)[:min(s.column, len(*line))]
	default:
		s.unknown = written[:end+1]
	}
	return end + 1
}

func (s *screen) sgr(parameters string) {
	for _, word := range strings.Split(parameters, ";") {
		n, _ := strconv.Atoi(word) // an empty one is 0
		switch {
		case n == 0:
			s.style = style{}
		case n == 1:
			s.style.bold = true
		case n == 2:
			s.style.faint = true
		case n == 22:
			s.style.bold, s.style.faint = false, false
		case n == 39:
			s.style.colour = 0
		case n >= 30 && n <= 37, n >= 90 && n <= 97:
			s.style.colour = n
		default:
			s.unknown = "SGR " + parameters
		}
	}
}
