package render_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A view is one way in which a command is asked.
type view struct {
	name    string
	screen  render.Screen
	options render.ListOptions
}

// wide is the default view on a screen of this width. 0 is a pipe.
func wide(width int) view {
	name := fmt.Sprintf("%d columns", width)
	if width == 0 {
		name = "piped"
	}
	return view{name: name, screen: render.Screen{Width: width}}
}

func formatted(format string) view {
	return view{name: format, options: render.ListOptions{Format: render.Format(format)}}
}

// on is the view on a screen of this width.
func (v view) on(width int) view {
	v.name, v.screen.Width = fmt.Sprintf("%s, %d columns", v.name, width), width
	return v
}

// from is the view of a saved snapshot.
func (v view) from(file string) view {
	v.name, v.screen.From = v.name+", from a file", file
	return v
}

func (v view) whole() view {
	v.name, v.options.NoTrunc = v.name+", nothing cut", true
	return v
}

func (v view) ascii() view {
	v.name, v.screen.ASCII = v.name+", ASCII", true
	return v
}

func (v view) coloured() view {
	v.name, v.screen.Colour = v.name+", in colours", true
	return v
}

var quiet = view{name: "quiet", options: render.ListOptions{Quiet: true}}

// few are the views that show whether the words about a host are right: in full, on a narrow
// screen, and for programs.
func few() []view { return []view{wide(0), wide(80), formatted("json")} }

// every has all views, with keys for the templates.
func every(keys ...string) []view {
	template := "{{." + strings.Join(keys, "}}|{{.") + "}}"
	return []view{
		wide(0), wide(40), wide(80), wide(120), wide(200),
		wide(80).whole(), wide(80).ascii(), wide(80).coloured(), wide(80).from("old.json"),
		formatted("table"), formatted("table").on(80), formatted("table").on(80).whole(), formatted("table").from("old.json"),
		formatted("json"), formatted("json").on(40), formatted("json").from("old.json"),
		formatted(template), formatted(template).on(80),
		formatted("table " + strings.ReplaceAll(template, "|", "\t")), formatted("table " + strings.ReplaceAll(template, "|", "\t")).on(40),
		formatted("{{json .Absent}}"), formatted("{{.Nope}}"), formatted("table {{.Nope}}"),
		quiet, quiet.from("old.json"),
	}
}

// An answer is a command's output about one host.
type answer func(s render.Screen, o render.ListOptions) error

// A sheet is a golden file that is being written: a command's output about several hosts, each
// below its name. Equal ones are written once.
type sheet struct {
	t    *testing.T
	text bytes.Buffer
	// narrowest is the smallest width at which no line may be wider than the screen. Below it
	// lines may be wider, and also if a name is longer than a screen: notes in a tree, commands
	// to type, and a table that cannot be made to fit are not cut.
	narrowest int
	// listed are keys that may have a value although Absent names them: incomplete lists.
	listed []string
}

// show writes the command's output about a host in each of the views.
func (p *sheet) show(host string, views []view, ask answer) {
	p.t.Helper()
	seen := map[string]string{}
	for _, v := range views {
		got := p.ask(v, ask)
		p.check(host+", "+v.name, v, got)
		visible := strings.ReplaceAll(got, "\x1b", "<ESC>")
		if got != strings.ToValidUTF8(got, "") || strings.ContainsFunc(visible, isHostile) {
			visible = fmt.Sprintf("%q\n", got) // a golden file is text
		}
		fmt.Fprintf(&p.text, "#### %s: %s\n", host, v.name)
		if first, ok := seen[got]; ok && got != "" {
			fmt.Fprintf(&p.text, "(as %s)\n", first)
			continue
		}
		p.text.WriteString(visible)
		seen[got] = v.name
	}
}

// ask is the command's output, and below it its error.
func (p *sheet) ask(v view, ask answer) string {
	p.t.Helper()
	var out bytes.Buffer
	v.screen.Out, v.options.Host = &out, "box"
	if err := ask(v.screen, v.options); err != nil {
		fmt.Fprintf(&out, "error: %v\n", err)
	}
	return out.String()
}

