package source

import (
	"context"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Collector reads many processes at once: /proc does, and so does the kernel's iterator.
type Collector interface {
	// Scan reads every process.
	Scan(context.Context, procfs.Detail) (procfs.Snapshot, error)
	// Family reads some processes and what belongs to them.
	Family(context.Context, procfs.FamilyOf, procfs.Detail) (procfs.Snapshot, error)
	// Survey reads little of every process, and Complete more of those that are chosen.
	Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error)
	Complete(context.Context, *procfs.Snapshot, procfs.Selection) error
}

// Processes is what reads the processes of one host: [Proc] reads this one's, and another
// host's can be read by whoever answers these calls there. What cannot be read is an
// absence in the answer; an error means that there is no such process now, or that
// nothing can be read at all.
type Processes interface {
	Collector
	// Root is the mount that is read, and Host what it says of the host.
	Root() string
	Host() procfs.Host
	// Outside reads these processes, and those that are in PID namespaces other than the
	// known ones.
	Outside(ctx context.Context, pids []int, known []uint64, detail procfs.Detail) (procfs.Snapshot, error)
	// Process is one process, Threads are its TIDs, and Thread is one of them.
	Process(pid int, detail procfs.Detail) (procfs.Process, error)
	Threads(pid int) []int
	Thread(tid int) (procfs.Thread, error)
	// ChildrenNamed are the children of a process that have one of these names (comm), with
	// arguments and control groups, and File is a small file as a process sees it.
	ChildrenNamed(parent int, names []string) []procfs.Process
	File(key procfs.Key, path string) procfs.Opt[procfs.File]
	// Attention is what a process of a container listens to and what program it runs, and
	// may be asked by several goroutines; Resources is what a process keeps from others.
	// What a container's processes have made costs no other container's answer.
	Attention(container string, pid int) (procfs.Attention, error)
	Resources(pid int) (procfs.Resources, error)
	// Lives reports whether a process has not ended, and StillZombies are those that are
	// zombies still.
	Lives(procfs.Key) bool
	StillZombies([]procfs.Key) []procfs.ZombieSeen
	// Group is the folder of the control group that carries the container's ID, by the
	// cgroup lines of its main process, and UnifiedGroup that in the unified hierarchy;
	// "" where it is mounted nowhere.
	Group(lines []procfs.Cgroup, id string) string
	UnifiedGroup(lines []procfs.Cgroup, id string) string
	// GroupPIDs are the processes in a control group and in those below it, and
	// OldestGroupPID is the first of them.
	GroupPIDs(dir string) []int
	OldestGroupPID(dir string) (int, bool)
	// PIDsUse is the pids controller of a group by its folder, and PIDsGroup by the lines
	// of a process and a path in them.
	PIDsUse(dir string) inspect.PIDsUse
	PIDsGroup(lines []procfs.Cgroup, path string) procfs.PIDsGroup
	// OOM is what the kernel tells of its OOM killer.
	OOM() procfs.OOMFacts
	// TaskLimits are the host's; OwnNamespace is the reader's namespace of a type, and
	// UserNamespaces are that of a process and those around it.
	TaskLimits() procfs.TaskLimits
	// AddressSpaces are those of processes of one container, and their mappings where
	// they may be half as many as the most.
	AddressSpaces(keys []procfs.Key, maxMappings procfs.Opt[int]) []procfs.AddressSpace
	OwnNamespace(procfs.NamespaceType) procfs.Opt[uint64]
	UserNamespaces(pid int) map[uint64]procfs.UserNSOrigin
}
