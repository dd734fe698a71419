package need

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// selection chooses processes of a survey, with their ancestors.
type selection struct {
	capture   *inspect.Capture
	processes procfs.PIDTable
	// needed is how much is needed of each process, in their order.
	needed []Extent
}

func newSelection(c *inspect.Capture) *selection {
	table := procfs.NewPIDTable(c.Snapshot.Processes)
	return &selection{capture: c, processes: table, needed: make([]Extent, len(table))}
}

// needs is what is needed of those that were chosen. It no longer looks at the snapshot, which
// changes while it is completed.
func (s *selection) needs() Extents {
	chosen := 0
	for _, need := range s.needed {
		if need > Stat {
			chosen++
		}
	}
	pids, needed := make([]int, 0, chosen), make([]Extent, 0, chosen)
	for i, p := range s.processes {
		if s.needed[i] > Stat {
			pids, needed = append(pids, p.PID), append(needed, s.needed[i])
		}
	}
	return func(pid int) Extent {
		if at, chosen := slices.BinarySearch(pids, pid); chosen {
			return needed[at]
		}
		return Stat
	}
}

// add chooses the process at a position, and its ancestors without their threads.
func (s *selection) add(i int, need Extent) {
	s.needed[i] = max(s.needed[i], need)
	above, there := s.processes.Find(s.processes[i].ParentPID)
	for there && s.needed[above] < Process {
		s.needed[above] = Process
		above, there = s.processes.Find(s.processes[above].ParentPID)
	}
}

// addPID chooses a process that may not exist.
func (s *selection) addPID(pid int, need Extent) {
	if i, there := s.processes.Find(pid); there {
		s.add(i, need)
	}
}

func (s *selection) mainOf(c *inspect.Container) *procfs.Process { return s.processes.At(c.HostPID) }

// addMains adds the processes that the engine reports, and their siblings.
func (s *selection) addMains(need Extent) {
	for i := range s.capture.Containers {
		s.addPID(s.capture.Containers[i].HostPID, need)
	}
	served := s.servedWith(func(*inspect.Container) bool { return true })
	for i, p := range s.processes {
		if served[p.ParentPID] {
			s.add(i, Process)
		}
	}
}

// servedWith are the PIDs of the parents of the containers' main processes. Other children of a
// shim are exec sessions. The host's init is left out, because all processes that it has adopted
// are siblings.
func (s *selection) servedWith(wanted func(*inspect.Container) bool) map[int]bool {
	parents := map[int]bool{}
	for i := range s.capture.Containers {
		c := &s.capture.Containers[i]
		if main := s.mainOf(c); main != nil && main.ParentPID > hostInit && wanted(c) {
			parents[main.ParentPID] = true
		}
	}
	return parents
}

// hostInit is the PID of the first process of the /proc that was read.
const hostInit = 1

// addZombies adds the zombies and the leaders of their sessions.
func (s *selection) addZombies() {
	for i, p := range s.processes {
		if p.IsZombie() {
			s.add(i, Process)
			s.addPID(p.SID, Process)
		}
	}
}

// addZombieOwners adds what shows the owners of zombies. If a container's control group lists a
// zombie's parent, the zombie's own groups are enough, unless that parent may be the shim of an
// engine inside. Otherwise a shim may have started the zombie, and its depth in PID namespaces
// and its ancestors are needed. A session leader that no group lists can show the owner too.
func (s *selection) addZombieOwners() {
	inside := s.inGroups()
	for i, p := range s.processes {
		if !p.IsZombie() {
			continue
		}
		switch parent, there := s.processes.Find(p.ParentPID); {
		case !there || !inside[parent]:
			s.add(i, Process)
		case inspect.MayBeShim(s.processes[parent]):
			s.add(i, Owner)
		default:
			s.needed[i] = max(s.needed[i], Owner)
		}
		if leader, there := s.processes.Find(p.SID); there && !inside[leader] && !s.processes[leader].IsZombie() {
			s.add(leader, Process)
		}
	}
}

// inGroups says for each process, in their order, whether a container's control group lists it.
func (s *selection) inGroups() []bool {
	found := make([]bool, len(s.processes))
	for _, group := range s.capture.Groups {
		for i := range s.processes.FindAll(group.PIDs) {
			found[i] = true
		}
	}
	return found
}

