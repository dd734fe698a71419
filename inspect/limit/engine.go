package limit

import (
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// engineLimits are the limits of the control groups in which the engine forks for the container.
// Its shim starts exec sessions and health checks, containerd starts shims, and the daemon
// starts what serves the container's ports (systemd's TasksMax of docker.service and
// containerd.service). A group that the container is also in is one of the container's own
// limits.
func (s *tallies) engineLimits(c *inspect.Container) []Limit {
	known := map[string]bool{"/": true}
	if own, ok := ownGroup(s.ix, c); ok {
		for _, group := range procfs.GroupsAbove(own) {
			known[group] = true
		}
	}
	var list []Limit
	for _, p := range s.engineOf(c) {
		path, ok := procfs.PIDsPath(p.Cgroups.Or(nil))
		if !ok || strings.HasPrefix(path, "/..") {
			continue
		}
		for _, group := range procfs.GroupsAbove(path) {
			if known[group] {
				continue
			}
			known[group] = true
			for _, l := range s.groupLimit(c, "", group) {
				l.Scope, l.Process = ScopeEngine, p
				if !l.IsUnlimited() {
					list = append(list, l)
				}
			}
		}
	}
	return list
}

// engineOf are the container's shim and the engine's processes.
func (s *tallies) engineOf(c *inspect.Container) []*procfs.Process {
	var list []*procfs.Process
	if shim := s.ix.Binding(c).Shim; shim != nil {
		list = append(list, shim)
	}
	for _, pid := range s.facts.EnginePIDs {
		if p := s.ix.ProcessAt(pid); p != nil {
			list = append(list, p)
		}
	}
	return list
}
