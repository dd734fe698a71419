package procfs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestParseIDMap(t *testing.T) {
	tests := map[string]struct {
		data string
		want []procfs.IDMapping
	}{
		"no map yet": {"", nil},
		"the host":   {"         0          0 4294967295\n", []procfs.IDMapping{{Length: 4294967295}}},
		"rootless":   {procfstest.RootlessMap, procfstest.RootlessMappings},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseIDMap([]byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			procfstest.Equal(t, got, test.want)
		})
	}
}

func TestParseIDMapRefuses(t *testing.T) {
	tests := map[string]struct{ data, reason string }{
		"two fields":     {"0 1000\n", "2 fields, want 3"},
		"four fields":    {"0 1000 1 1\n", "4 fields, want 3"},
		"empty line":     {procfstest.RootlessMap + "\n", "0 fields, want 3"},
		"a word":         {"0 root 1\n", `"root"`},
		"negative":       {"0 -1 1\n", `"-1"`},
		"over 32 bits":   {"0 4294967296 1\n", "4294967296 is not a user ID"},
		"over 64 bits":   {"0 " + strings.Repeat("9", 30) + " 1\n", "is not a user ID"},
		"no newline":     {"0 0 429496729", "cut"},
		"second line":    {procfstest.RootlessMap + "0 x 1\n", `"x"`},
		"one blank only": {" ", "cut"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseIDMap([]byte(test.data))
			procfstest.Refused(t, got, err, test.reason)
		})
	}
}

func TestParseIDMapRefusesEveryCutInALine(t *testing.T) {
	for n := range len(procfstest.RootlessMap) {
		got, err := procfs.ParseIDMap([]byte(procfstest.RootlessMap[:n]))
		lines := strings.Count(procfstest.RootlessMap[:n], "\n")
		if n == 0 || strings.HasSuffix(procfstest.RootlessMap[:n], "\n") {
			if err != nil || !slices.Equal(got, procfstest.RootlessMappings[:lines]) {
				t.Errorf("cut to %q: got %v, error %v", procfstest.RootlessMap[:n], got, err)
			}
			continue
		}
		procfstest.Refused(t, got, err, "cut")
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
		inside, ok := procfs.InsideID(procfstest.RootlessMappings, test.outside)
		if inside != test.inside || ok != test.ok {
			t.Errorf("user %d: got %d, %t, want %d, %t", test.outside, inside, ok, test.inside, test.ok)
		}
	}
}

func TestInsideIDAtTheEndOfTheNumbers(t *testing.T) {
	all := []procfs.IDMapping{{Length: 1<<32 - 1}}
	if id, ok := procfs.InsideID(all, 1<<32-2); id != 1<<32-2 || !ok {
		t.Errorf("highest user: got %d, %t", id, ok)
	}
	if id, ok := procfs.InsideID(all, 1<<32-1); ok {
		t.Errorf("user -1 is nobody's, got %d", id)
	}
	if id, ok := procfs.InsideID(nil, 0); ok {
		t.Errorf("without a map: got %d", id)
	}
}

func FuzzParseIDMap(f *testing.F) {
	for _, seed := range []string{"", procfstest.RootlessMap, "0 0 4294967295\n", "0 1000\n", "0 4294967296 1\n", "0 x 1\n", "1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := procfs.ParseIDMap(data)
		if err != nil && (list != nil || !errors.Is(err, procfs.ErrMalformed)) {
			t.Fatalf("got %v, error %v", list, err)
		}
		var text strings.Builder
		for _, m := range list {
			fmt.Fprintf(&text, "%10d %10d %10d\n", m.Inside, m.Outside, m.Length)
			if id, ok := procfs.InsideID([]procfs.IDMapping{m}, int(m.Outside)); m.Length > 0 && (!ok || id != int(m.Inside)) {
				t.Fatalf("%+v maps its first user to %d, %t", m, id, ok)
			}
		}
		if again, err := procfs.ParseIDMap([]byte(text.String())); err != nil || !slices.Equal(again, list) {
			t.Fatalf("%v is read back as %v, error %v", list, again, err)
		}
	})
}
