//go:build !linux || !(amd64 || arm64)

package bpf

// Prepare has nothing to prepare: programs are built for Linux on x86-64 and arm64 only.
func Prepare() {}
