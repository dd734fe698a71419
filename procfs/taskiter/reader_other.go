//go:build !linux || !(amd64 || arm64)

package taskiter

import (
	"context"
	"runtime"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Reader reads processes from the kernel.
type Reader struct{}

// Open always fails with a *bpf.UnsupportedError.
func Open(read.FS, Purpose) (*Reader, error) {
	return nil, &bpf.UnsupportedError{Reason: "the BPF task iterator is built for Linux on x86-64 and arm64 only, not for " + runtime.GOOS + "/" + runtime.GOARCH}
}

// Scan is never called, as Open fails.
func (*Reader) Scan(context.Context, procfs.Detail) (procfs.Snapshot, error) {
	return procfs.Snapshot{}, procfs.ErrNoProc
}

// Family is never called, as Open fails.
func (*Reader) Family(context.Context, procfs.FamilyOf, procfs.Detail) (procfs.Snapshot, error) {
	return procfs.Snapshot{}, procfs.ErrNoProc
}

// Survey is never called, as Open fails.
func (*Reader) Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error) {
	return procfs.Snapshot{}, procfs.ErrNoProc
}

// Complete is never called, as Open fails.
func (*Reader) Complete(context.Context, *procfs.Snapshot, procfs.Selection) error {
	return procfs.ErrNoProc
}

// Close does nothing.
func (*Reader) Close() error { return nil }
