package source

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// readLimits reads what decides over fork in the containers: the host's limits,
// the control groups of their processes, and whose user namespaces there are.
func (r *recording) readLimits() {
	facts := &inspect.LimitFacts{TaskLimits: r.processes.TaskLimits(), UserNamespaces: map[uint64]procfs.UserNSOrigin{}}
	facts.ReaderUserNamespace = r.processes.OwnNamespace(procfs.UserNamespace)
	facts.ReaderCgroupNamespace = r.processes.OwnNamespace(procfs.CgroupNamespace)
	facts.Groups = r.readGroups()
	for i := range r.capture.Snapshot.Processes {
		p := &r.capture.Snapshot.Processes[i]
		inode, ok := p.Namespace(procfs.UserNamespace).Get()
		if _, known := facts.UserNamespaces[inode]; !ok || known || inode == procfs.InitialUserNamespace {
			continue
		}
		for around, origin := range r.processes.UserNamespaces(p.PID) {
			facts.UserNamespaces[around] = origin
		}
	}
	r.note(func(c *inspect.Capture) { c.Limits = facts })
}

// readGroups reads the groups of the containers' living processes and those
// above, each once.
func (r *recording) readGroups() []procfs.PIDsGroup {
	ix := r.indexed()
	var groups []procfs.PIDsGroup
	read := map[string]bool{}
	for i := range r.capture.Snapshot.Processes {
		p := &r.capture.Snapshot.Processes[i]
		lines := p.Cgroups.Or(nil)
		path, ok := procfs.PIDsPath(lines)
		if !ok || p.IsZombie() || ix.OwnerOf(p).Container == nil {
			continue
		}
		for _, above := range procfs.GroupsAbove(path) {
			if !read[above] {
				read[above] = true
				groups = append(groups, r.processes.PIDsGroup(lines, above))
			}
		}
	}
	return groups
}
