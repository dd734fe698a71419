package render

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// chosen is a row with text that others chose, in every place where such text can be.
type chosen struct {
	Comm string
	Args []string
	Any  any
	Same string
}

func (chosen) FullHeader() any { return nil }

// On a terminal, JSON has the same value as elsewhere, and no character of it has an effect
// there, in every format. To a pipe it is unchanged.
func TestJSONOnATerminal(t *testing.T) {
	row := chosen{"a\x1b[31m\u0085\u202e\u200b\U000e0041é<&>\n", []string{"\u009b2J", "\u2028", "\x7f"}, "\u2066x", `\x1b`}
	for format, part := range map[Format]func(chosen) any{
		"json":             func(c chosen) any { return c },
		"{{json .}}":       func(c chosen) any { return c },
		"{{json .Args}}":   func(c chosen) any { return c.Args },
		"{{ json .Any }}":  func(c chosen) any { return c.Any },
		"{{json .Comm}}":   func(c chosen) any { return c.Comm },
		"{{.Same | json}}": func(c chosen) any { return c.Same },
	} {
		for _, width := range []int{0, 80} {
			var out strings.Builder
			if err := writeRows(Screen{Out: &out, Width: width}, format, []chosen{row}); err != nil {
				t.Fatal(err)
			}
			want, _ := json.Marshal(part(row))
			var got, wanted any
			if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
				t.Fatalf("%s, %d columns: %q: %v", format, width, out.String(), err)
			}
			_ = json.Unmarshal(want, &wanted)
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(wanted)
			if string(a) != string(b) {
				t.Errorf("%s, %d columns: got %s, want %s", format, width, a, b)
			}
			if raw := slices.ContainsFunc([]rune(strings.TrimSuffix(out.String(), "\n")), mustEscape); raw && width > 0 {
				t.Errorf("%s: %q is written to a terminal", format, out.String())
			}
			if width == 0 && format == "json" && !strings.Contains(out.String(), "\u202e\u200b") {
				t.Errorf("piped it is changed: %q", out.String())
			}
		}
	}
}

// Other text of a template is escaped as in tables. What the user wrote is unchanged.
func TestTemplateOnATerminal(t *testing.T) {
	var out strings.Builder
	rows := []chosen{{Comm: "a\x1b\nb", Same: "x"}, {Comm: "plain"}}
	if err := writeRows(Screen{Out: &out, Width: 80}, `{{.Comm}}\t{{upper .Same}} {{json .Comm}}`, rows); err != nil {
		t.Fatal(err)
	}
	if want := "a\\x1b\\nb\tX \"a\\u001b\\nb\"\nplain\t \"plain\"\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	for _, format := range []Format{"{{.Nope}}", "{{nope .Comm}}"} {
		if err := writeRows(Screen{Out: &out, Width: 80}, format, rows); err == nil || !strings.HasPrefix(err.Error(), "--format: ") {
			t.Errorf("%s: got %v", format, err)
		}
	}
}

// Links are written to terminals that are known to show them. They take no room.
func TestLinks(t *testing.T) {
	for environment, want := range map[string]bool{
		"":                                        false,
		"TERM=xterm-256color":                     false,
		"TERM=xterm-kitty":                        true,
		"TERM=xterm-256color VTE_VERSION=7600":    true,
		"VTE_VERSION=4802":                        false,
		"VTE_VERSION=x":                           false,
		"WT_SESSION=1":                            true,
		"TERM_PROGRAM=vscode":                     true,
		"TERM_PROGRAM=Apple_Terminal":             false,
		"TERM=tmux-256color VTE_VERSION=7600":     false,
		"TERM=xterm VTE_VERSION=7600 TMUX=/tmp/x": false,
	} {
		set := map[string]string{}
		for _, pair := range strings.Fields(environment) {
			name, value, _ := strings.Cut(pair, "=")
			set[name] = value
		}
		s := NewScreen(nil, 80, func(name string) string { return set[name] })
		if s.Links != want {
			t.Errorf("%q: got %t", environment, s.Links)
		}
	}
	s := Screen{Colour: true, Links: true, Documents: "https://example.org/docs/"}
	link := s.linked("stop-ignored", "rules.md#stop-ignored")
	if want := "\x1b]8;;https://example.org/docs/rules.md#stop-ignored\x1b\\stop-ignored\x1b]8;;\x1b\\"; string(link) != want {
		t.Errorf("got %q", link)
	}
	if link.width() != len("stop-ignored") {
		t.Errorf("it takes %d columns", link.width())
	}
	for _, without := range []Screen{{Colour: true, Documents: "x"}, {Links: true, Documents: "x"}, {Colour: true, Links: true}} {
		if got := without.linked("stop-ignored", "rules.md"); got != "stop-ignored" {
			t.Errorf("got %q", got)
		}
	}
}
