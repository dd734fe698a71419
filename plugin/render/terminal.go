package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode/utf16"

	"github.com/docker/cli/templates"
)

// showsLinks reports whether the terminal is one that is known to show hyperlinks (OSC 8), by what it
// sets in the environment. Others may print them as text. In tmux and screen it depends on the
// terminal outside.
func showsLinks(getenv func(string) string) bool {
	term := getenv("TERM")
	if strings.HasPrefix(term, "screen") || strings.HasPrefix(term, "tmux") || getenv("TMUX") != "" {
		return false
	}
	if vte, err := strconv.Atoi(getenv("VTE_VERSION")); err == nil {
		return vte >= 5002 // 0.50.2, the first whose links work
	}
	for _, name := range []string{"WT_SESSION", "KONSOLE_VERSION", "KITTY_WINDOW_ID"} {
		if getenv(name) != "" {
			return true
		}
	}
	return slices.Contains([]string{"xterm-kitty", "xterm-ghostty", "foot", "alacritty", "wezterm"}, term) ||
		slices.Contains([]string{"iTerm.app", "WezTerm", "vscode", "ghostty"}, getenv("TERM_PROGRAM"))
}

// linked is text that leads to a document of this project, on a terminal that shows links.
func (s Screen) linked(text, document string) Safe {
	if !s.Links || !s.Colour || s.Documents == "" {
		return Escape(text)
	}
	return "\x1b]8;;" + Escape(s.Documents+document) + "\x1b\\" + Escape(text) + "\x1b]8;;\x1b\\"
}

// jsonTerminal is a terminal to which JSON is written. Characters that Escape would make visible
// in text become escapes of JSON, so that the value stays the same.
type jsonTerminal struct{ to io.Writer }

// Write needs whole characters.
func (t jsonTerminal) Write(text []byte) (int, error) {
	if _, err := io.WriteString(t.to, escapeJSON(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// escapeJSON escapes characters as JSON does. In JSON they are only in strings, except the
// newline between values.
func escapeJSON(text string) string {
	if isPlain(strings.ReplaceAll(text, "\n", "")) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || !mustEscape(r):
			b.WriteRune(r)
		case r >= 0x10000:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// templateOnTerminal writes rows with a template to a terminal. Text that others chose is
// escaped. What the template function json makes of a row or a part of it is still JSON with the
// same value.
func templateOnTerminal[T any](out io.Writer, format Format, rows iter.Seq[T]) error {
	text := strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(strings.Trim(string(format), " "))
	parsed, err := templates.Parse(text)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for row := range rows {
		escaped := row
		escapeText(reflect.ValueOf(&escaped).Elem())
		whole := originals{}
		whole.add(reflect.ValueOf(row), reflect.ValueOf(escaped))
		functions := template.FuncMap{"json": func(v any) (string, error) {
			if _, is := v.(T); is {
				return jsonOf(row)
			}
			return jsonOf(whole.restored(v))
		}}
		if err := parsed.Funcs(functions).Execute(&b, escaped); err != nil {
			return err
		}
		b.WriteByte('\n')
		if b.Len() > 1<<16 {
			if _, err := b.WriteTo(out); err != nil {
				return err
			}
		}
	}
	_, err = b.WriteTo(out)
	return err
}

// jsonOf is the value as docker's own templates write it, with the escapes that a terminal
// needs.
func jsonOf(v any) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return escapeJSON(strings.TrimSpace(b.String())), err
}

// originals are the texts of a row that were escaped, by their escaped form. If the row also has
// that form as a text, it is not known which one is meant, and it stays escaped.
type originals map[string]string

func (o originals) add(whole, escaped reflect.Value) {
	switch whole.Kind() {
	case reflect.Struct:
		for i := range whole.NumField() {
			o.add(whole.Field(i), escaped.Field(i))
		}
	case reflect.Slice:
		for i := range whole.Len() {
			o.add(whole.Index(i), escaped.Index(i))
		}
	case reflect.Interface:
		if !whole.IsNil() {
			o.add(whole.Elem(), escaped.Elem())
		}
	case reflect.String:
		if known, there := o[escaped.String()]; there && known != whole.String() {
			o[escaped.String()] = escaped.String()
		} else {
			o[escaped.String()] = whole.String()
		}
	}
}

// restored is a value of the row before it was escaped.
func (o originals) restored(v any) any {
	if v == nil {
		return nil
	}
	value := reflect.New(reflect.TypeOf(v)).Elem()
	value.Set(reflect.ValueOf(v))
	changeText(value, func(text string) string {
		if whole, there := o[text]; there {
			return whole
		}
		return text
	})
	return value.Interface()
}
