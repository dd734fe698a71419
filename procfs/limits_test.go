package procfs_test

import (
	"errors"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestParseLimits(t *testing.T) {
	line := func(soft string) string {
		return "Limit  Soft Limit  Hard Limit  Units\nMax processes   " + soft + "  unlimited  processes\n"
	}
	tests := map[string]struct {
		text string
		want procfs.Opt[int]
	}{
		"the soft one":             {procfstest.LimitsText, procfs.Some(96365)},
		"unlimited":                {line("unlimited"), procfs.None[int](procfs.NotHeld)},
		"zero":                     {line("0"), procfs.Some(0)},
		"more than there can be":   {line("18446744073709551614"), procfs.None[int](procfs.NotHeld)},
		"no blanks at the end":     {"Max processes 7 8 processes\n", procfs.Some(7)},
		"the most that is a limit": {line("9223372036854775807"), procfs.Some(1<<63 - 1)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseLimits([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			procfstest.Equal(t, got, procfs.Limits{MaxProcesses: test.want})
		})
	}
}

// The size of a thread's stack is read too, if the file has it.
func TestParseLimitsOfThreads(t *testing.T) {
	const processes = "Max processes 7 8 processes\n"
	for text, want := range map[string]procfs.Limits{
		"Max stack size 8388608 unlimited bytes\n" + processes + "Max address space 512000000 512000000 bytes\n": {
			MaxProcesses: procfs.Some(7), MaxAddressSpace: procfs.Some(512000000), MaxStack: procfs.Some(8388608)},
		"Max stack size unlimited unlimited bytes\n" + processes + "Max address space unlimited unlimited bytes\n": {
			MaxProcesses: procfs.Some(7), MaxAddressSpace: procfs.None[int](procfs.NotHeld), MaxStack: procfs.None[int](procfs.NotHeld)},
		processes: {MaxProcesses: procfs.Some(7)},
	} {
		got, err := procfs.ParseLimits([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		procfstest.Equal(t, got, want)
	}
	got, err := procfs.ParseLimits([]byte(processes + "Max address space many 5 bytes\n"))
	procfstest.Refused(t, got, err, "Max address space")
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
			got, err := procfs.ParseLimits([]byte(test.text))
			procfstest.Refused(t, got, err, test.reason)
		})
	}
}

func FuzzParseLimits(f *testing.F) {
	f.Add([]byte(procfstest.LimitsText))
	f.Add([]byte("Max processes unlimited unlimited processes\n"))
	f.Add([]byte("Max processes 18446744073709551615 0 processes\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := procfs.ParseLimits(data)
		if err != nil && (got != procfs.Limits{} || !errors.Is(err, procfs.ErrMalformed)) {
			t.Fatalf("got %v, error %v", got, err)
		}
		if n, ok := got.MaxProcesses.Get(); err == nil && ok && n < 0 {
			t.Fatalf("%q: got %d", data, n)
		}
	})
}
