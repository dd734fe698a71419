//go:build linux && !amd64

package read

// oldSyscallNames are calls that newer architectures do not have.
var oldSyscallNames map[int]string

// narrowSyscallNames has no names, because those of 32-bit programs are not known here.
var narrowSyscallNames map[int]string
