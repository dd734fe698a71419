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

func TestParseChildren(t *testing.T) {
	tests := map[string]struct {
		data string
		want []int
	}{
		"none":  {"", nil},
		"one":   {"290 ", []int{290}},
		"some":  {"28 290 4194303 ", []int{28, 290, 4194303}},
		"order": {"300 2 ", []int{300, 2}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseChildren([]byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			procfstest.Equal(t, got, test.want)
		})
	}
}

func TestParseChildrenRefuses(t *testing.T) {
	tests := map[string]struct{ data, reason string }{
		"a word":          {"28 self 30 ", `"self"`},
		"PID 0":           {"28 0 30 ", "0 is not a PID"},
		"a negative PID":  {"-28 ", "-28 is not a PID"},
		"out of range":    {strings.Repeat("9", 30) + " ", "out of range"},
		"NUL bytes":       {"28 \x00\x00 ", `"\x00\x00"`},
		"cut in a number": {"28 2", "cut"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseChildren([]byte(test.data))
			procfstest.Refused(t, got, err, test.reason)
		})
	}
}

// The kernel writes a blank after each PID. Without it the number may be the beginning of a
// longer one, which is another process.
func TestParseChildrenNeverInventsAPID(t *testing.T) {
	const whole = "28 290 4194303 "
	children, err := procfs.ParseChildren([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		got, err := procfs.ParseChildren([]byte(whole[:n]))
		if err != nil && got != nil {
			t.Errorf("cut to %q: got %v beside an error", whole[:n], got)
		}
		for _, pid := range got {
			if !slices.Contains(children, pid) {
				t.Errorf("cut to %q: got %v", whole[:n], got)
			}
		}
	}
}

func FuzzParseChildren(f *testing.F) {
	for _, seed := range []string{"", "290 ", "28 290 4194303 ", "28 self ", "0 ", "-1 ", "28 2"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		pids, err := procfs.ParseChildren(data)
		if err != nil && (pids != nil || !errors.Is(err, procfs.ErrMalformed)) {
			t.Fatalf("got %v, error %v", pids, err)
		}
		var text strings.Builder
		for _, pid := range pids {
			if pid <= 0 {
				t.Fatalf("%d is not a PID", pid)
			}
			fmt.Fprintf(&text, "%d ", pid)
		}
		if again, err := procfs.ParseChildren([]byte(text.String())); err != nil || !slices.Equal(again, pids) {
			t.Fatalf("%v is read back as %v, error %v", pids, again, err)
		}
	})
}
