package main

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// theme is a terminal's colours.
type theme struct {
	name                     string
	ground, frame, fg, muted string
	// palette has the colours 30 to 37 of SGR; the bright ones look the same.
	palette [8]string
}

var themes = []theme{
	{"light", "#ffffff", "#d1d9e0", "#1f2328", "#59636e", [8]string{"#1f2328", "#cf222e", "#1a7f37", "#9a6700", "#0969da", "#8250df", "#1b7c83", "#59636e"}},
	{"dark", "#0d1117", "#3d444d", "#e6edf3", "#9198a1", [8]string{"#9198a1", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#e6edf3"}},
}

// The measures of a picture, in pixels.
const (
	cellWidth  = 8
	lineHeight = 17
	baseline   = 13 // from the top of a line
	fontSize   = 13
	margin     = 14
)

// svg draws a screen of so many columns.
func (s *screen) svg(title string, columns int, t theme) string {
	width, height := columns*cellWidth+2*margin, len(s.lines)*lineHeight+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", escapeXML(title))
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%d" height="%d" rx="6" fill="%s" stroke="%s"/>`+"\n", width-1, height-1, t.ground, t.frame)
	fmt.Fprintf(&b, `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace" font-size="%d" fill="%s" xml:space="preserve">`+"\n", fontSize, t.fg)
	for i, line := range s.lines {
		for _, span := range spansOf(line) {
			b.WriteString(span.svg(i, t))
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// span is text of one style without blanks at its ends.
type span struct {
	column, width int
	text          string
	style         style
}

// spansOf cuts a line where its style changes, and where blanks stand in a row: so columns
// stay where they are whatever the font.
func spansOf(line []cellText) []span {
	var spans []span
	var now span
	end := func() {
		trimmed := strings.TrimRight(now.text, " ")
		now.width -= len(now.text) - len(trimmed)
		if now.text = trimmed; now.text != "" {
			spans = append(spans, now)
		}
		now = span{}
	}
	for i, cell := range line {
		if now.text != "" && (cell.style != now.style || strings.HasSuffix(now.text, "  ")) {
			end()
		}
		if now.text == "" {
			if cell.text == " " {
				continue
			}
			now = span{column: i, style: cell.style}
		}
		now.text += cell.text
		now.width++
	}
	end()
	return spans
}

func (r span) svg(line int, t theme) string {
	looks := ""
	switch {
	case r.style.colour != 0:
		looks = fmt.Sprintf(` fill="%s"`, t.palette[r.style.colour%10])
	case r.style.faint:
		looks = fmt.Sprintf(` fill="%s"`, t.muted)
	}
	if r.style.bold {
		looks += ` font-weight="bold"`
	}
	return fmt.Sprintf(`<text x="%d" y="%d" textLength="%d"%s>%s</text>`+"\n",
		margin+r.column*cellWidth, margin+line*lineHeight+baseline, r.width*cellWidth, looks, escapeXML(r.text))
}

func escapeXML(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}
