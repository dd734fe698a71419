package procfs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

var anyStat = procfs.Stat{
	PID: 4242, Comm: "sleep", State: "S", ParentPID: 4000, PGID: 4241, SID: 4000,
	Flags: 0x400040, Threads: 3, StartTicks: 303718, WaitStatus: 1792,
}

// hostileComms are names that a process may give itself.
var hostileComms = []string{
	"", "a b", " ", "(", ")", "()", ") Z 1 1 1 0 -1 0", "((sd-pam))", "tail)) R (", "a\nb", "\n",
	"\x1b[31mred", "tab\there", "\u202eevil", "\xff\xfe", "1 (x) S 2",
}

func TestParseStat(t *testing.T) {
	for _, comm := range append(hostileComms, anyStat.Comm) {
		want := anyStat
		want.Comm = comm
		got, err := procfs.ParseStat([]byte(procfstest.StatLine(want)))
		if err != nil {
			t.Errorf("comm %q: %v", comm, err)
			continue
		}
		procfstest.Equal(t, got, want)
	}
}

// This is the line of a real kernel, so that the other tests cannot agree with the parser on a
// wrong order of the fields.
func TestParseStatOfKernel(t *testing.T) {
	const zombie = "14 (sh) Z 9 14 9 0 -1 4194564 85 0 0 0 0 0 0 0 20 0 1 0 303718 0 0 18446744073709551615 " +
		"0 0 0 0 0 0 0 0 65538 1 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 1792\n"
	got, err := procfs.ParseStat([]byte(zombie))
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, got, procfs.Stat{
		PID: 14, Comm: "sh", State: procfs.StateZombie, ParentPID: 9, PGID: 14, SID: 9,
		Flags: 4194564, Threads: 1, StartTicks: 303718, WaitStatus: 1792,
	})
}

func TestParseStatTakesFieldsOfNewerKernels(t *testing.T) {
	longer := strings.TrimSuffix(procfstest.StatLine(anyStat), "\n") + " 7 8\n"
	got, err := procfs.ParseStat([]byte(longer))
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, got, anyStat)
}

func TestParseStatRefuses(t *testing.T) {
	good := procfstest.StatLine(anyStat)
	swap := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	tests := map[string]struct{ line, reason string }{
		"nothing":               {"", "no (comm)"},
		"no comm":               {"4242 sleep S 1\n", "no (comm)"},
		"no PID":                {swap("4242 (", "("), "no (comm)"},
		"blank PID":             {swap("4242 (", " ("), `parsing ""`},
		"parentheses reversed":  {"1 )x( S\n", "no (comm)"},
		"PID is a word":         {swap("4242", "self"), `"self"`},
		"PID 0":                 {swap("4242", "0"), "0 is not a PID"},
		"negative PID":          {swap("4242", "-1"), "-1 is not a PID"},
		"PID too long":          {swap("4242", strings.Repeat("9", 30)), "out of range"},
		"long state":            {swap(") S ", ") Sl "), `state "Sl"`},
		"parent is no number":   {swap("S 4000", "S x"), `"x"`},
		"negative flags":        {swap("4194368", "-1"), `"-1"`},
		"start is a fraction":   {swap("303718", "3037.18"), `"3037.18"`},
		"51 fields":             {swap(" 1792\n", "\n"), "49 fields after comm, want 50"},
		"no newline":            {strings.TrimSuffix(good, "\n"), "cut"},
		"wait status too large": {swap(" 1792\n", " 4294967303\n"), "4294967303"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseStat([]byte(test.line))
			procfstest.Refused(t, got, err, test.reason)
		})
	}
}

// A cut inside comm may leave a line that looks complete, but never one that ends in a newline
// and has all its fields.
func TestParseStatRefusesEveryCut(t *testing.T) {
	for _, comm := range hostileComms {
		s := anyStat
		s.Comm = comm
		line := procfstest.StatLine(s)
		for n := range len(line) {
			got, err := procfs.ParseStat([]byte(line[:n]))
			if err == nil || got != (procfs.Stat{}) {
				t.Fatalf("cut to %q: got %+v, error %v", line[:n], got, err)
			}
		}
	}
}

func FuzzParseStat(f *testing.F) {
	for _, comm := range hostileComms {
		s := anyStat
		s.Comm = comm
		f.Add([]byte(procfstest.StatLine(s)))
	}
	f.Add([]byte("4242 sleep S 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := procfs.ParseStat(data)
		if err != nil {
			if s != (procfs.Stat{}) || !errors.Is(err, procfs.ErrMalformed) {
				t.Fatalf("got %+v, error %v", s, err)
			}
			return
		}
		if s.PID <= 0 || len(s.State) != 1 {
			t.Fatalf("impossible process %+v", s)
		}
		if again, err := procfs.ParseStat([]byte(procfstest.StatLine(s))); err != nil || again != s {
			t.Fatalf("%+v is read back as %+v, error %v", s, again, err)
		}
	})
}
