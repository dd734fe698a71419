//go:build linux && !amd64

package procfs

// oldSyscallNames are calls that newer architectures do not have.
var oldSyscallNames map[int]string
