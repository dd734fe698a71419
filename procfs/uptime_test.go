package procfs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestParseUptime(t *testing.T) {
	tests := map[string]time.Duration{
		"0.00 0.00\n":             0,
		"0.01 0.00\n":             10 * time.Millisecond,
		"3037.20 5142.21\n":       3037*time.Second + 200*time.Millisecond,
		"350735.47 234388.90\n":   350735*time.Second + 470*time.Millisecond,
		"315360000.29 0.00\n":     10*365*24*time.Hour + 290*time.Millisecond,
		"4611686018.42 1.00\n":    4611686018*time.Second + 420*time.Millisecond,
		"3037.20 5142.21":         3037*time.Second + 200*time.Millisecond,
		"  3037.20\t5142.21  \n ": 3037*time.Second + 200*time.Millisecond,
	}
	for text, want := range tests {
		if got, err := procfs.ParseUptime([]byte(text)); err != nil || got != want {
			t.Errorf("%q: got %v, error %v, want %v", text, got, err, want)
		}
	}
}

func TestParseUptimeRefuses(t *testing.T) {
	tests := map[string]struct{ text, reason string }{
		"nothing":           {"", "0 fields, want 2"},
		"one field":         {"3037.20\n", "1 fields, want 2"},
		"three fields":      {"1.00 2.00 3.00\n", "3 fields, want 2"},
		"a word":            {"up 1.00\n", `"up"`},
		"negative":          {"-1.00 1.00\n", `"-1.00"`},
		"not a number":      {"NaN 1.00\n", `"NaN"`},
		"infinite":          {"Inf 1.00\n", `"Inf"`},
		"far out of range":  {"1e400 1.00\n", `"1e400"`},
		"longer than 292 a": {"9999999999.00 1.00\n", `"9999999999.00"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseUptime([]byte(test.text))
			procfstest.Refused(t, got, err, test.reason)
		})
	}
}

func TestParseUptimeOfEveryCut(t *testing.T) {
	const text = "3037.20 5142.21\n"
	for n := range len(text) {
		got, err := procfs.ParseUptime([]byte(text[:n]))
		if whole := strings.Contains(text[:n], " 5"); whole != (err == nil) || !whole && got != 0 {
			t.Errorf("cut to %q: got %v, error %v", text[:n], got, err)
		}
	}
}

func TestTicksToDuration(t *testing.T) {
	for ticks, want := range map[uint64]time.Duration{0: 0, 1: 10 * time.Millisecond, 303718: 3037180 * time.Millisecond} {
		if got := procfs.TicksToDuration(ticks); got != want {
			t.Errorf("%d ticks: got %v, want %v", ticks, got, want)
		}
	}
}

func FuzzParseUptime(f *testing.F) {
	for _, seed := range []string{"3037.20 5142.21\n", "0.00 0.00\n", "-1 1", "NaN 1", "9223372036.85 1", "9999999999.99 1", "1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		up, err := procfs.ParseUptime(data)
		if err != nil {
			if up != 0 || !errors.Is(err, procfs.ErrMalformed) {
				t.Fatalf("got %v, error %v", up, err)
			}
			return
		}
		if up < 0 || up%procfs.TicksToDuration(1) != 0 {
			t.Fatalf("%q: got %v", data, up)
		}
		text := fmt.Sprintf("%d.%02d 0.00\n", up/time.Second, up%time.Second/procfs.TicksToDuration(1))
		if again, err := procfs.ParseUptime([]byte(text)); err != nil || again != up {
			t.Fatalf("%q is read back as %v, error %v", text, again, err)
		}
	})
}
