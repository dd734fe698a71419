//go:build !linux

package procfs

import "context"

// FS is a mounted /proc. Only Linux has one; elsewhere a capture is read.
type FS struct{}

// Open always fails with ErrNoProc.
func Open(string) (FS, error) { return FS{}, ErrNoProc }

// Root is empty.
func (FS) Root() string { return "" }

// Scan always fails with ErrNoProc.
func (FS) Scan(context.Context, Detail) (Snapshot, error) { return Snapshot{}, ErrNoProc }

// Survey always fails with ErrNoProc.
func (FS) Survey(context.Context, SurveyOf) (Snapshot, error) { return Snapshot{}, ErrNoProc }

// Outside always fails with ErrNoProc.
func (FS) Outside(context.Context, []int, []uint64, Detail) (Snapshot, error) {
	return Snapshot{}, ErrNoProc
}

// Complete always fails with ErrNoProc.
func (FS) Complete(context.Context, *Snapshot, Selection) error { return ErrNoProc }

// Process always fails with ErrNoProc.
func (FS) Process(int, Detail) (Process, error) { return Process{}, ErrNoProc }

// Threads knows of none.
func (FS) Threads(int) []int { return nil }

// Thread always fails with ErrNoProc.
func (FS) Thread(int) (Thread, error) { return Thread{}, ErrNoProc }

// Lives takes everybody to live: nothing can be read.
func (FS) Lives(Key) bool { return true }

// StillZombies knows of none.
func (FS) StillZombies([]Key) []ZombieSeen { return nil }

// Host knows nothing.
func (FS) Host() Host { return Host{} }

// Family always fails with ErrNoProc.
func (FS) Family(context.Context, FamilyOf, Detail) (Snapshot, error) { return Snapshot{}, ErrNoProc }

// CgroupMounts are the cgroup file systems that are mounted here: none.
type CgroupMounts struct{}

// CgroupMounts finds none.
func (FS) CgroupMounts() CgroupMounts { return CgroupMounts{} }

// Group finds none.
func (CgroupMounts) Group([]Cgroup, string) string { return "" }

// UnifiedGroup finds none.
func (CgroupMounts) UnifiedGroup([]Cgroup, string) string { return "" }

// GroupPIDs lists none.
func (FS) GroupPIDs(string) []int { return nil }

// OldestGroupPID finds none.
func (FS) OldestGroupPID(string) (int, bool) { return 0, false }

// PIDsCurrent is unsupported.
func PIDsCurrent(string) Opt[int] { return None[int](Unsupported) }

// PIDsMax is unsupported.
func PIDsMax(string) Opt[int] { return None[int](Unsupported) }

// Programs reads executables: none here.
type Programs struct{}

// Programs reads nothing.
func (FS) Programs([]string) *Programs { return &Programs{} }

// WithScriptsOf reads nothing either.
func (r *Programs) WithScriptsOf(func(Program) bool) *Programs { return r }

// Attention always fails with ErrNoProc.
func (FS) Attention(int, *Programs) (Attention, error) { return Attention{}, ErrNoProc }

// Holdings always fails with ErrNoProc.
func (FS) Holdings(int) (Holdings, error) { return Holdings{}, ErrNoProc }

// PIDsMounts finds none.
func (FS) PIDsMounts() CgroupMounts { return CgroupMounts{} }

// PIDsGroup reads nothing.
func (CgroupMounts) PIDsGroup(_ []Cgroup, path string) PIDsGroup { return PIDsGroup{Path: path} }

// TaskLimits knows none.
func (FS) TaskLimits() TaskLimits { return TaskLimits{} }

// OwnNamespace is unsupported.
func (FS) OwnNamespace(NamespaceType) Opt[uint64] { return None[uint64](Unsupported) }

// UserNamespaces finds none.
func (FS) UserNamespaces(int) map[uint64]UserNSOrigin { return nil }
