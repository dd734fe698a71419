package wire

import (
	"math"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// This file has the fields of each type of package procfs that is sent. A test fills every
// field, so that none is forgotten.

func (c *coder) key(v *procfs.Key) {
	c.int(&v.PID)
	c.uint(&v.StartTicks)
}

func (c *coder) zombieSeen(v *procfs.ZombieSeen) {
	c.key(&v.Key)
	c.int(&v.ParentPID)
}

func (c *coder) thread(v *procfs.Thread) {
	c.int(&v.PID)
	c.ints(&v.NSPIDs)
}

func (c *coder) apartThread(v *procfs.ApartThread) {
	c.int(&v.TID)
	c.ints(&v.NSPIDs)
	table(c, &v.Namespaces, word[procfs.NamespaceType], (*coder).uint)
}

func (c *coder) uids(v *procfs.UIDs) {
	for _, id := range []*int{&v.Real, &v.Effective, &v.Saved, &v.FS} {
		c.int(id)
	}
}

func (c *coder) signals(v *procfs.Signals) {
	for _, mask := range []*procfs.SignalSet{&v.Pending, &v.Blocked, &v.Ignored, &v.Caught} {
		set(c, mask)
	}
}

func (c *coder) idMapping(v *procfs.IDMapping) {
	for _, id := range []*uint32{&v.Inside, &v.Outside, &v.Length} {
		c.uint32(id)
	}
}

func (c *coder) idMap(v *[]procfs.IDMapping) { list(c, v, (*coder).idMapping) }

func (c *coder) optIDMap(v *procfs.Opt[[]procfs.IDMapping]) { opt(c, v, (*coder).idMap) }
func (c *coder) optCgroups(v *procfs.Opt[[]procfs.Cgroup])  { opt(c, v, (*coder).cgroups) }
func (c *coder) optStrings(v *procfs.Opt[[]string])         { opt(c, v, (*coder).strings) }

func (c *coder) cgroup(v *procfs.Cgroup) {
	c.int(&v.Hierarchy)
	c.strings(&v.Controllers)
	c.text(&v.Path)
}

func (c *coder) cgroups(v *[]procfs.Cgroup) { list(c, v, (*coder).cgroup) }

func (c *coder) waitStatus(v *procfs.WaitStatus) { bounded(c, v, math.MaxUint32) }

func (c *coder) threadMasks(v *procfs.ThreadMasks) {
	c.int(&v.TID)
	set(c, &v.Blocked)
	set(c, &v.Awaited)
}

func (c *coder) internals(v *procfs.Internals) {
	for _, flag := range []*bool{&v.Subreaper, &v.Unkillable, &v.NoChildWait, &v.Partial} {
		c.bool(flag)
	}
	set(c, &v.Resetting)
	set(c, &v.Undeferred)
	list(c, &v.Threads, (*coder).threadMasks)
}

func (c *coder) inode(v *procfs.Opt[uint64]) { opt(c, v, (*coder).uint) }
func (c *coder) optInt(v *procfs.Opt[int])   { opt(c, v, (*coder).int) }

func (c *coder) namespaces(v *map[procfs.NamespaceType]procfs.Opt[uint64]) {
	table(c, v, word[procfs.NamespaceType], (*coder).inode)
}

func (c *coder) process(v *procfs.Process) {
	c.key(&v.Key)
	c.bool(&v.StatOnly)
	c.int(&v.ParentPID)
	word(c, &v.State)
	c.text(&v.Comm)
	c.int(&v.Threads)
	c.bool(&v.KernelThread)
	c.int(&v.PGID)
	c.int(&v.SID)
	c.ints(&v.NSPIDs)
	c.ints(&v.NSSIDs)
	c.int(&v.TracerPID)
	shared(c, poolUIDs, &v.UIDs, (*coder).uids)
	shared(c, poolSignals, &v.Signals, (*coder).signals)
	shared(c, poolArgs, &v.Args, (*coder).optStrings)
	c.bool(&v.ArgsCut)
	opt(c, &v.WaitStatus, (*coder).waitStatus)
	shared(c, poolNamespaces, &v.Namespaces, (*coder).namespaces)
	list(c, &v.Apart, (*coder).apartThread)
	shared(c, poolUIDMap, &v.UIDMap, (*coder).optIDMap)
	shared(c, poolCgroups, &v.Cgroups, (*coder).optCgroups)
	shared(c, poolEtcMounts, &v.EtcMounts, (*coder).optStrings)
	c.optInt(&v.MaxProcesses)
	opt(c, &v.Effective, set[procfs.Capabilities])
	opt(c, &v.Internals, (*coder).internals)
}

func (c *coder) processes(v *[]procfs.Process) { list(c, v, (*coder).process) }

func (c *coder) missed(v *procfs.Missed) {
	c.int(&v.PID)
	c.absence(&v.Why)
	c.text(&v.Detail)
}

func (c *coder) snapshot(v *procfs.Snapshot) {
	c.text(&v.Root)
	c.time(&v.TakenAt)
	c.duration(&v.Uptime)
	c.bool(&v.Whole)
	c.bool(&v.Unfinished)
	c.processes(&v.Processes)
	c.ints(&v.Listed)
	list(c, &v.Missed, (*coder).missed)
}

func (c *coder) detail(v *procfs.Detail) {
	list(c, &v.Namespaces, word[procfs.NamespaceType])
	for _, flag := range []*bool{&v.MainThread, &v.UIDMaps, &v.Limits, &v.WithoutArgs, &v.EtcMounts} {
		c.bool(flag)
	}
}

// surveyOf codes everything except Ahead and Living, which cannot be sent.
func (c *coder) surveyOf(v *procfs.SurveyOf) {
	for _, flag := range []*bool{&v.PIDNamespaces, &v.Cgroups, &v.ZombieCgroups} {
		c.bool(flag)
	}
	pointer(c, &v.Zombies, (*coder).detail)
}

func (c *coder) familyOf(v *procfs.FamilyOf) {
	c.ints(&v.Trees)
	c.ints(&v.Alone)
	c.processes(&v.Known)
	c.strings(&v.Groups)
	list(c, &v.PIDNamespaces, (*coder).uint)
	pointer(c, &v.Only, (*coder).surveyOf)
}

// pointer is a value, or nil.
func pointer[T any](c *coder, v **T, each func(*coder, *T)) {
	there := *v != nil
	c.bool(&there)
	if c.reading {
		if *v = nil; there {
			*v = new(T)
		}
	}
	if there {
		each(c, *v)
	}
}

func (c *coder) sign(v *procfs.Sign) {
	c.strings(&v.Marks)
	c.strings(&v.Libraries)
	c.bool(&v.Script)
	c.bool(&v.Clients)
}

func (c *coder) sought(v *procfs.Sought) {
	c.strings(&v.Marks)
	list(c, &v.Signs, (*coder).sign)
}

func (c *coder) syscall(v *procfs.Syscall) {
	c.text(&v.Name)
	for i := range v.Args {
		c.uint(&v.Args[i])
	}
}

func (c *coder) threadAttention(v *procfs.ThreadAttention) {
	c.int(&v.TID)
	word(c, &v.State)
	opt(c, &v.WaitChannel, (*coder).text)
	c.optInt(&v.Sleeps)
	set(c, &v.Pending)
	set(c, &v.Blocked)
	c.bool(&v.Unsettled)
	opt(c, &v.Syscall, (*coder).syscall)
	opt(c, &v.Awaited, set[procfs.SignalSet])
	opt(c, &v.TimeoutNS, (*coder).int64)
}

func (c *coder) handling(v *procfs.Handling) {
	set(c, &v.Ignored)
	set(c, &v.Caught)
}

func (c *coder) descriptor(v *procfs.Descriptor) {
	c.text(&v.Path)
	c.int(&v.MountID)
}

func (c *coder) program(v *procfs.Program) {
	c.text(&v.Path)
	c.int(&v.Bits)
	c.bool(&v.Static)
	c.strings(&v.Libraries)
	c.strings(&v.Marks)
	c.optStrings(&v.Waits)
	opt(c, &v.WaitsForAny, (*coder).bool)
}

func (c *coder) signalSets(v *[]procfs.SignalSet) { list(c, v, set[procfs.SignalSet]) }

func (c *coder) attention(v *procfs.Attention) {
	c.key(&v.Key)
	c.bool(&v.Ended)
	pointer(c, &v.Handling, (*coder).handling)
	list(c, &v.Threads, (*coder).threadAttention)
	c.bool(&v.ThreadsCut)
	opt(c, &v.SignalFDs, (*coder).signalSets)
	opt(c, &v.Stdin, (*coder).descriptor)
	opt(c, &v.Script, (*coder).text)
	c.optInt(&v.Clients)
	opt(c, &v.Program, (*coder).program)
}

func (c *coder) file(v *procfs.File) {
	c.text(&v.Text)
	c.bool(&v.Missing)
	c.time(&v.ChangedAt)
}

func (c *coder) host(v *procfs.Host) {
	opt(c, &v.BootID, (*coder).text)
	opt(c, &v.KernelRelease, (*coder).text)
	c.optInt(&v.PIDMax)
	opt(c, &v.CgroupVersion, (*coder).text)
	c.text(&v.HidePID)
	c.namespaces(&v.Namespaces)
	c.int(&v.EUID)
	c.bool(&v.CanPtrace)
	c.bool(&v.OwnFilesOnly)
	c.text(&v.Confined)
}

func (c *coder) resources(v *procfs.Resources) {
	c.key(&v.Key)
	opt(c, &v.ResidentBytes, (*coder).uint)
	c.optStrings(&v.Listening)
}

func (c *coder) pidsGroup(v *procfs.PIDsGroup) {
	c.text(&v.Path)
	c.text(&v.Dir)
	c.optInt(&v.Current)
	c.optInt(&v.Max)
	c.optInt(&v.Refused)
}

func (c *coder) oomKill(v *procfs.OOMKill) {
	c.duration(&v.At)
	c.text(&v.Limit)
	c.text(&v.Group)
	c.text(&v.Comm)
	c.int(&v.PID)
}

func (c *coder) oomFacts(v *procfs.OOMFacts) {
	c.optInt(&v.Kills)
	opt(c, &v.LogSince, (*coder).duration)
	list(c, &v.Victims, (*coder).oomKill)
}

func (c *coder) taskLimits(v *procfs.TaskLimits) {
	for _, limit := range []*procfs.Opt[int]{&v.PIDMax, &v.ThreadsMax, &v.Tasks, &v.MaxMappings} {
		c.optInt(limit)
	}
}

func (c *coder) addressSpace(v *procfs.AddressSpace) {
	c.key(&v.Key)
	for _, number := range []*procfs.Opt[int]{&v.Size, &v.Max, &v.MaxStack, &v.Mappings} {
		c.optInt(number)
	}
}

func (c *coder) userNSOrigin(v *procfs.UserNSOrigin) {
	c.inode(&v.Parent)
	c.optInt(&v.Owner)
}
