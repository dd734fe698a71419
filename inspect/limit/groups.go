package limit

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// groupOf is the path of the group in which the process's tasks are counted. The cgroup v1 lines
// of a zombie no longer show its group, but the zombie is still counted there. It is assumed to
// be in its container's own group.
func (s *tallies) groupOf(p *procfs.Process) (string, bool) {
	path, ok := procfs.PIDsPath(p.Cgroups.Or(nil))
	if owner := s.ix.OwnerOf(p).Container; ok && path == "/" && p.IsZombie() && owner != nil {
		if !s.ix.IsCharged(p, owner) {
			return "", false
		}
		return ownGroup(s.ix, owner)
	}
	return path, ok
}

// ownGroup is the path of the container's own group: that of its main process,
// up to the part that carries its ID.
func ownGroup(ix *inspect.Index, c *inspect.Container) (string, bool) {
	main := ix.Main(c)
	if main == nil {
		return "", false
	}
	path, ok := procfs.PIDsPath(main.Cgroups.Or(nil))
	at := strings.Index(path, c.ID)
	if !ok || at < 0 {
		return path, ok
	}
	if end := strings.IndexByte(path[at:], '/'); end >= 0 {
		path = path[:at+end]
	}
	return path, true
}

// groupLimits are the limits of the container's group, of the groups above, and of those inside
// that have a process of the container.
func (s *tallies) groupLimits(c *inspect.Container) []Limit {
	own, ok := ownGroup(s.ix, c)
	if !ok {
		return nil
	}
	above := procfs.GroupsAbove(own)
	known := map[string]bool{}
	for _, group := range above {
		known[group] = true
	}
	var inside []string
	for _, p := range s.ix.ProcessesOf(c) {
		path, ok := procfs.PIDsPath(p.Cgroups.Or(nil))
		if !ok || p.IsZombie() || known[path] {
			continue // the groups above a known group are known
		}
		for _, group := range procfs.GroupsAbove(path) {
			if !known[group] {
				known[group], inside = true, append(inside, group)
			}
		}
	}
	slices.Sort(inside)
	var list []Limit
	for _, path := range slices.Concat(above, inside) {
		list = append(list, s.groupLimit(c, own, path)...)
	}
	return list
}

// groupLimit is empty for the host's root group, which cannot have a limit. For a reader in a
// cgroup namespace of its own, the root has groups above it that cannot be read.
func (s *tallies) groupLimit(c *inspect.Container, own, path string) []Limit {
	if path == "/" {
		if s.facts.ReaderCgroupNamespace == procfs.Some[uint64](procfs.InitialCgroupNamespace) {
			return nil
		}
		path = "/.."
	}
	group := s.looked[path] // a group that was not looked for is unread
	l := Limit{
		Container: c, Kind: PIDs, Scope: ScopeInside, Path: path, Dir: group.Dir,
		Used: group.Current, Max: group.Max, Refused: group.Refused,
	}
	switch {
	case path == own:
		l.Scope = ScopeContainer
	case path == "/.." || strings.HasPrefix(own, path+"/"):
		l.Scope = ScopeParent
	}
	l.fill(s.groups[path], s.whole)
	return []Limit{l}
}
