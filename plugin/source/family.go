package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// readFamily reads of the containers' processes everything, or where the answer rests on
// few of them, whose each is and what those few are.
func (s *session) readFamily(ctx context.Context) error {
	of, only := s.family(), s.request.Only
	if only != nil && only.Listed == need.Stat {
		of.Only = &procfs.SurveyOf{Cgroups: true, PIDNamespaces: only.PIDNamespaces}
	}
	snapshot, err := s.processes.Family(ctx, of, s.detail())
	if err != nil {
		return err
	}
	s.capture.Snapshot = snapshot
	if of.Only == nil {
		return nil
	}
	needs, details := only.Needs(s.capture, s.selected), s.detailsByNeed()
	return s.processes.Complete(ctx, &s.capture.Snapshot, func(p *procfs.Process) (procfs.Detail, bool) {
		return details[needs(p.PID)], p.StatOnly && needs(p.PID) > need.Owner
	})
}

// family says which processes belong to the containers that were asked for:
// the tree below the shim, the tree below the init of the PID namespace, where
// orphans go, and the control group. Of the other containers it is the main
// process alone.
func (s *session) family() procfs.FamilyOf {
	of := procfs.FamilyOf{Alone: s.lineage}
	mounts := s.proc.CgroupMounts()
	for i := range s.capture.Containers {
		c := &s.capture.Containers[i]
		whole := s.isReadWhole(c)
		main, err := s.proc.Process(c.HostPID, s.detailOf(whole || slices.Contains(s.selected, c.ID)))
		if c.HostPID == 0 || err != nil {
			of.Alone = appendPID(of.Alone, c.HostPID)
			continue
		}
		of.Known = append(of.Known, main)
		// Of a shim nobody asks what its threads do.
		parent, err := s.proc.Process(main.ParentPID, s.detailOf(false))
		if err == nil {
			of.Known = append(of.Known, parent)
		}
		if !whole {
			continue
		}
		of.Trees = appendPID(of.Trees, treeRoot(&main, &parent))
		if inode, ok := main.Namespace(procfs.PIDNamespace).Get(); ok && s.request.Entered && !s.isHosts(inode) {
			of.PIDNamespaces = append(of.PIDNamespaces, inode)
		}
		if dir := mounts.Group(main.Cgroups.Or(nil), c.ID); dir != "" {
			of.Groups = append(of.Groups, dir)
		}
	}
	return of
}

// isHosts: the inode is that of the host's PID namespace, or may be.
func (s *session) isHosts(inode uint64) bool {
	hosts, known := s.capture.Host.Namespaces[procfs.PIDNamespace].Get()
	return !known || inode == hosts
}

// detailOf a process: of a container that is only named, or of a shim, the main
// thread is enough.
func (s *session) detailOf(whole bool) procfs.Detail {
	detail := s.detail()
	detail.MainThread = !whole
	return detail
}

func appendPID(list []int, pids ...int) []int {
	for _, pid := range pids {
		if pid > 0 && !slices.Contains(list, pid) {
			list = append(list, pid)
		}
	}
	return list
}

// treeRoot is the main process's shim, or the main process where its parent is
// no shim: the tree below the host's init would be the whole host.
func treeRoot(main, parent *procfs.Process) int {
	if inspect.ShimName(parent) == "" {
		return main.PID
	}
	return parent.PID
}

// isReadWhole: the containers that were asked for, and the owners of the PID
// namespaces that they joined, whose inits adopt their orphans; with Members
// also the others that joined the same one.
func (s *session) isReadWhole(c *inspect.Container) bool {
	if s.request.MainOnly || len(s.request.Numbers) > 0 {
		return false
	}
	return slices.Contains(s.selected, c.ID) || slices.ContainsFunc(s.selected, func(id string) bool {
		owner := s.namespaceOwner(id)
		return owner == c.ID || s.request.Members && owner == s.namespaceOwner(c.ID)
	})
}

// namespaceOwner is the ID of the container whose PID namespace it is as declared;
// where the engine did not answer about that one, what was declared.
func (s *session) namespaceOwner(id string) string {
	c := s.containerNamed(id)
	if c == nil {
		return id
	}
	home := inspect.DeclaredHome(c, procfs.PIDNamespace, s.containerNamed)
	if joined := home.JoinedID(); joined != "" && s.containerNamed(joined) == nil {
		return joined
	}
	return home.ID
}

func (s *session) containerNamed(ref string) *inspect.Container {
	at := slices.IndexFunc(s.capture.Containers, func(c inspect.Container) bool { return ref != "" && (c.ID == ref || c.Name == ref) })
	if at < 0 {
		return nil
	}
	return &s.capture.Containers[at]
}

// findByShims makes the containers of a silent engine from the shims that
// serve them.
func (s *session) findByShims() {
	found, ok := shim.Containers(&s.capture.Snapshot, s.server)
	if !ok {
		s.capture.Problems = append(s.capture.Problems, inspect.Problem{
			Kind: inspect.EngineSilent, Text: "the engine does not answer, and /proc shows containers of several engines: which are whose cannot be told",
		})
	}
	s.capture.Containers = found
	for _, c := range s.capture.Containers {
		s.selected = append(s.selected, c.ID)
	}
}

// fillFromProc gives the containers that the engine only listed the host PID
// that their shim tells.
func (s *session) fillFromProc(ctx context.Context) {
	if !slices.ContainsFunc(s.capture.Containers, func(c inspect.Container) bool { return c.Silent }) {
		return
	}
	snapshot, err := s.proc.Scan(ctx, procfs.Detail{})
	if err != nil {
		return
	}
	s.awaitHost()
	list, _ := shim.Containers(&snapshot, s.server)
	for _, found := range list {
		for i := range s.capture.Containers {
			c := &s.capture.Containers[i]
			if c.Silent && c.ID == found.ID {
				c.HostPID, c.StartedAt = found.HostPID, found.StartedAt
			}
		}
	}
}
