package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
)

// isSurvey: of most processes little is needed, as long as the engine answers.
func (r *Request) isSurvey() bool {
	return r.Only != nil && len(r.Numbers) == 0 && (r.Host || len(r.Containers) == 0)
}

// purpose: where more is needed of every process, the kernel tells it of all at once.
func (r *Request) purpose() taskiter.Purpose {
	if r.isSurvey() && r.Only.Others == need.Stat {
		return taskiter.ForSurveys
	}
	return taskiter.ForScans
}

// survey reads of every process little, and more of those on which the answer rests.
// Whose the others are, the containers' control groups say. The groups may have been
// listed meanwhile.
func (s *session) survey(ctx context.Context, groups func() []inspect.GroupMembers) error {
	if proc, ok := s.processes.(read.FS); ok && s.request.Only.NoStat {
		return s.readOutside(ctx, proc)
	}
	if groups == nil {
		groups = s.listGroups()
	}
	only, details := s.request.Only, s.detailsByNeed()
	read := s.needAhead(groups)
	of := procfs.SurveyOf{PIDNamespaces: only.PIDNamespaces, Cgroups: only.Others == need.Owner}
	of.Ahead = func(pid int) (procfs.Detail, bool) {
		extent := read(pid)
		return details[extent], extent > need.Owner
	}
	snapshot, err := s.processes.Survey(ctx, of)
	s.capture.Groups = groups()
	if err != nil {
		return err
	}
	s.capture.Snapshot = snapshot
	for range 2 {
		before, needs := read, only.Needs(s.capture, s.selected)
		extent := func(pid int) need.Extent { return max(needs(pid), only.Others) }
		err := s.processes.Complete(ctx, &s.capture.Snapshot, func(p *procfs.Process) (procfs.Detail, bool) {
			return details[extent(p.PID)], extent(p.PID) > before(p.PID)
		})
		if err != nil || only.Others == need.Stat {
			return err
		}
		read = func(pid int) need.Extent { return max(before(pid), extent(pid)) }
	}
	return nil
}

// needAhead says, by PID, how much is needed of processes before anything is known but
// the control groups that list them. Where the kernel is asked it is little, as that
// tells of all at once.
func (s *session) needAhead(groups func() []inspect.GroupMembers) func(pid int) need.Extent {
	only := s.request.Only
	if _, proc := s.processes.(read.FS); !proc || only.Listed == need.Stat {
		return func(int) need.Extent { return need.Stat }
	}
	listed := map[int]bool{}
	for _, group := range groups() {
		if !slices.Contains(s.selected, group.ContainerID) {
			continue
		}
		for _, pid := range group.PIDs {
			listed[pid] = true
		}
	}
	return func(pid int) need.Extent {
		if listed[pid] {
			return only.Listed
		}
		return only.Others
	}
}

// detailsByNeed is what is read for each need beyond a survey.
func (s *session) detailsByNeed() (details [need.All + 1]procfs.Detail) {
	types := []procfs.NamespaceType{procfs.UserNamespace}
	if s.request.Only.PIDNamespaces {
		types = append(types, procfs.PIDNamespace)
	}
	details[need.Owner] = procfs.Detail{Namespaces: types[1:], MainThread: true, WithoutArgs: true}
	details[need.Count] = procfs.Detail{Namespaces: types, MainThread: true, WithoutArgs: true}
	details[need.Forks] = procfs.Detail{Namespaces: types, MainThread: true, Limits: true}
	details[need.Process], details[need.All] = s.detailOf(false), s.detail()
	return details
}

// readOutside reads the main processes and what is in PID namespaces of its own:
// through /proc a namespace costs less than a stat.
func (s *session) readOutside(ctx context.Context, proc read.FS) error {
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

// listGroups lists the processes of each container's control group while the collector
// is opened or all processes are surveyed, groups that are below another's after it.
// What it returns waits for the lists. A group is the container's by the ID in its path.
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

// readNewParents reads whole who has adopted zombies since the first look. What the
// kernel has told of them is kept: it is not asked again for these few.
func (s *session) readNewParents(ctx context.Context) error {
	parents := map[int]bool{}
	for _, z := range s.capture.SecondLook.Zombies {
		parents[z.ParentPID] = true
	}
	told := map[procfs.Key]procfs.Opt[procfs.Internals]{}
	for i := range s.capture.Snapshot.Processes {
		if p := &s.capture.Snapshot.Processes[i]; parents[p.PID] && p.Args.Absence() == procfs.Unread {
			told[p.Key] = p.Internals
		}
	}
	err := s.proc.Complete(ctx, &s.capture.Snapshot, func(p *procfs.Process) (procfs.Detail, bool) {
		_, wanted := told[p.Key]
		return s.detail(), wanted
	})
	for i := range s.capture.Snapshot.Processes {
		if p := &s.capture.Snapshot.Processes[i]; !p.Internals.Held() {
			if internals, kept := told[p.Key]; kept {
				p.Internals = internals
			}
		}
	}
	return err
}
