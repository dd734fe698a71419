//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// Prepare begins to read the kernel's types. That is the slowest part of loading a program, and
// is needed last.
func Prepare() {
	go btf.LoadKernelSpec() // an error is found when the types are needed
}

// Load calls a function that loads something into the kernel, a second time with more locked
// memory if that can be why it is refused. Its errors are classified by Refusal.
func Load(what string, load func() error) error {
	err := load()
	if errors.Is(err, unix.EPERM) && raiseLockedMemory() {
		err = load()
	}
	return Refusal(what, err)
}

// raiseLockedMemory raises RLIMIT_MEMLOCK of this process, which is small. Before Linux 5.11
// programs and their memory count against it.
func raiseLockedMemory() bool {
	return unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}) == nil
}

// Refusal classifies the kernel's error on loading or attaching a program. what names the feature
// that an unsupported kernel lacks, and the version that has it.
func Refusal(what string, err error) error {
	var verifier *ebpf.VerifierError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &verifier):
		return &UnsupportedError{Reason: fmt.Sprintf("the kernel's verifier refuses the program: %v", verifier)}
	case errors.Is(err, ebpf.ErrNotSupported):
		return &UnsupportedError{Reason: fmt.Sprintf("the kernel has no %s: %v", what, err)}
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return &UnsupportedError{
			Reason: fmt.Sprintf("the kernel refuses BPF programs here, by lockdown, seccomp or another rule: %v", err),
			Remedy: "run a container with --security-opt seccomp=unconfined",
		}
	default:
		return fmt.Errorf("load BPF program: %w", err)
	}
}
