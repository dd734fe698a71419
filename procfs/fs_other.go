//go:build !linux

package procfs

import (
	"context"
	"errors"
)

// FS is a mounted /proc. Only Linux has one; elsewhere a capture is read.
type FS struct{}

// Detail says which of the dearer facts of each process are read.
type Detail struct {
	// Namespaces are the types whose inode numbers are read.
	Namespaces []NamespaceType
	// UIDMaps: the maps of the user namespaces are read.
	UIDMaps bool
}

// ErrNoProc: this system has no /proc.
var ErrNoProc = errors.New("this system has no Linux /proc")

// Open always fails with ErrNoProc.
func Open(string) (FS, error) { return FS{}, ErrNoProc }

// Root is empty.
func (FS) Root() string { return "" }

// Scan always fails with ErrNoProc.
func (FS) Scan(context.Context, Detail) (Snapshot, error) { return Snapshot{}, ErrNoProc }

// Process always fails with ErrNoProc.
func (FS) Process(int, Detail) (Process, error) { return Process{}, ErrNoProc }

// StillZombies knows of none.
func (FS) StillZombies([]Key) []Key { return nil }

// Host knows nothing.
func (FS) Host() Host { return Host{} }

// Exists knows of none.
func Exists(int) bool { return false }

// ErrNoChildren never occurs here.
var ErrNoChildren = errors.New("the kernel lists no children")

// FamilyOf says where a family begins.
type FamilyOf struct {
	Trees, Alone []int
	Groups       []string
}

// Family always fails with ErrNoProc.
func (FS) Family(context.Context, FamilyOf, Detail) (Snapshot, error) { return Snapshot{}, ErrNoProc }

// CgroupMounts are the cgroup file systems that are mounted here: none.
type CgroupMounts struct{}

// CgroupMounts finds none.
func (FS) CgroupMounts() CgroupMounts { return CgroupMounts{} }

// Group finds none.
func (CgroupMounts) Group([]Cgroup, string) string { return "" }

// PIDsCurrent is unsupported.
func PIDsCurrent(string) Opt[int] { return None[int](Unsupported) }

// PIDsMax is unsupported.
func PIDsMax(string) Opt[int] { return None[int](Unsupported) }
