package render

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Screen is where text goes and what it can show.
type Screen struct {
	Out io.Writer
	// Width is the number of columns of a terminal; 0 elsewhere, where nothing
	// is cut.
	Width int
	// Colour: it shows colours. They only repeat what a word says.
	Colour bool
	// From is the snapshot that is shown, which the next command to type must
	// name too; "" for the living host.
	From string
	// ASCII: it does not show box-drawing characters.
	ASCII bool
}

// NewScreen describes an output: width is that of the terminal, 0 if it is
// none. NO_COLOR and the locale are obeyed.
func NewScreen(out io.Writer, width int, getenv func(string) string) Screen {
	return Screen{
		Out:    out,
		Width:  width,
		Colour: width > 0 && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb",
		ASCII:  !isUTF8(getenv),
	}
}

// isUTF8 judges by the first locale variable that is set, as setlocale(3)
// does.
func isUTF8(getenv func(string) string) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

func (s Screen) paint(colours text.Colors, t string) string {
	if !s.Colour || t == "" || len(colours) == 0 {
		return t
	}
	// go-pretty judges by itself whether there is a terminal; Screen knows.
	return colours.EscapeSeq() + t + text.EscapeReset
}

var (
	bold   = text.Colors{text.Bold}
	dim    = text.Colors{text.Faint}
	red    = text.Colors{text.FgRed}
	yellow = text.Colors{text.FgYellow}
)

// ellipsis marks what was cut.
func (s Screen) ellipsis() string {
	if s.ASCII {
		return "~"
	}
	return "…"
}

// cut shortens text to width columns; 0 or less cuts nothing.
func (s Screen) cut(t string, width int) string {
	if width <= 0 || text.StringWidthWithoutEscSequences(t) <= width {
		return t
	}
	return text.Snip(t, width, s.ellipsis())
}

// adviceLine is a sentence with the next command behind it, or below it where
// the screen is too narrow.
func (s Screen) adviceLine(sentence, next string) {
	if s.From != "" {
		next += " --from " + Escape(s.From)
	}
	separator := "    "
	if s.Width > 0 && text.StringWidth(sentence+separator+next) > s.Width {
		separator = "\n" + strings.Repeat(" ", gap)
	}
	_, _ = fmt.Fprintln(s.Out, sentence+separator+next)
}
