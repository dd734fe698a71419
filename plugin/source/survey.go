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

// isSurvey: of most processes little is needed, as long as the engine answers.
func (r *Request) isSurvey() bool {
	return r.Only != nil && !r.Host && len(r.Numbers) == 0 && len(r.Containers) == 0
}

// survey reads of every process its stat, and whole those on which the answer
// rests. Whose the others are, the containers' control groups say.
// The groups may have been listed meanwhile.
func (s *session) survey(ctx context.Context, groups func() []inspect.GroupMembers) error {
	if proc, ok := s.processes.(procfs.FS); ok && s.request.Only.PIDNamespaces {
		return s.readOutside(ctx, proc)
	}
	if groups == nil {
		groups = s.listGroups()
	}
	snapshot, err := s.processes.Survey(ctx, s.request.Only.PIDNamespaces)
	s.capture.Groups = groups()
	if err != nil {
		return err
	}
	s.capture.Snapshot = snapshot
	shown := s.request.Only.Shown(s.capture)
	return s.complete(ctx, func(p *procfs.Process) bool { return shown[p.PID] })
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

// listGroups lists the processes of each container's control group while the collector
// is opened or all processes are surveyed, groups that are below another's after it. What it returns
// waits for the lists. A group is the container's by the ID in its path.
func (s *session) listGroups() func() []inspect.GroupMembers {
	containers := s.capture.Containers
	var groups []inspect.GroupMembers
	done := make(chan struct{})
	go func() {
		defer close(done)
		mounts := s.proc.CgroupMounts()
		for i := range containers {
			c := &containers[i]
			main, err := s.proc.Process(c.HostPID, procfs.Detail{MainThread: true})
			if c.HostPID == 0 || err != nil {
				continue
			}
			if dir := mounts.Group(main.Cgroups.Or(nil), c.ID); dir != "" {
				groups = append(groups, inspect.GroupMembers{ContainerID: c.ID, Path: dir, PIDs: s.proc.GroupPIDs(dir)})
			}
		}
		slices.SortFunc(groups, func(a, b inspect.GroupMembers) int { return len(a.Path) - len(b.Path) })
	}()
	return func() []inspect.GroupMembers {
		<-done
		return groups
	}
}

// readNewParents reads whole who has adopted zombies since the first look.
func (s *session) readNewParents(ctx context.Context) error {
	parents := map[int]bool{}
	for _, z := range s.capture.SecondLook.Zombies {
		parents[z.ParentPID] = true
	}
	return s.complete(ctx, func(p *procfs.Process) bool { return parents[p.PID] })
}
