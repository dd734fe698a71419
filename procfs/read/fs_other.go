//go:build !linux

package read

import (
	"context"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// FS is a mounted /proc. Only Linux has one. On other systems only a saved capture can be read.
type FS struct{}

// Open always fails with procfs.ErrNoProc.
func Open(string) (FS, error) { return FS{}, procfs.ErrNoProc }

// Root is empty.
func (FS) Root() string { return "" }

// Scan always fails with procfs.ErrNoProc.
func (FS) Scan(context.Context, procfs.Detail) (procfs.Snapshot, error) {
	return procfs.Snapshot{}, procfs.ErrNoProc
}

// Survey always fails with procfs.ErrNoProc.
func (FS) Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error) {
	return procfs.Snapshot{}, procfs.ErrNoProc
}

// Outside always fails with procfs.ErrNoProc.
func (FS) Outside(context.Context, []int, []uint64, procfs.Detail) (procfs.Snapshot, error) {
	return procfs.Snapshot{}, procfs.ErrNoProc
}

// Complete always fails with procfs.ErrNoProc.
func (FS) Complete(context.Context, *procfs.Snapshot, procfs.Selection) error {
	return procfs.ErrNoProc
}

// Process always fails with procfs.ErrNoProc.
func (FS) Process(int, procfs.Detail) (procfs.Process, error) {
	return procfs.Process{}, procfs.ErrNoProc
}

// Threads finds none.
func (FS) Threads(int) []int { return nil }

// Thread always fails with procfs.ErrNoProc.
func (FS) Thread(int) (procfs.Thread, error) { return procfs.Thread{}, procfs.ErrNoProc }

// Lives reports true for every process, because nothing can be read.
func (FS) Lives(procfs.Key) bool { return true }

// StillZombies finds none.
func (FS) StillZombies([]procfs.Key) []procfs.ZombieSeen { return nil }

// Host is empty.
func (FS) Host() procfs.Host { return procfs.Host{} }

// Family always fails with procfs.ErrNoProc.
func (FS) Family(context.Context, procfs.FamilyOf, procfs.Detail) (procfs.Snapshot, error) {
	return procfs.Snapshot{}, procfs.ErrNoProc
}

// ChildrenNamed finds none.
func (FS) ChildrenNamed(int, []string) []procfs.Process { return nil }

// File is unsupported.
func (FS) File(procfs.Key, string) procfs.Opt[procfs.File] {
	return procfs.None[procfs.File](procfs.Unsupported)
}

// FileUpTo is unsupported.
func (FS) FileUpTo(procfs.Key, string, int) procfs.Opt[procfs.File] {
	return procfs.None[procfs.File](procfs.Unsupported)
}

// CgroupMounts are the cgroup file systems that are mounted here: none.
type CgroupMounts struct{}

// CgroupMounts finds none.
func (FS) CgroupMounts() CgroupMounts { return CgroupMounts{} }

// Absolute are the same lines.
func (CgroupMounts) Absolute(lines []procfs.Cgroup) []procfs.Cgroup { return lines }

// HostRoot is empty.
func (FS) HostRoot() string { return "" }

// Group finds none.
func (CgroupMounts) Group([]procfs.Cgroup, string) string { return "" }

// UnifiedGroup finds none.
func (CgroupMounts) UnifiedGroup([]procfs.Cgroup, string) string { return "" }

// GroupPIDs lists none.
func (FS) GroupPIDs(string) []int { return nil }

// OldestGroupPID finds none.
func (FS) OldestGroupPID(string) (int, bool) { return 0, false }

// PIDsCurrent is unsupported.
func PIDsCurrent(string) procfs.Opt[int] { return procfs.None[int](procfs.Unsupported) }

// PIDsMax is unsupported.
func PIDsMax(string) procfs.Opt[int] { return procfs.None[int](procfs.Unsupported) }

// Programs reads no executables here.
type Programs struct{}

// Programs reads nothing.
func (FS) Programs([]string) *Programs { return &Programs{} }

// WithClientsOf changes nothing.
func (r *Programs) WithClientsOf(func(procfs.Program) bool) *Programs { return r }

// WithScriptsOf changes nothing.
func (r *Programs) WithScriptsOf(func(procfs.Program) bool) *Programs { return r }

// Attention always fails with procfs.ErrNoProc.
func (FS) Attention(string, int, *Programs) (procfs.Attention, error) {
	return procfs.Attention{}, procfs.ErrNoProc
}

// Resources always fails with procfs.ErrNoProc.
func (FS) Resources(int) (procfs.Resources, error) { return procfs.Resources{}, procfs.ErrNoProc }

// PIDsMounts finds none.
func (FS) PIDsMounts() CgroupMounts { return CgroupMounts{} }

// PIDsGroup reads nothing.
func (CgroupMounts) PIDsGroup(_ []procfs.Cgroup, path string) procfs.PIDsGroup {
	return procfs.PIDsGroup{Path: path}
}

// OOM is empty.
func (FS) OOM() procfs.OOMFacts { return procfs.OOMFacts{} }

// TaskLimits is empty.
func (FS) TaskLimits() procfs.TaskLimits { return procfs.TaskLimits{} }

// AddressSpaces reads none.
func (FS) AddressSpaces([]procfs.Key, procfs.Opt[int]) []procfs.AddressSpace { return nil }

// OwnNamespace is unsupported.
func (FS) OwnNamespace(procfs.NamespaceType) procfs.Opt[uint64] {
	return procfs.None[uint64](procfs.Unsupported)
}

// UserNamespaces finds none.
func (FS) UserNamespaces(int) map[uint64]procfs.UserNSOrigin { return nil }
