package source

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// readLimits reads the limits of fork in the containers: the host's limits, the control groups
// of their processes and of the engine's, the user namespaces, how many more threads a few
// processes can have, and the limits of the host's users with the same user IDs as containers.
func (r *recording) readLimits() {
	facts := &inspect.LimitFacts{TaskLimits: r.processes.TaskLimits(), UserNamespaces: map[uint64]procfs.UserNSOrigin{}}
	facts.ReaderUserNamespace = r.processes.OwnNamespace(procfs.UserNamespace)
	facts.ReaderCgroupNamespace = r.processes.OwnNamespace(procfs.CgroupNamespace)
	facts.EnginePIDs = r.engineProcesses()
	facts.Groups = r.readGroups(facts.EnginePIDs)
	for _, origins := range r.userNamespaces() {
		for inode, origin := range origins {
			facts.UserNamespaces[inode] = origin
		}
	}
	facts.AddressSpaces = r.addressSpaces(facts.MaxMappings)
	neighbours := r.neighbourLimits()
	r.note(func(c *inspect.Capture) {
		c.Limits = facts
		for at, most := range neighbours {
			c.Snapshot.Processes[at].MaxProcesses = most
		}
	})
}

// userNamespaces reads those that processes are in, each by one of them, and those around.
func (r *recording) userNamespaces() []map[uint64]procfs.UserNSOrigin {
	known := map[uint64]bool{procfs.InitialUserNamespace: true}
	var pids []int
	for i := range r.capture.Snapshot.Processes {
		p := &r.capture.Snapshot.Processes[i]
		if inode, ok := p.Namespace(procfs.UserNamespace).Get(); ok && !known[inode] {
			known[inode] = true
			pids = append(pids, p.PID)
		}
	}
	found := make([]map[uint64]procfs.UserNSOrigin, len(pids))
	readTogether(len(pids), func(i int) { found[i] = r.processes.UserNamespaces(pids[i]) })
	return found
}

// readGroups reads the groups of the containers' living processes, those of the engine's
// own, and those above, each once.
func (r *recording) readGroups(engine []int) []procfs.PIDsGroup {
	ix := r.indexed()
	type wanted struct {
		lines []procfs.Cgroup
		path  string
	}
	var list []wanted
	read := map[string]bool{}
	add := func(p *procfs.Process) {
		lines := p.Cgroups.Or(nil)
		path, ok := procfs.PIDsPath(lines)
		if !ok || p.IsZombie() {
			return
		}
		for _, above := range procfs.GroupsAbove(path) {
			if !read[above] {
				read[above] = true
				list = append(list, wanted{lines, above})
			}
		}
	}
	for _, p := range ix.Processes() {
		if ix.OwnerOf(p).Container != nil {
			add(p)
		}
	}
	for _, pid := range append(r.shims(), engine...) {
		add(ix.ProcessAt(pid))
	}
	groups := make([]procfs.PIDsGroup, len(list))
	readTogether(len(list), func(i int) { groups[i] = r.processes.PIDsGroup(list[i].lines, list[i].path) })
	return append(groups, r.parentGroups(read)...)
}

// parentGroups are the groups in which the engine creates containers that could not be started.
// They are read if they have a limit and were not read before.
func (r *recording) parentGroups(read map[string]bool) []procfs.PIDsGroup {
	var groups []procfs.PIDsGroup
	lines, found := r.anyCgroups()
	for i := range r.capture.Containers {
		c := &r.capture.Containers[i]
		if !found || c.IsRunning() || c.Error == "" {
			continue
		}
		for _, parent := range c.ParentGroups() {
			for _, above := range procfs.GroupsAbove(parent) {
				if read[above] {
					continue
				}
				read[above] = true
				if group := r.processes.PIDsGroup(lines, above); group.Max.Held() {
					groups = append(groups, group)
				}
			}
		}
	}
	return groups
}

// anyCgroups are the control groups of any process. They show which hierarchies exist.
func (r *recording) anyCgroups() ([]procfs.Cgroup, bool) {
	for i := range r.capture.Snapshot.Processes {
		if lines, ok := r.capture.Snapshot.Processes[i].Cgroups.Get(); ok && len(lines) > 0 {
			return lines, true
		}
	}
	return nil, false
}

