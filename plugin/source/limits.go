package source

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// readLimits reads what decides over fork in the containers: the host's limits,
// the control groups of their processes, and whose user namespaces there are.
func (s *session) readLimits() {
	facts := &inspect.LimitFacts{TaskLimits: s.proc.TaskLimits(), UserNamespaces: map[uint64]procfs.UserNSOrigin{}}
	facts.ReaderUserNamespace = s.proc.OwnNamespace(procfs.UserNamespace)
	facts.ReaderCgroupNamespace = s.proc.OwnNamespace(procfs.CgroupNamespace)
	facts.Groups = s.readGroups()
	for i := range s.capture.Snapshot.Processes {
		p := &s.capture.Snapshot.Processes[i]
		inode, ok := p.Namespace(procfs.UserNamespace).Get()
		if _, known := facts.UserNamespaces[inode]; !ok || known || inode == procfs.InitialUserNamespace {
			continue
		}
		for around, origin := range s.proc.UserNamespaces(p.PID) {
			facts.UserNamespaces[around] = origin
		}
	}
	s.capture.Limits = facts
}

// readGroups reads the groups of the containers' living processes and those
// above, each once.
func (s *session) readGroups() []procfs.PIDsGroup {
	ix := s.indexed()
	mounts := s.proc.PIDsMounts()
	var groups []procfs.PIDsGroup
	read := map[string]bool{}
	for i := range s.capture.Snapshot.Processes {
		p := &s.capture.Snapshot.Processes[i]
		lines := p.Cgroups.Or(nil)
		path, ok := procfs.PIDsPath(lines)
		if !ok || p.IsZombie() || ix.OwnerOf(p).Container == nil {
			continue
		}
		for _, above := range procfs.GroupsAbove(path) {
			if !read[above] {
				read[above] = true
				groups = append(groups, mounts.PIDsGroup(lines, above))
			}
		}
	}
	return groups
}
