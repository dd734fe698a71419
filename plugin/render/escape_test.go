package render

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"sleep 900":                  "sleep 900",
		"größe 東京":                   "größe 東京",
		"a\x1b[31mb":                 `a\x1b[31mb`,
		"a\nb\tc\rd":                 `a\nb\tc\x0dd`,
		"\x00\x7f\u0085\u009b":       `\x00\x7f\x85\x9b`,
		"evil\u202etxt.exe":          `evil\u202etxt.exe`,
		"zero\u200bwidth\u2066x":     `zero\u200bwidth\u2066x`,
		"line\u2028para\u2029":       `line\u2028para\u2029`,
		"cut\xff\xfe":                `cut\xff\xfe`,
		"tag\U000e0041":              `tag\U000e0041`,
		"private\ue000":              `private\ue000`,
		"\xed\xa0\x80":               `\xed\xa0\x80`,
		"replacement \ufffd is data": `replacement \ufffd is data`,
	} {
		if got := Escape(text); string(got) != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("sleep 900")
	f.Add("a\x1b]0;x\a\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := Escape(text)
		if !utf8.ValidString(string(got)) || strings.ContainsFunc(string(got), func(r rune) bool {
			return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
		}) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