// addEngines adds what may be a shim or an engine. Their arguments show the owners of others.
func (s *selection) addEngines() {
	for i, p := range s.processes {
		if runsContainers(p) {
			s.add(i, Process)
		}
	}
}

// together are the containers with these IDs, and those whose main processes are, or may be, in
// the PID namespace of one of them. Orphans of one can be reparented to the other.
func (s *selection) together(ids []string) map[string]bool {
	wanted, namespaces, unread := map[string]bool{}, map[uint64]bool{}, false
	asked := make(map[string]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	for i := range s.capture.Containers {
		c := &s.capture.Containers[i]
		if !asked[c.ID] {
			continue
		}
		wanted[c.ID] = true
		if main := s.mainOf(c); main != nil {
			inode, ok := main.Namespace(procfs.PIDNamespace).Get()
			namespaces[inode], unread = true, unread || !ok
		}
	}
	for i := range s.capture.Containers {
		c := &s.capture.Containers[i]
		if main := s.mainOf(c); main != nil {
			inode, ok := main.Namespace(procfs.PIDNamespace).Get()
			wanted[c.ID] = wanted[c.ID] || unread || !ok || namespaces[inode]
		}
	}
	return wanted
}

// addMembers adds all processes that may belong to one of the containers.
func (s *selection) addMembers(wanted map[string]bool) {
	inside := s.listed(wanted)
	served := s.servedWith(func(c *inspect.Container) bool { return wanted[c.ID] })
	namespaces := s.namespacesOf(wanted)
	for i, p := range s.processes {
		inode := p.Namespace(procfs.PIDNamespace).Or(0)
		inside[i] = inside[i] || served[p.ParentPID] || namespaces[inode]
	}
	outside := make([]bool, len(s.processes))
	for i := range s.processes {
		if s.isBelow(i, inside, outside) {
			s.add(i, All)
		}
	}
}

// listed says for each process, in their order, whether the control groups of the containers
// list it, its own cgroup lines name one, or the engine reports it. Only one hierarchy of cgroup
// v1 is listed, and none if they are mounted in another way.
func (s *selection) listed(wanted map[string]bool) []bool {
	found := make([]bool, len(s.processes))
	for i, p := range s.processes {
		found[i] = namesOneOf(p, wanted)
	}
	mark := func(pids ...int) {
		for i := range s.processes.FindAll(pids) {
			found[i] = true
		}
	}
	for i := range s.capture.Containers {
		if c := &s.capture.Containers[i]; wanted[c.ID] {
			mark(c.HostPID)
		}
	}
	for _, group := range s.capture.Groups {
		if !wanted[group.ContainerID] {
			continue
		}
		mark(group.PIDs...)
	}
	return found
}

// namesOneOf reports whether the process's cgroup lines have the ID of one of the containers.
func namesOneOf(p *procfs.Process, wanted map[string]bool) bool {
	for _, group := range p.Cgroups.Or(nil) {
		if slices.ContainsFunc(inspect.CgroupIDs(group.Path), func(id string) bool { return wanted[id] }) {
			return true
		}
	}
	return false
}

// namespacesOf are the PID namespaces of the containers' main processes, except the host's.
func (s *selection) namespacesOf(wanted map[string]bool) map[uint64]bool {
	found := map[uint64]bool{}
	for i := range s.capture.Containers {
		c := &s.capture.Containers[i]
		if main := s.mainOf(c); main != nil && wanted[c.ID] {
			if inode, ok := main.Namespace(procfs.PIDNamespace).Get(); ok {
				found[inode] = true
			}
		}
	}
	if inode, ok := s.capture.Host.Namespaces[procfs.PIDNamespace].Get(); ok {
		delete(found, inode)
	}
	return found
}

// isBelow reports whether the process or one of its ancestors is inside. Results for the
// processes on the way are kept in inside and outside.
func (s *selection) isBelow(i int, inside, outside []bool) bool {
	way := []int{}
	there := true
	for there && !inside[i] && !outside[i] {
		way, outside[i] = append(way, i), true
		i, there = s.processes.Find(s.processes[i].ParentPID)
	}
	if !there || !inside[i] {
		return false
	}
	for _, below := range way {
		inside[below] = true
	}
	return true
}
