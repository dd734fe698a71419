package measure

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLabel(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "",
		"web-1":                                "web-1",
		"a\"\\\nb":                             "a\"\\\nb",
		"bad\xff\xfebyte":                      "bad\uFFFDbyte",
		strings.Repeat("x", mostLabel):         strings.Repeat("x", mostLabel),
		strings.Repeat("x", mostLabel+1):       strings.Repeat("x", mostLabel-3) + "…",
		"x" + strings.Repeat("ä", mostLabel/2): "x" + strings.Repeat("ä", mostLabel/2-2) + "…",
	} {
		got := label(text)
		if got != want {
			t.Errorf("label(%q) is %q, want %q", text, got, want)
		}
		if len(got) > mostLabel || !utf8.ValidString(got) {
			t.Errorf("%q has %d bytes", got, len(got))
		}
	}
}
