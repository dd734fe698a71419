package procfs_test

import (
	"errors"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

var testNames = map[int]string{128: "rt_sigtimedwait"}

func TestParseSyscall(t *testing.T) {
	for text, want := range map[string]procfs.Syscall{
		"128 0x1 0x2 0x3 0x4 0x5 0xffffffffffffffff 0x7ffd 0x7ffe\n": {Name: "rt_sigtimedwait", Args: [6]uint64{1, 2, 3, 4, 5, 1<<64 - 1}},
		"7 0x0 0x0 0x0 0x0 0x0 0x0 0x1 0x2\n":                        {Name: "7"},
		"running\n":                                                  {},
		"-1 0x7ffd 0x7ffe\n":                                         {},
	} {
		got, err := procfs.ParseSyscall([]byte(text), testNames)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v; want %+v", text, got, err, want)
		}
	}
	for reason, text := range map[string]string{
		"empty":            "",
		"cut":              "128 0x1 0x2 0x3",
		"no number":        "x 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8",
		"bad argument":     "128 0x1 0x2 zz 0x4 0x5 0x6 0x7 0x8",
		"argument too big": "128 0x1ffffffffffffffff 0x2 0x3 0x4 0x5 0x6 0x7 0x8",
	} {
		if got, err := procfs.ParseSyscall([]byte(text), testNames); !errors.Is(err, procfs.ErrMalformed) || got != (procfs.Syscall{}) {
			t.Errorf("%s: got %+v, %v", reason, got, err)
		}
	}
}

func FuzzParseSyscall(f *testing.F) {
	f.Add([]byte("128 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffd 0x7ffe\n"))
	f.Add([]byte("running\n"))
	f.Add([]byte("-1 0x0 0x0\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := procfs.ParseSyscall(data, testNames); err != nil && got != (procfs.Syscall{}) {
			t.Errorf("%q: an error and %+v", data, got)
		}
	})
}

func TestInVFork(t *testing.T) {
	for _, in := range []procfs.Syscall{
		{Name: "vfork"}, {Name: "clone3", Args: [6]uint64{0x7ffd, 88}}, {Name: "clone", Args: [6]uint64{0x4111}},
	} {
		if !in.InVFork() {
			t.Errorf("%+v is in vfork", in)
		}
	}
	for _, not := range []procfs.Syscall{{}, {Name: "wait4"}, {Name: "clone", Args: [6]uint64{0x1200011}}} {
		if not.InVFork() {
			t.Errorf("%+v is not in vfork", not)
		}
	}
}
