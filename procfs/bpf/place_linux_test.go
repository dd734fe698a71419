//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestCheckRights(t *testing.T) {
	const bpf, perfmon, admin = 1 << procfs.CapBPF, 1 << procfs.CapPerfMon, 1 << procfs.CapSysAdmin
	for rights, want := range map[procfs.Capabilities]string{
		0:             "CAP_BPF and CAP_PERFMON are missing",
		bpf:           "CAP_PERFMON is missing",
		perfmon:       "CAP_BPF is missing",
		bpf | perfmon: "",
		admin:         "",
	} {
		err := checkRights(rights)
		var unsupported *UnsupportedError
		switch {
		case want == "" && err != nil:
			t.Errorf("%b: got %v", rights, err)
		case want != "" && (!errors.As(err, &unsupported) || unsupported.Reason != want || unsupported.TakesRoot == (unsupported.Remedy != "")):
			t.Errorf("%b: got %v, want %s", rights, err, want)
		}
	}
}

func TestRefusal(t *testing.T) {
	other := errors.New("no memory")
	for _, test := range []struct {
		err    error
		reason string // "" for an error that says nothing about the place
		remedy bool
	}{
		{&ebpf.VerifierError{Cause: unix.EINVAL}, "the kernel's verifier refuses the program: : invalid argument", false},
		{fmt.Errorf("map: %w", ebpf.ErrNotSupported), "the kernel has no ring buffer: map: not supported", false},
		{unix.EPERM, "the kernel refuses BPF programs here, by lockdown, seccomp or another rule: operation not permitted", true},
		{other, "", false},
	} {
		err := Load("ring buffer", func() error { return test.err })
		var unsupported *UnsupportedError
		switch {
		case test.reason == "" && !errors.Is(err, other):
			t.Errorf("%v: got %v", test.err, err)
		case test.reason != "" && (!errors.As(err, &unsupported) || unsupported.Reason != test.reason || (unsupported.Remedy != "") != test.remedy):
			t.Errorf("%v: got %#v, want %s", test.err, err, test.reason)
		}
	}
	if err := Load("ring buffer", func() error { return nil }); err != nil {
		t.Error(err)
	}
}

// With more locked memory it is tried again, once.
func TestLoadTriesAgain(t *testing.T) {
	tries := 0
	if err := Load("", func() error {
		if tries++; tries == 1 {
			return unix.EPERM
		}
		return nil
	}); raiseLockedMemory() && (err != nil || tries != 2) {
		t.Errorf("after %d tries: %v", tries, err)
	}
}
