//go:build !linux

package sigtrace

import (
	"os"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Exits reports how processes exited.
type Exits struct{}

// OpenExits always fails with a *bpf.UnsupportedError.
func OpenExits(read.FS) (*Exits, error) {
	return nil, &bpf.UnsupportedError{Reason: "there are no pidfds"}
}

// Follow is never called, as OpenExits fails.
func (*Exits) Follow(procfs.TracedProcess) error { return os.ErrClosed }

// Read is never called, as OpenExits fails.
func (*Exits) Read() (procfs.KernelEvent, error) { return procfs.KernelEvent{}, os.ErrClosed }

// Close does nothing.
func (*Exits) Close() error { return nil }