// isHostile reports whether the text moves the cursor, or hides or reverses what follows.
func isHostile(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp))
}

// check checks what must hold for every output.
func (p *sheet) check(where string, v view, got string) {
	p.t.Helper()
	format := string(v.options.Format)
	switch {
	case format == "json":
		p.checkJSON(where, got)
		return
	case !v.options.Format.IsDefault() && !strings.HasPrefix(format, "table") && v.screen.Width == 0:
		return // the unchanged text, for programs
	}
	plain := got
	if v.screen.Colour {
		plain = text.StripEscape(got)
	}
	if !utf8.ValidString(plain) || strings.ContainsFunc(plain, isHostile) {
		p.t.Errorf("%s: what a process chose reached the output as it was:\n%q", where, got)
	}
	if got != "" && !strings.HasSuffix(got, "\n") {
		p.t.Errorf("%s: the last line does not end", where)
	}
	if v.screen.ASCII && strings.ContainsAny(got, "─│├└…✗✓·") {
		p.t.Errorf("%s: what is no ASCII was drawn:\n%s", where, got)
	}
	if !v.options.Format.IsDefault() || v.options.NoTrunc || v.screen.Width < max(p.narrowest, 1) {
		return
	}
	for line := range strings.Lines(plain) {
		if columns := text.StringWidth(strings.TrimSuffix(line, "\n")); columns > v.screen.Width {
			p.t.Errorf("%s: %d columns: %s", where, columns, line)
		}
	}
}

// checkJSON checks that every line is an object, that all have the same keys, and that a missing
// value is null with its reason.
func (p *sheet) checkJSON(where, got string) {
	p.t.Helper()
	var keys []string
	for line := range strings.Lines(got) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			p.t.Errorf("%s: %v: %s", where, err, line)
			continue
		}
		if names := slices.Sorted(maps.Keys(row)); keys == nil {
			keys = names
		} else if !slices.Equal(keys, names) {
			p.t.Errorf("%s: keys %v beside %v", where, names, keys)
		}
		absent, ok := row["Absent"].(map[string]any)
		if !ok {
			p.t.Errorf("%s: Absent is no object: %s", where, line)
		}
		for key, value := range row {
			if why, said := absent[key]; (value == nil) != said && !(said && slices.Contains(p.listed, key)) {
				p.t.Errorf("%s: %s is %v, Absent says %v", where, key, value, why)
			}
		}
		for key, why := range absent {
			if _, ok := row[key]; !ok || !slices.Contains(absences, procfs.Absence(fmt.Sprint(why))) {
				p.t.Errorf("%s: Absent says %v of %s", where, why, key)
			}
		}
	}
}

var absences = []procfs.Absence{procfs.Unread, procfs.Denied, procfs.Gone, procfs.NotHeld, procfs.Unsupported, procfs.Malformed}

// golden compares the sheet with testdata/NAME.golden.
func (p *sheet) golden(name string) {
	p.t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, p.text.Bytes(), 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	section := ""
	was, is := strings.Split(string(want), "\n"), strings.Split(p.text.String(), "\n")
	for i := range max(len(was), len(is)) {
		var old, line string
		if i < len(was) {
			old = was[i]
		}
		if i < len(is) {
			line = is[i]
		}
		if strings.HasPrefix(line, "#### ") {
			section = line
		}
		if old != line {
			p.t.Fatalf("%s:%d differs, in %s\n got %s\nwant %s", path, i+1, section, line, old)
		}
	}
}

// Colours only repeat what words say: without them the output is the same.
func (p *sheet) coloursRepeat(host string, ask answer) {
	p.t.Helper()
	plain, coloured := p.ask(wide(100), ask), p.ask(wide(100).coloured(), ask)
	if plain == coloured {
		p.t.Errorf("%s: there is no colour", host)
	}
	if got := text.StripEscape(coloured); got != plain {
		p.t.Errorf("%s: without its colours it is\n%s\nwant\n%s", host, got, plain)
	}
}
