//go:build !linux || !(amd64 || arm64)

package sigtrace

import (
	"os"
	"runtime"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Tracer traces until it is closed.
type Tracer struct{}

// Open always fails with a *bpf.UnsupportedError.
func Open(read.FS, Options) (*Tracer, error) {
	return nil, &bpf.UnsupportedError{Reason: "the programs that trace signals are built for Linux on x86-64 and arm64 only, not for " + runtime.GOOS + "/" + runtime.GOARCH}
}

// Watch is never called, as Open fails.
func (*Tracer) Watch([]uint64, []string) error { return os.ErrClosed }

// Read is never called, as Open fails.
func (*Tracer) Read() (procfs.KernelEvent, error) { return procfs.KernelEvent{}, os.ErrClosed }

// Lost is never called, as Open fails.
func (*Tracer) Lost() (uint64, error) { return 0, os.ErrClosed }

// Close does nothing.
func (*Tracer) Close() error { return nil }
