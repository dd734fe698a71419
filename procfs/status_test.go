package procfs_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

var anyStatus = procfs.Status{
	State: procfs.StateStopped,
	TGID:  28867, TracerPID: 77,
	UIDs:   procfs.UIDs{Real: 1000, Effective: 1001, Saved: 1002, FS: 1003},
	NSPIDs: []int{28867, 9, 3, 1}, NSSIDs: []int{28800, 4, 0, 0},
	Signals: procfs.Signals{Pending: 1 << 63, Blocked: 0x4000, Ignored: 0x10000, Caught: 0xfffffffe7ffbfeff},
}

func TestParseStatus(t *testing.T) {
	with := func(change func(*procfs.Status)) procfs.Status {
		s := anyStatus
		change(&s)
		return s
	}
	tests := map[string]procfs.Status{
		"nested":                 anyStatus,
		"not nested":             with(func(s *procfs.Status) { s.NSPIDs, s.NSSIDs = []int{28867}, []int{28867} }),
		"kernel without PID ns":  with(func(s *procfs.Status) { s.NSPIDs, s.NSSIDs = nil, nil }),
		"session from outside":   with(func(s *procfs.Status) { s.NSSIDs = []int{0, 0, 0, 0} }),
		"user that nobody maps":  with(func(s *procfs.Status) { s.UIDs = procfs.UIDs{4294967295, 4294967295, 4294967295, 4294967295} }),
		"no signal in any mask":  with(func(s *procfs.Status) { s.Signals = procfs.Signals{} }),
		"reaped meanwhile":       with(func(s *procfs.Status) { s.TGID, s.NSPIDs, s.NSSIDs = 0, []int{0, 0, 0, 0}, []int{0, 0, 0, 0} }),
		"every signal in a mask": with(func(s *procfs.Status) { s.Signals.Blocked = 1<<64 - 1 }),
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseStatus([]byte(procfstest.StatusText("sleep", want)))
			if err != nil {
				t.Fatal(err)
			}
			procfstest.Equal(t, got, want)
		})
	}
}

// A process must not be able to add or change a line with its name.
func TestParseStatusWithHostileName(t *testing.T) {
	for _, comm := range append(hostileComms, "\nUid:\t0\t0\t0\t0", "x\nTgid:\t1", "NSpid:\t1", ":", "\r") {
		got, err := procfs.ParseStatus([]byte(procfstest.StatusText(comm, anyStatus)))
		if err != nil {
			t.Errorf("name %q: %v", comm, err)
			continue
		}
		procfstest.Equal(t, got, anyStatus)
	}
}

func TestParseStatusRefuses(t *testing.T) {
	good := procfstest.StatusText("sleep", anyStatus)
	swap := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	tests := map[string]struct{ text, reason string }{
		"nothing":                 {"", "cut"},
		"one line only":           {"Name:\tsleep\n", "no Tgid or no Uid"},
		"no Tgid":                 {swap("Tgid:\t28867\n", ""), "no Tgid or no Uid"},
		"no Uid":                  {swap("Uid:", "Gid:"), "no Tgid or no Uid"},
		"Tgid empty":              {swap("Tgid:\t28867", "Tgid:\t"), "Tgid: "},
		"negative Tgid":           {swap("Tgid:\t28867", "Tgid:\t-4"), "Tgid: "},
		"three users":             {swap("\t1003\n", "\n"), "3 user IDs, want 4"},
		"user is a name":          {swap("\t1003\n", "\troot\n"), `"root"`},
		"NSpid empty":             {swap("NSpid:\t28867\t9\t3\t1", "NSpid:\t"), "NSpid: no number"},
		"NSpid with a word":       {swap("\t9\t3\t1", "\tx\t3\t1"), `NSpid: `},
		"tracer is no number":     {swap("TracerPid:\t77", "TracerPid:\t7 7"), "TracerPid: "},
		"mask too short":          {swap("SigCgt:\tf", "SigCgt:\t"), "SigCgt: "},
		"mask not hexadecimal":    {swap("SigCgt:\tf", "SigCgt:\tg"), "SigCgt: "},
		"line without a colon":    {swap("Ngid:", "Ngid"), "without a colon"},
		"empty line":              {swap("Ngid:\t0", ""), "without a colon"},
		"last line without end":   {strings.TrimSuffix(good, "\n"), "cut"},
		"name that is not fenced": {swap("sleep", "sl\neep"), "without a colon"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := procfs.ParseStatus([]byte(test.text))
			procfstest.Refused(t, got, err, test.reason)
		})
	}
}

// A cut between two lines cannot be detected, but it must not change the lines before it.
func TestParseStatusRefusesEveryCutInALine(t *testing.T) {
	text := procfstest.StatusText("sleep", anyStatus)
	for n := range len(text) {
		got, err := procfs.ParseStatus([]byte(text[:n]))
		switch {
		case err != nil && !reflect.ValueOf(got).IsZero():
			t.Fatalf("cut to %q: got %+v beside an error", text[:n], got)
		case err == nil && !strings.HasSuffix(text[:n], "\n"):
			t.Fatalf("cut to %q: no error", text[:n])
		case err == nil && (got.TGID != anyStatus.TGID || got.UIDs != anyStatus.UIDs):
			t.Fatalf("cut to %q: got %+v", text[:n], got)
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte(procfstest.StatusText("sleep", anyStatus)))
	f.Add([]byte(procfstest.StatusText("a\nb", procfs.Status{TGID: 1, NSPIDs: []int{1}})))
	f.Add([]byte("Tgid:\t1\nUid:\t0\t0\t0\t0\n"))
	f.Add([]byte("Tgid:\t0\nUid:\t0\t0\t0\t0\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := procfs.ParseStatus(data)
		if err != nil {
			if !reflect.ValueOf(s).IsZero() || !errors.Is(err, procfs.ErrMalformed) {
				t.Fatalf("got %+v, error %v", s, err)
			}
			return
		}
		if s.TGID < 0 {
			t.Fatalf("impossible process %+v", s)
		}
		again, err := procfs.ParseStatus([]byte(procfstest.StatusText("x", s)))
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%+v is read back as %+v, error %v", s, again, err)
		}
	})
}
