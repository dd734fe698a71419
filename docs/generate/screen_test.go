package main

import (
	"strings"
	"testing"
)

// textOf is what the screen shows, without its styles.
func (s *screen) textOf() string {
	var b strings.Builder
	for _, line := range s.lines {
		for _, cell := range line {
			b.WriteString(cell.text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestShow(t *testing.T) {
	for name, test := range map[string]struct{ written, want string }{
		"text":             {"a  b\n\nc\n", "a  b\n\nc\n"},
		"colours":          {"\x1b[1mdemo\x1b[0m \x1b[31;2mZ\x1b[39;22m", "demo Z\n"},
		"erased":           {"waiting\r\x1b[Kdone\n", "done\n"},
		"written over":     {"12345\rab\n", "ab345\n"},
		"link, bell":       {"\x1b]8;;docs\arule\x1b]8;;\a", "rule\n"},
		"link, terminator": {"\x1b]8;;docs\x1b\\rule\x1b]8;;\x1b\\", "rule\n"},
		"wide, combining":  {"\u4e16e\u0301\n", "\u4e16e\u0301\n"},
	} {
		if got, err := show(test.written); err != nil || got.textOf() != test.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// What the pictures do not support is an error, and is never left out.
func TestShowRefusesTheUnknown(t *testing.T) {
	for _, written := range []string{"\x1b[2J", "\x1b[38;5;9mx", "\x1b]0;title\a", "\x1b", "\x1b[1", "\a", "\t", "\xff"} {
		if got, err := show("before" + written + "\n"); err == nil {
			t.Errorf("%q: got %q", written, got.textOf())
		}
	}
}

// A picture has each stretch of text at its column, in its colour.
func TestSVG(t *testing.T) {
	shown, err := show("ab  \x1b[31mc<d\x1b[0m  e\x1b[1mf\x1b[0m\n")
	if err != nil {
		t.Fatal(err)
	}
	got := shown.svg("a & b", 20, themes[0])
	for _, want := range []string{
		"<title>a &amp; b</title>",
		`<text x="14" y="27" textLength="16">ab</text>`,
		`<text x="46" y="27" textLength="24" fill="#cf222e">c&lt;d</text>`,
		`<text x="86" y="27" textLength="8">e</text>`,
		`<text x="94" y="27" textLength="8" font-weight="bold">f</text>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
}
