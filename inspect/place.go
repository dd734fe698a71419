package inspect

import (
	"path"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// A process that may write to a cgroup file system can give itself a path with any container's
// ID in it. So an ID in a path counts only where the runtime has put it: in the group of the
// container's main process, or below. If a container's main process names no group, the ID
// counts in the places where the runtime usually puts containers.

// place is where the control groups of containers are, in one hierarchy: the folder, and the
// text around the ID in the name ("docker-", ".scope").
type place struct {
	hierarchy             int
	folder, before, after string
}

// usualPlaces are the places of engines with their default configuration, in any hierarchy.
var usualPlaces = []place{
	{folder: "/docker"}, {folder: "/system.slice", before: "docker-", after: ".scope"},
	{folder: "/libpod_parent", before: "libpod-"}, {folder: "/machine.slice", before: "libpod-", after: ".scope"},
}

// groupLine is the line of one hierarchy in a process's cgroup file.
type groupLine struct {
	hierarchy int
	path      string
}

// places says to which containers control groups belong. It keeps the result for each line.
type places struct {
	ix *Index
	// homes are the containers' own groups.
	homes map[*Container]map[int]string
	known map[place]bool
	// owners are the containers by the lines of their processes, nil for no container.
	owners map[groupLine]*Container
}

func newPlaces(ix *Index) *places {
	s := &places{ix: ix, homes: map[*Container]map[int]string{}, known: map[place]bool{}, owners: map[groupLine]*Container{}}
	for c := range ix.Containers() {
		main := ix.Main(c)
		if main == nil {
			continue
		}
		for _, line := range main.Cgroups.Or(nil) {
			home, at := homeIn(line, c.ID)
			if home == "" {
				continue
			}
			if s.homes[c] == nil {
				s.homes[c] = map[int]string{}
			}
			s.homes[c][line.Hierarchy], s.known[at] = home, true
		}
	}
	return s
}

// homeIn is the outermost group in the path whose name has the ID, and its place, or "".
func homeIn(line procfs.Cgroup, id string) (home string, at place) {
	begin := strings.Index(line.Path, id)
	if begin < 0 {
		return "", place{}
	}
	home = line.Path
	if end := strings.IndexByte(home[begin:], '/'); end >= 0 {
		home = home[:begin+end]
	}
	folder, name := path.Split(home)
	before, after, _ := strings.Cut(name, id)
	return home, place{line.Hierarchy, path.Clean(folder), before, after}
}

// ownerOf is the innermost container in whose group the line is, or nil.
func (s *places) ownerOf(line procfs.Cgroup) *Container {
	key := groupLine{line.Hierarchy, line.Path}
	owner, known := s.owners[key]
	if !known {
		owner = s.find(line)
		s.owners[key] = owner
	}
	return owner
}

func (s *places) find(line procfs.Cgroup) *Container {
	for _, id := range slices.Backward(CgroupIDs(line.Path)) {
		if c := s.ix.Container(id); c != nil && s.isIn(line, c) {
			return c
		}
	}
	return nil
}

// isIn reports whether the line, which has the container's ID, is that of its group or of one
// below.
func (s *places) isIn(line procfs.Cgroup, c *Container) bool {
	homes := s.homes[c]
	if len(homes) == 0 {
		return s.isUsual(line, c.ID)
	}
	home, there := homes[line.Hierarchy]
	return there && (line.Path == home || strings.HasPrefix(line.Path, home+"/"))
}

// isUsual reports whether the ID is where the runtime puts the IDs of containers, as far as any
// place is known.
func (s *places) isUsual(line procfs.Cgroup, id string) bool {
	home, at := homeIn(line, id)
	if home == "" || len(s.known) == 0 || s.known[at] {
		return true
	}
	at.hierarchy = 0
	return slices.Contains(usualPlaces, at)
}

// ownerOfProcess is the container in whose groups the process is. If the hierarchies of cgroup
// v1 differ, it is the container that most of them have.
func (s *places) ownerOfProcess(p *procfs.Process) *Container {
	lines := p.Cgroups.Or(nil)
	for i, line := range lines {
		c := s.ownerOf(line)
		if c == nil {
			continue
		}
		if last := s.ownerOf(lines[len(lines)-1]); i < len(lines)-1 && last != nil && last != c {
			return s.mostOften(lines)
		}
		return c
	}
	return nil
}

func (s *places) mostOften(lines []procfs.Cgroup) (most *Container) {
	times := map[*Container]int{}
	for _, line := range lines {
		if c := s.ownerOf(line); c != nil {
			if times[c]++; times[c] > times[most] {
				most = c
			}
		}
	}
	return most
}

// placed are the places, computed once.
func (ix *Index) placed() *places {
	if ix.places == nil {
		ix.places = newPlaces(ix)
	}
	return ix.places
}

// CgroupNames are the other containers whose IDs are in the process's cgroup paths, but not in
// those of the container's main process. The process was moved there.
func (ix *Index) CgroupNames(c *Container, p *procfs.Process) []*Container {
	main := ix.Main(c)
	var list []*Container
	for _, line := range p.Cgroups.Or(nil) {
		for _, id := range CgroupIDs(line.Path) {
			other := ix.Container(id)
			if other != nil && other != c && !slices.Contains(list, other) && (main == nil || !InCgroupOf(main, id)) && !ix.isShimOf(c, p) {
				list = append(list, other)
			}
		}
	}
	SortByName(list)
	return list
}