// shims are the shims of the containers that were asked for.
func (r *recording) shims() []int {
	ix := r.indexed()
	var pids []int
	for _, id := range r.selected {
		if c := ix.Container(id); c != nil && ix.Binding(c).Shim != nil {
			pids = append(pids, ix.Binding(c).Shim.PID)
		}
	}
	return pids
}

// engineProcesses are the engine's daemon, if it serves a socket of this host, and containerd,
// if there is only one.
func (r *recording) engineProcesses() []int {
	ix := r.indexed()
	var daemons, runtimes []int
	for _, p := range ix.Processes() {
		switch {
		case p.KernelThread || p.IsZombie() || ix.OwnerOf(p).Container != nil:
		case p.PID == r.known().server && p.Comm == "dockerd":
			daemons = append(daemons, p.PID)
		case p.Comm == "containerd" && p.Depth() == 0:
			runtimes = append(runtimes, p.PID)
		}
	}
	if len(runtimes) > 1 {
		runtimes = nil // it cannot be determined which one belongs to the engine
	}
	return append(daemons, runtimes...)
}

// mostSpaces is for how many processes of a container the room for threads is read: its main
// process, and those with the most threads.
const mostSpaces = 8

// addressSpaces reads how much room for threads a few processes of each container have.
func (r *recording) addressSpaces(maxMappings procfs.Opt[int]) []procfs.AddressSpace {
	ix := r.indexed()
	var keys [][]procfs.Key
	for _, id := range r.selected {
		if c := ix.Container(id); c != nil {
			keys = append(keys, threadedMost(ix, c))
		}
	}
	spaces := make([][]procfs.AddressSpace, len(keys))
	readTogether(len(keys), func(i int) { spaces[i] = r.processes.AddressSpaces(keys[i], maxMappings) })
	return slices.Concat(spaces...)
}

// threadedMost are the processes of a container that are most likely to start a thread.
func threadedMost(ix *inspect.Index, c *inspect.Container) []procfs.Key {
	main := ix.Main(c)
	var living []*procfs.Process
	for _, p := range ix.ProcessesOf(c) {
		if !p.IsZombie() && p != main {
			living = append(living, p)
		}
	}
	slices.SortStableFunc(living, func(a, b *procfs.Process) int { return cmp.Compare(b.Threads, a.Threads) })
	if main != nil && !main.IsZombie() {
		living = slices.Insert(living, 0, main)
	}
	var keys []procfs.Key
	for _, p := range living[:min(len(living), mostSpaces)] {
		keys = append(keys, p.Key)
	}
	return keys
}

// These are for how many processes of one user of the host the limit is read, and for how many
// in all.
const (
	mostOfNeighbour = 4
	mostNeighbours  = 64
)

// neighbourLimits reads RLIMIT_NPROC of the host's own processes whose user ID processes of the
// containers also have, by their positions in the snapshot. The kernel counts both together.
func (r *recording) neighbourLimits() map[int]procfs.Opt[int] {
	ix := r.indexed()
	users := map[int]int{}
	for _, id := range r.selected {
		if c := ix.Container(id); c != nil {
			for _, p := range ix.ProcessesOf(c) {
				if p.UIDs.Real != 0 && !p.StatOnly {
					users[p.UIDs.Real] = mostOfNeighbour
				}
			}
		}
	}
	found := map[int]procfs.Opt[int]{}
	for i := range r.capture.Snapshot.Processes {
		p := &r.capture.Snapshot.Processes[i]
		if len(found) == mostNeighbours || p.StatOnly || p.KernelThread || p.IsZombie() || !p.MaxProcesses.IsZero() || users[p.UIDs.Real] == 0 || ix.OwnerOf(p).Container != nil {
			continue
		}
		now, err := r.processes.Process(p.PID, procfs.Detail{Limits: true, MainThread: true, WithoutArgs: true})
		if err != nil || now.Key != p.Key || now.UIDs.Real != p.UIDs.Real {
			continue
		}
		users[p.UIDs.Real]--
		found[i] = now.MaxProcesses
	}
	return found
}
