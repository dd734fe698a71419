package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// A survey (procfs.FS.Survey) has of each process little more than whose child it
// is. What an answer rests on beyond that is read of few of them: these functions
// say of which.

// ShownWithZombies are the processes on which the answer about zombies rests:
// the zombies, whose session they are in, the containers' main processes, what
// else the same shims started (exec sessions), and the ancestors of all these.
func ShownWithZombies(c *Capture) map[int]bool {
	s := newSelection(c)
	s.addMains()
	for i := range c.Snapshot.Processes {
		if p := &c.Snapshot.Processes[i]; p.IsZombie() {
			s.add(p.PID)
			s.add(p.SID)
		}
	}
	return s.chosen
}

// ShownWithNamespaces are the processes on which the answer about namespaces
// rests: the containers' main processes, what is in a PID namespace other than
// theirs and the host's, or in one that could not be read, and the ancestors of
// all these.
func ShownWithNamespaces(c *Capture) map[int]bool {
	s := newSelection(c)
	s.addMains()
	known := map[uint64]bool{}
	if inode, ok := c.Host.Namespaces[procfs.PIDNamespace].Get(); ok {
		known[inode] = true
	}
	for i := range c.Containers {
		if main := s.processes.at(c.Containers[i].HostPID); main != nil {
			known[main.Namespace(procfs.PIDNamespace).Or(0)] = true
		}
	}
	for i := range c.Snapshot.Processes {
		p := &c.Snapshot.Processes[i]
		if inode, ok := p.Namespace(procfs.PIDNamespace).Get(); !ok || !known[inode] {
			s.add(p.PID)
		}
	}
	return s.chosen
}

// selection chooses processes of a survey, with their ancestors.
type selection struct {
	capture   *Capture
	processes pidTable
	chosen    map[int]bool
}

func newSelection(c *Capture) *selection {
	return &selection{capture: c, processes: newPIDTable(c.Snapshot.Processes), chosen: map[int]bool{}}
}

func (s *selection) add(pid int) {
	for p := s.processes.at(pid); p != nil && !s.chosen[p.PID]; p = s.processes.at(p.ParentPID) {
		s.chosen[p.PID] = true
	}
}

// addMains adds the processes that the engine names, and their siblings: below a
// shim these are exec sessions. Everything is a sibling of what the host's init
// has adopted.
func (s *selection) addMains() {
	parents := map[int]bool{}
	for i := range s.capture.Containers {
		if main := s.processes.at(s.capture.Containers[i].HostPID); main != nil {
			s.add(main.PID)
			parents[main.ParentPID] = main.ParentPID > hostInit
		}
	}
	for i := range s.capture.Snapshot.Processes {
		if p := &s.capture.Snapshot.Processes[i]; parents[p.ParentPID] {
			s.add(p.PID)
		}
	}
}

// hostInit is the PID of the first process of the /proc that was read.
const hostInit = 1
