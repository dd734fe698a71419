package source

import (
	"context"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Collector reads many processes at once. /proc does that, and so does the kernel's iterator.
type Collector interface {
	// Scan reads every process.
	Scan(context.Context, procfs.Detail) (procfs.Snapshot, error)
	// Family reads some processes and what belongs to them.
	Family(context.Context, procfs.FamilyOf, procfs.Detail) (procfs.Snapshot, error)
	// Survey reads little of every process, and Complete reads more of those that are chosen.
	Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error)
	Complete(context.Context, *procfs.Snapshot, procfs.Selection) error
}

// Processes reads the processes of one host. [Proc] reads those of this host. Those of another
// host can be read by a program that answers these calls there. What cannot be read is an
// absence in the answer. An error means that the process no longer exists, or that nothing can
// be read at all.
type Processes interface {
	Collector
	// Root is the mount that is read, and Host is what it shows about the host.
	Root() string
	Host() procfs.Host
	// Outside reads these processes, and those that are in PID namespaces other than the known
	// ones.
	Outside(ctx context.Context, pids []int, known []uint64, detail procfs.Detail) (procfs.Snapshot, error)
	// Process is one process, Threads are its TIDs, and Thread is one of them.
	Process(pid int, detail procfs.Detail) (procfs.Process, error)
	Threads(pid int) []int
	Thread(tid int) (procfs.Thread, error)
	// ChildrenNamed are the children of a process that have one of these names (comm), with
	// arguments and control groups. File is a small file as a process sees it.
	ChildrenNamed(parent int, names []string) []procfs.Process
	File(key procfs.Key, path string) procfs.Opt[procfs.File]
	// Attention is the signal handling of a process of a container, and which program it runs.
	// Several goroutines may call it. Resources is what a process keeps from others. Files that
	// a container's processes have made do not delay the answer about other containers.
	Attention(container string, pid int) (procfs.Attention, error)
	Resources(pid int) (procfs.Resources, error)
	// Lives reports whether a process has not exited, and StillZombies are those that are still
	// zombies.
	Lives(procfs.Key) bool
	StillZombies([]procfs.Key) []procfs.ZombieSeen
	// Group is the folder of the control group that has the container's ID, by the cgroup lines
	// of its main process. UnifiedGroup is the folder in the unified hierarchy. They are "" if
	// it is not mounted anywhere.
	Group(lines []procfs.Cgroup, id string) string
	UnifiedGroup(lines []procfs.Cgroup, id string) string
	// GroupPIDs are the processes in a control group and in the groups below it, and
	// OldestGroupPID is the first of them.
	GroupPIDs(dir string) []int
	OldestGroupPID(dir string) (int, bool)
	// PIDsUse is the pids controller of a group by its folder. PIDsGroup is that by the cgroup
	// lines of a process and a path in them.
	PIDsUse(dir string) inspect.PIDsUse
	PIDsGroup(lines []procfs.Cgroup, path string) procfs.PIDsGroup
	// OOM is what the kernel reports about its OOM killer.
	OOM() procfs.OOMFacts
	// TaskLimits are the host's limits. OwnNamespace is the reader's namespace of a type.
	// UserNamespaces are that of a process and those around it.
	TaskLimits() procfs.TaskLimits
	// AddressSpaces are those of processes of one container. Their mappings are counted if they
	// may be at least half of the limit.
	AddressSpaces(keys []procfs.Key, maxMappings procfs.Opt[int]) []procfs.AddressSpace
	OwnNamespace(procfs.NamespaceType) procfs.Opt[uint64]
	UserNamespaces(pid int) map[uint64]procfs.UserNSOrigin
}
