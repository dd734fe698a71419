package procfs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParseIDMap(t *testing.T) {
	tests := map[string]struct {
		data string
		want []IDMapping
	}{
		"no map yet": {"", nil},
		"the host":   {"         0          0 4294967295\n", []IDMapping{{Length: 4294967295}}},
		"rootless":   {rootlessMap, rootlessMappings},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseIDMap([]byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, got, test.want)
		})
	}
}

func TestParseIDMapRefuses(t *testing.T) {
	tests := map[string]struct{ data, reason string }{
		"two fields":     {"0 1000\n", "2 fields, want 3"},
		"four fields":    {"0 1000 1 1\n", "4 fields, want 3"},
		"empty line":     {rootlessMap + "\n", "0 fields, want 3"},
		"a word":         {"0 root 1\n", `"root"`},
		"negative":       {"0 -1 1\n", `"-1"`},
		"over 32 bits":   {"0 4294967296 1\n", "4294967296 is not a user ID"},
		"over 64 bits":   {"0 " + strings.Repeat("9", 30) + " 1\n", "is not a user ID"},
		"no newline":     {"0 0 429496729", "cut"},
		"second line":    {rootlessMap + "0 x 1\n", `"x"`},
		"one blank only": {" ", "cut"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseIDMap([]byte(test.data))
			refused(t, got, err, test.reason)
		})
	}
}

func TestParseIDMapRefusesEveryCutInALine(t *testing.T) {
	for n := range len(rootlessMap) {
		got, err := ParseIDMap([]byte(rootlessMap[:n]))
		lines := strings.Count(rootlessMap[:n], "\n")
		if n == 0 || strings.HasSuffix(rootlessMap[:n], "\n") {
			if err != nil || !slices.Equal(got, rootlessMappings[:lines]) {
				t.Errorf("cut to %q: got %v, error %v", rootlessMap[:n], got, err)
			}
			continue
		}
		refused(t, got, err, "cut")
	}
}

func TestInsideID(t *testing.T) {
	tests := []struct {
		outside, inside int
		ok              bool
	}{
		{outside: 1000, inside: 0, ok: true},
		{outside: 100000, inside: 1, ok: true},
		{outside: 165535, inside: 65536, ok: true},
		{outside: 999},
		{outside: 1001},
		{outside: 99999},
		{outside: 165536},
		{outside: 0},
		{outside: -1},
		{outside: 1<<32 - 1},
	}
	for _, test := range tests {
		inside, ok := InsideID(rootlessMappings, test.outside)
		if inside != test.inside || ok != test.ok {
			t.Errorf("user %d: got %d, %t, want %d, %t", test.outside, inside, ok, test.inside, test.ok)
		}
	}
}

func TestInsideIDAtTheEndOfTheNumbers(t *testing.T) {
	all := []IDMapping{{Length: 1<<32 - 1}}
	if id, ok := InsideID(all, 1<<32-2); id != 1<<32-2 || !ok {
		t.Errorf("highest user: got %d, %t", id, ok)
	}
	if id, ok := InsideID(all, 1<<32-1); ok {
		t.Errorf("user -1 is nobody's, got %d", id)
	}
	if id, ok := InsideID(nil, 0); ok {
		t.Errorf("without a map: got %d", id)
	}
}

func FuzzParseIDMap(f *testing.F) {
	for _, seed := range []string{"", rootlessMap, "0 0 4294967295\n", "0 1000\n", "0 4294967296 1\n", "0 x 1\n", "1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseIDMap(data)
		if err != nil && (list != nil || !errors.Is(err, ErrMalformed)) {
			t.Fatalf("got %v, error %v", list, err)
		}
		var text strings.Builder
		for _, m := range list {
			fmt.Fprintf(&text, "%10d %10d %10d\n", m.Inside, m.Outside, m.Length)
			if id, ok := InsideID([]IDMapping{m}, int(m.Outside)); m.Length > 0 && (!ok || id != int(m.Inside)) {
				t.Fatalf("%+v maps its first user to %d, %t", m, id, ok)
			}
		}
		if again, err := ParseIDMap([]byte(text.String())); err != nil || !slices.Equal(again, list) {
			t.Fatalf("%v is read back as %v, error %v", list, again, err)
		}
	})
}
