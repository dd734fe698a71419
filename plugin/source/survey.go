package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
)

// isSurvey: of most processes little is needed, as long as the engine answers.
func (r *Request) isSurvey() bool {
	return r.Only != nil && len(r.Numbers) == 0 && (r.Host || len(r.Containers) == 0)
}

// purpose: what the kernel alone knows of processes is asked of all at once or not
// at all, but for what a survey tells anyway.
func (r *Request) purpose() taskiter.Purpose {
	return taskiter.Purpose(r.isSurvey() && r.Attention == 0 && !r.Limits)
}

// survey reads of every process little, and more of those on which the answer rests.
// Whose the others are, the containers' control groups say. The groups may have been
// listed meanwhile.
func (s *session) survey(ctx context.Context, groups func() []inspect.GroupMembers) error {
	if proc, ok := s.processes.(procfs.FS); ok && s.request.Only.NoStat {
		return s.readOutside(ctx, proc)
	}
	if groups == nil {
		groups = s.listGroups()
	}
	of := procfs.SurveyOf{PIDNamespaces: s.request.Only.PIDNamespaces}
	ahead, details := s.needAhead(groups), s.detailsByNeed()
	detailFor := func(need inspect.Need) (procfs.Detail, bool) { return details[need], need > inspect.NeedStat }
	if ahead != nil {
		of.Ahead = func(pid int) (procfs.Detail, bool) { return detailFor(ahead(pid)) }
	}
	snapshot, err := s.processes.Survey(ctx, of)
	s.capture.Groups = groups()
	if err != nil {
		return err
	}
	s.capture.Snapshot = snapshot
	needs := s.request.Only.Needs(s.capture, s.selected)
	return s.processes.Complete(ctx, &s.capture.Snapshot, func(p *procfs.Process) (procfs.Detail, bool) {
		need := needs(p)
		if ahead != nil && ahead(p.PID) >= need {
			return procfs.Detail{}, false
		}
		return detailFor(need)
	})
}

// needAhead says of which processes more is needed before anything is known but the
// control groups that list them; nil for none, and where the kernel is asked, which
// tells of all at once.
func (s *session) needAhead(groups func() []inspect.GroupMembers) func(pid int) inspect.Need {
	only := s.request.Only
	if _, proc := s.processes.(procfs.FS); !proc || only.Listed == inspect.NeedStat {
		return nil
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
	return func(pid int) inspect.Need {
		if listed[pid] {
			return only.Listed
		}
		return only.Others
	}
}

// detailsByNeed is what is read for each need beyond a survey.
func (s *session) detailsByNeed() (details [inspect.NeedAll + 1]procfs.Detail) {
	types := []procfs.NamespaceType{procfs.UserNamespace}
	if s.request.Only.PIDNamespaces {
		types = append(types, procfs.PIDNamespace)
	}
	count := procfs.Detail{Namespaces: types, MainThread: true, WithoutArgs: true}
	forks := count
	forks.Limits = true
	details[inspect.NeedCount], details[inspect.NeedForks], details[inspect.NeedAll] = count, forks, s.detail()
	return details
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

// readNewParents reads whole who has adopted zombies since the first look.
func (s *session) readNewParents(ctx context.Context) error {
	parents := map[int]bool{}
	for _, z := range s.capture.SecondLook.Zombies {
		parents[z.ParentPID] = true
	}
	return s.processes.Complete(ctx, &s.capture.Snapshot, func(p *procfs.Process) (procfs.Detail, bool) {
		return s.detail(), parents[p.PID] && p.Args.Absence() == procfs.Unread
	})
}
