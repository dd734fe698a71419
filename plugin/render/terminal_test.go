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
