package render

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Screen is where text goes and what it can show.
type Screen struct {
	Out io.Writer
	// Width is the number of columns of a terminal. It is 0 for other outputs, where nothing is
	// cut.
	Width int
	// Colour is true if colours are used. They only repeat what a word says.
	Colour bool
	// Links is true if the terminal is known to show hyperlinks. Documents is the address of this
	// project's documents, with a slash at the end.
	Links     bool
	Documents string
	// From is the snapshot that is shown, "" for the host itself. The next command to type must
	// name it too.
	From string
	// Hosts are the hosts that are shown, nil for one.
	Hosts *Hosts
	// host is the host that commands are about, and alone: they are about one of several hosts.
	host  Host
	alone bool
	// Inside, if it points to true: what is shown is the container that this program is in,
	// where a process has one number. It is known once that was read.
	Inside *bool
	// More is what follows each command of this program, so that it reads in the same way:
	// " --via helper", " --engine none", or "".
	More string
	// Program is how this program is started inside of a container, where docker is not.
	Program string
	// ASCII: it does not show box-drawing characters.
	ASCII bool
}

// NewScreen describes an output. width is the width of the terminal, 0 if it is not a terminal.
// NO_COLOR and the locale are obeyed.
func NewScreen(out io.Writer, width int, getenv func(string) string) Screen {
	return Screen{
		Out:    out,
		Width:  width,
		Colour: width > 0 && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb",
		ASCII:  !isUTF8(getenv),
		Links:  width > 0 && showsLinks(getenv),
	}
}

// isUTF8 uses the first locale variable that is set, as setlocale(3) does.
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

func (s Screen) paint(colours text.Colors, t Safe) Safe {
	if !s.Colour || t == "" || len(colours) == 0 {
		return t
	}
	// go-pretty would check whether there is a terminal, but Screen already knows.
	return Safe(colours.EscapeSeq()) + t + text.EscapeReset
}

var (
	bold   = text.Colors{text.Bold}
	dim    = text.Colors{text.Faint}
	red    = text.Colors{text.FgRed}
	yellow = text.Colors{text.FgYellow}
	green  = text.Colors{text.FgGreen}
)

// ellipsis marks what was cut.
func (s Screen) ellipsis() Safe {
	if s.ASCII {
		return "~"
	}
	return "…"
}

// cut shortens text to width columns. It does not cut if width is 0 or less.
func (s Screen) cut(t Safe, width int) Safe {
	if width <= 0 || t.width() <= width {
		return t
	}
	// text.Trim counts characters, but some are two columns wide.
	end := s.ellipsis()
	for length := width - end.width(); length > 0; length-- {
		if begin := Safe(text.Trim(string(t), length)); (begin + end).width() <= width {
			return begin + end
		}
	}
	return end
}

// cutFront shortens text to width columns at its beginning. It does not cut if width is 0 or
// less, nor text that has colours.
func (s Screen) cutFront(t Safe, width int) Safe {
	if width <= 0 || t.width() <= width {
		return t
	}
	begin, characters := s.ellipsis(), []rune(string(t))
	for i := range characters {
		if end := Safe(characters[i:]); (begin + end).width() <= width {
			return begin + end
		}
	}
	return begin
}

// print formats as Say does.
func (s Screen) print(format Safe, args ...any) {
	_, _ = io.WriteString(s.Out, string(Say(format, args...)))
}

// Line writes one line.
func (s Screen) Line(line Safe) { _ = s.writeLine(line) }

func (s Screen) writeLine(line Safe) error {
	_, err := fmt.Fprintln(s.Out, line)
	return err
}

// advice writes a command with its effect after it, or below it if the screen is too narrow. A
// command is never broken into lines.
func (s Screen) advice(lead Safe, indent int, command, effect Safe) {
	line := command
	if effect != "" {
		line += "   " + effect
	}
	if effect != "" && s.Width > 0 && indent+line.width() > s.Width {
		s.Line(lead + command)
		s.writeWrapped(blanks(indent), indent, effect)
		return
	}
	s.Line(lead + line)
}

// writeWrapped writes lead and the sentence after it, wrapped to the screen. Further lines are
// indented like the first.
func (s Screen) writeWrapped(lead Safe, indent int, sentence Safe) {
	wrapped := string(sentence)
	if s.Width > indent+minimalCommand {
		wrapped = text.WrapSoft(wrapped, s.Width-indent)
	}
	for i, line := range strings.Split(wrapped, "\n") {
		if i > 0 {
			lead = blanks(indent)
		}
		s.Line(Safe(strings.TrimRight(string(lead)+line, " ")))
	}
}

// nextHere is what to type next about what is shown: what changes the host, or
// looks at it again, is not proposed for a saved one. Of several hosts it is about the one
// that the screen is on, or about all.
func (s Screen) nextHere(next string) string {
	ours := strings.HasPrefix(next, "docker pidns")
	switch {
	case next == "":
		return ""
	case s.isSaved() && (!ours || strings.Contains(next, "--watch-for")):
		return ""
	default:
		return s.about(next)
	}
}

// about is the command about what is shown: the snapshot, the host that the screen is on, or
// all hosts.
func (s Screen) about(command string) string {
	rest, ours := strings.CutPrefix(command, "docker pidns")
	if !ours {
		return s.aboutHost(command)
	}
	if s.Inside != nil && *s.Inside && s.Program != "" && s.From == "" {
		return s.Program + rest + s.More
	}
	return s.aboutHost(command) + s.More
}

func (s Screen) aboutHost(command string) string {
	switch {
	case s.Hosts != nil && !s.alone && strings.HasPrefix(command, "docker pidns"):
		return command + " " + s.Hosts.Option
	case s.From != "":
		return command + string(AboutFile(s.From))
	default:
		return s.host.Command(command)
	}
}

// Strong is the text in bold.
func (s Screen) Strong(t Safe) Safe { return s.paint(bold, t) }

// Warn is the text in yellow.
func (s Screen) Warn(t Safe) Safe { return s.paint(yellow, t) }

// Faint is the text, dim.
func (s Screen) Faint(t Safe) Safe { return s.paint(dim, t) }

// Written are the lines that a function writes to a screen of this width.
func (s Screen) Written(width int, write func(Screen)) []Safe {
	var out bytes.Buffer
	s.Out, s.Width = &out, width
	write(s)
	text := strings.TrimSuffix(out.String(), "\n")
	if text == "" {
		return nil
	}
	var lines []Safe
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, Safe(line))
	}
	return lines
}
