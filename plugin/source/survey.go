package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Survey is a look at all processes in which few are read whole.
type Survey struct {
	// PIDNamespaces: the PID namespace of every process is read.
	PIDNamespaces bool
	// Shown chooses those that are read whole.
	Shown func(*inspect.Capture) map[int]bool
}

// survey reads of every process its stat, and whole those on which the answer
// rests. Whose the others are, the containers' control groups say.
func (s *session) survey(ctx context.Context) error {
	if proc, ok := s.processes.(procfs.FS); ok && s.request.Only.PIDNamespaces {
		return s.readOutside(ctx, proc)
	}
	snapshot, err := s.processes.Survey(ctx, s.request.Only.PIDNamespaces)
	if err != nil {
		return err
	}
	s.capture.Snapshot = snapshot
	shown := s.request.Only.Shown(s.capture)
	if err := s.complete(ctx, func(p *procfs.Process) bool { return shown[p.PID] }); err != nil {
		return err
	}
	s.listGroups()
	return nil
}

// readOutside reads the main processes and what is in PID namespaces of its own:
// through /proc a namespace costs less than a stat.
func (s *session) readOutside(ctx context.Context, proc procfs.FS) error {
	var mains []int
	for i := range s.capture.Containers {
		mains = appendPID(mains, s.capture.Containers[i].HostPID)
	}
	var known []uint64
	if inode, ok := s.capture.Host.Namespaces[procfs.PIDNamespace].Get(); ok {
		known = append(known, inode)
	}
	snapshot, err := proc.Outside(ctx, mains, known, s.detailOf(false))
	if err == nil {
		s.capture.Snapshot = snapshot
	}
	return err
}

func (s *session) complete(ctx context.Context, chosen func(*procfs.Process) bool) error {
	return s.processes.Complete(ctx, &s.capture.Snapshot, chosen, s.detail())
}

// listGroups lists the processes of each container's control group, groups that
// are below another's after it.
func (s *session) listGroups() {
	mounts := s.proc.CgroupMounts()
	s.capture.Groups = nil
	ix := inspect.NewIndex(s.capture) // who is a main process; whose the others are comes of this
	for i := range s.capture.Containers {
		c := &s.capture.Containers[i]
		main := ix.Binding(c).Main
		if main == nil {
			continue
		}
		if dir := mounts.Group(main.Cgroups.Or(nil), c.ID); dir != "" {
			s.capture.Groups = append(s.capture.Groups, inspect.GroupMembers{ContainerID: c.ID, Path: dir, PIDs: s.proc.GroupPIDs(dir)})
		}
	}
	slices.SortFunc(s.capture.Groups, func(a, b inspect.GroupMembers) int { return len(a.Path) - len(b.Path) })
}

// readNewParents reads whole who has adopted zombies since the first look.
func (s *session) readNewParents(ctx context.Context) error {
	parents := map[int]bool{}
	for _, z := range s.capture.SecondLook.Zombies {
		parents[z.ParentPID] = true
	}
	return s.complete(ctx, func(p *procfs.Process) bool { return parents[p.PID] })
}
