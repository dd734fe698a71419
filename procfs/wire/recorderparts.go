package wire

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

const (
	// mostHeard is of how many processes of a container the signal handling is recorded.
	mostHeard = 128
	// mostSpaces is of how many processes of a container the address space is recorded: those
	// with the most threads, and the main process.
	mostSpaces = 16
)

// recordAttention reads the signal handling of processes of containers, of the shims, and of
// the host's first process, to which orphans come.
func (r *recorder) recordAttention() {
	type asked struct {
		container string
		key       procfs.Key
	}
	var list []asked
	seen := map[int]bool{}
	add := func(container string, p *procfs.Process) {
		if !seen[p.PID] {
			seen[p.PID] = true
			list = append(list, asked{container, p.Key})
		}
	}
	for _, id := range r.ids() {
		for _, p := range r.of(id, mostHeard) {
			add(id, p)
		}
	}
	for i := range r.record.snapshot.Processes {
		if p := &r.record.snapshot.Processes[i]; p.PID == 1 || isShim(p) {
			add("", p)
		}
	}
	r.record.attention = make([]procfs.Attention, len(list))
	together(len(list), func(i int) {
		a, err := r.proc.Attention(list[i].container, list[i].key.PID, r.session.attention.programs())
		if err != nil || a.Key != list[i].key {
			a = procfs.Attention{Key: list[i].key, Ended: true}
		}
		r.record.attention[i] = a
	})
}

// recordGroups finds the folders of the containers' control groups, and reads what is in them.
func (r *recorder) recordGroups() {
	mounts, folders := r.proc.CgroupMounts(), &r.session.folders
	asked, read := map[string]bool{}, map[string]bool{}
	for _, id := range r.ids() {
		for _, p := range r.of(id, len(r.containers[id])) {
			for _, unified := range []bool{false, true} {
				of := groupSought{p.Cgroups.Or(nil), id, unified}
				if key := of.word(); asked[key] {
					continue
				} else {
					asked[key] = true
				}
				find := mounts.Group
				if unified {
					find = mounts.UnifiedGroup
				}
				dir := folders.named(find(of.lines, id))
				r.record.groups = append(r.record.groups, recordedGroup{of, dir})
				if dir != "" && !read[dir] {
					read[dir] = true
					r.record.folders = append(r.record.folders, r.folder(dir))
				}
			}
		}
	}
}

// folder reads what is in the folder of a control group.
func (r *recorder) folder(dir string) recordedFolder {
	at := r.session.folders.reached(dir)
	pid, known := r.proc.OldestGroupPID(at)
	return recordedFolder{dir, r.proc.GroupPIDs(at), oldestPID{pid, known}, pidsUse{read.PIDsCurrent(at), read.PIDsMax(at)}}
}

// recordPIDs reads the groups of the pids controller that processes are in, and those above.
func (r *recorder) recordPIDs() {
	mounts := r.proc.PIDsMounts()
	if r.relative { // what this program has mounted is its own group
		mounts = r.proc.CgroupMounts()
	}
	read := map[string]bool{}
	for i := range r.record.snapshot.Processes {
		lines := r.record.snapshot.Processes[i].Cgroups.Or(nil)
		path, known := procfs.PIDsPath(lines)
		if !known || read[path] {
			continue
		}
		for _, above := range procfs.GroupsAbove(path) {
			if read[above] {
				break // and so are all above it
			}
			read[above] = true
			group := mounts.PIDsGroup(lines, above)
			group.Dir = r.session.folders.named(group.Dir)
			r.record.pids = append(r.record.pids, group)
		}
	}
}

// recordLimits reads what else can stop a fork.
func (r *recorder) recordLimits() {
	r.record.taskLimits = r.proc.TaskLimits()
	r.record.namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	for _, t := range procfs.NamespaceTypes {
		r.record.namespaces[t] = r.proc.OwnNamespace(t)
	}
	if r.absolute { // as a reader in the host's cgroup namespace sees them
		r.record.namespaces[procfs.CgroupNamespace] = r.record.host.Namespaces[procfs.CgroupNamespace]
	}
	r.record.users = map[uint64]procfs.UserNSOrigin{}
	for i := range r.record.snapshot.Processes {
		p := &r.record.snapshot.Processes[i]
		inode, known := p.Namespace(procfs.UserNamespace).Get()
		if _, read := r.record.users[inode]; !known || read || inode == procfs.InitialUserNamespace {
			continue
		}
		for inode, origin := range r.proc.UserNamespaces(p.PID) {
			r.record.users[inode] = origin
		}
	}
	for _, id := range r.ids() {
		r.record.spaces = append(r.record.spaces, r.proc.AddressSpaces(r.threaded(id), r.record.taskLimits.MaxMappings)...)
	}
}

// threaded are the processes of a container that are most likely to start a thread: its first
// one, and those with the most threads.
func (r *recorder) threaded(id string) []procfs.Key {
	list := slices.DeleteFunc(r.of(id, len(r.containers[id])), (*procfs.Process).IsZombie)
	var keys []procfs.Key
	for i := range list[:min(len(list), mostSpaces)] {
		most := i
		for j := i + 1; i > 0 && j < len(list); j++ {
			if list[j].Threads > list[most].Threads {
				most = j
			}
		}
		list[i], list[most] = list[most], list[i]
		keys = append(keys, list[i].Key)
	}
	return keys
}
