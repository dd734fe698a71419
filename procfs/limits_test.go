package procfs

import (
	"errors"
	"testing"
)

func TestParseLimits(t *testing.T) {
	line := func(soft string) string {
		return "Limit  Soft Limit  Hard Limit  Units\nMax processes   " + soft + "  unlimited  processes\n"
	}
	tests := map[string]struct {
		text string
		want Opt[int]
	}{
		"the soft one":             {limitsText, Some(96365)},
		"unlimited":                {line("unlimited"), None[int](NotHeld)},
		"zero":                     {line("0"), Some(0)},
		"more than there can be":   {line("18446744073709551614"), None[int](NotHeld)},
		"no blanks at the end":     {"Max processes 7 8 processes\n", Some(7)},
		"the most that is a limit": {line("9223372036854775807"), Some(1<<63 - 1)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseLimits([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, got, Limits{MaxProcesses: test.want})
		})
	}
}

func TestParseLimitsRefuses(t *testing.T) {
	tests := map[string]struct{ text, reason string }{
		"nothing":        {"", "cut"},
		"no such line":   {"Max cpu time  unlimited  unlimited  seconds\n", "no Max processes"},
		"cut in a line":  {"Max processes   96365  96365  proc", "cut"},
		"one column":     {"Max processes 96365\n", "1 columns, want 3"},
		"a word":         {"Max processes many 5 processes\n", `"many"`},
		"negative":       {"Max processes -1 5 processes\n", `"-1"`},
		"another's name": {"Max processes: 1 5 processes\n", "no Max processes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseLimits([]byte(test.text))
			refused(t, got, err, test.reason)
		})
	}
}

func FuzzParseLimits(f *testing.F) {
	f.Add([]byte(limitsText))
	f.Add([]byte("Max processes unlimited unlimited processes\n"))
	f.Add([]byte("Max processes 18446744073709551615 0 processes\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseLimits(data)
		if err != nil && (got != Limits{} || !errors.Is(err, ErrMalformed)) {
			t.Fatalf("got %v, error %v", got, err)
		}
		if n, ok := got.MaxProcesses.Get(); err == nil && ok && n < 0 {
			t.Fatalf("%q: got %d", data, n)
		}
	})
}
