package wire

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Root is where the /proc is mounted at the server.
func (c *Client) Root() string { return c.welcome.Root }

// Host is what the /proc shows of its host.
func (c *Client) Host() procfs.Host { return must(c, methodHost, nothing{}, procfs.Host{}) }

// Scan reads every process.
func (c *Client) Scan(ctx context.Context, detail procfs.Detail) (procfs.Snapshot, error) {
	return ask(ctx, c, methodScan, scanned{false, detail})
}

// Family reads some processes and what belongs to them.
func (c *Client) Family(ctx context.Context, of procfs.FamilyOf, detail procfs.Detail) (procfs.Snapshot, error) {
	return ask(ctx, c, methodFamily, familyRead{false, of, detail})
}

// Survey reads little of every process. What is wanted ahead of some is read after it.
func (c *Client) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	s, err := ask(ctx, c, methodSurvey, surveyed{false, of})
	if err != nil || of.Ahead == nil {
		return s, err
	}
	ahead := func(p *procfs.Process) (procfs.Detail, bool) {
		detail, wanted := of.Ahead(p.PID)
		if !wanted || of.Zombies == nil || !p.IsZombie() {
			return detail, wanted
		}
		more := of.Zombies.And(detail)
		return more, !isSame(&more, of.Zombies) // of most zombies nothing is missing
	}
	if err := c.Complete(ctx, &s, ahead); err != nil {
		return procfs.Snapshot{}, err
	}
	return s, nil
}

// Complete reads more of those processes of a survey that are selected.
func (c *Client) Complete(ctx context.Context, s *procfs.Snapshot, selected procfs.Selection) error {
	done, err := c.complete(ctx, false, s, selected)
	if err == nil {
		s.Replace(done.processes, done.missed)
	}
	return err
}

// complete calls the selection here, because functions cannot be sent.
func (c *Client) complete(ctx context.Context, byKernel bool, s *procfs.Snapshot, selected procfs.Selection) (completed, error) {
	q := completion{byKernel: byKernel}
	for i := range s.Processes {
		if detail, isWanted := selected(&s.Processes[i]); isWanted {
			q.wanted = append(q.wanted, wanted{s.Processes[i].Key, q.place(&detail)})
		}
	}
	if len(q.wanted) == 0 {
		return completed{}, ctx.Err()
	}
	return ask(ctx, c, methodComplete, q)
}

// place is the index of the detail, which is added if it is new. There are few.
func (q *completion) place(detail *procfs.Detail) int {
	for i := range q.details {
		if isSame(&q.details[i], detail) {
			return i
		}
	}
	q.details = append(q.details, *detail)
	return len(q.details) - 1
}

func isSame(a, b *procfs.Detail) bool {
	return a.MainThread == b.MainThread && a.UIDMaps == b.UIDMaps && a.Limits == b.Limits &&
		a.WithoutArgs == b.WithoutArgs && a.EtcMounts == b.EtcMounts && slices.Equal(a.Namespaces, b.Namespaces)
}

// Outside reads these processes, and those that are in PID namespaces other than the known
// ones.
func (c *Client) Outside(ctx context.Context, pids []int, known []uint64, detail procfs.Detail) (procfs.Snapshot, error) {
	return ask(ctx, c, methodOutside, outsideRead{pids, known, detail})
}

// Process is one process.
func (c *Client) Process(pid int, detail procfs.Detail) (procfs.Process, error) {
	return ask(context.Background(), c, methodProcess, processRead{pid, detail})
}

// Threads are the TIDs of a process.
func (c *Client) Threads(pid int) []int { return must(c, methodThreads, pid, nil) }

// Thread is what a TID is.
func (c *Client) Thread(tid int) (procfs.Thread, error) {
	return ask(context.Background(), c, methodThread, tid)
}

// ChildrenNamed are the children of a process that have one of these names (comm).
func (c *Client) ChildrenNamed(parent int, names []string) []procfs.Process {
	return must(c, methodChildren, childrenNamed{parent, names}, nil)
}

// File is a small file as a process sees it.
func (c *Client) File(key procfs.Key, path string) procfs.Opt[procfs.File] {
	return must(c, methodFile, fileRead{key, path}, procfs.None[procfs.File](procfs.Unread))
}

// Attention is how a process of a container handles signals, and what program it runs.
func (c *Client) Attention(container string, pid int) (procfs.Attention, error) {
	return ask(context.Background(), c, methodAttention, attentionRead{container, pid})
}

// Resources is what a process holds.
func (c *Client) Resources(pid int) (procfs.Resources, error) {
	return ask(context.Background(), c, methodResources, pid)
}

// Lives reports whether a process has not exited. A process that cannot be read counts as
// alive.
func (c *Client) Lives(key procfs.Key) bool { return must(c, methodLives, key, true) }

// StillZombies are those of the processes that are zombies still.
func (c *Client) StillZombies(keys []procfs.Key) []procfs.ZombieSeen {
	return must(c, methodZombies, keys, nil)
}

// Group is the folder, at the server, of the control group that has the ID in its path.
func (c *Client) Group(lines []procfs.Cgroup, id string) string {
	return must(c, methodGroup, groupSought{lines: lines, name: id}, "")
}

// UnifiedGroup is that folder in the unified hierarchy.
func (c *Client) UnifiedGroup(lines []procfs.Cgroup, id string) string {
	return must(c, methodGroup, groupSought{lines: lines, name: id, unified: true}, "")
}

// GroupPIDs are the processes in a control group and in those below it.
func (c *Client) GroupPIDs(dir string) []int { return must(c, methodGroupPIDs, dir, nil) }

// OldestGroupPID is the first process of a control group.
func (c *Client) OldestGroupPID(dir string) (int, bool) {
	oldest := must(c, methodOldestPID, dir, oldestPID{})
	return oldest.pid, oldest.known
}

// PIDsUse is the use and the limit of the pids controller in a control group (pids.current,
// pids.max).
func (c *Client) PIDsUse(dir string) (current, most procfs.Opt[int]) {
	use := must(c, methodPIDsUse, dir, pidsUse{})
	return use.current, use.most
}

// PIDsGroup is a control group of the pids controller.
func (c *Client) PIDsGroup(lines []procfs.Cgroup, path string) procfs.PIDsGroup {
	return must(c, methodPIDsGroup, groupSought{lines: lines, name: path}, procfs.PIDsGroup{Path: path})
}

// Again begins another capture: what was read of programs is read again, and each container has
// its whole allowance for that.
func (c *Client) Again() { must(c, methodAgain, nothing{}, nothing{}) }

// OOM is what the kernel reports of its OOM killer.
func (c *Client) OOM() procfs.OOMFacts { return must(c, methodOOM, nothing{}, procfs.OOMFacts{}) }

// TaskLimits are the host's limits on tasks.
func (c *Client) TaskLimits() procfs.TaskLimits {
	return must(c, methodTaskLimits, nothing{}, procfs.TaskLimits{})
}

// AddressSpaces are how much room processes of one container have for further threads.
func (c *Client) AddressSpaces(keys []procfs.Key, maxMappings procfs.Opt[int]) []procfs.AddressSpace {
	return must(c, methodSpaces, spacesRead{keys, maxMappings}, nil)
}

// OwnNamespace is the server's namespace of a type.
func (c *Client) OwnNamespace(t procfs.NamespaceType) procfs.Opt[uint64] {
	return must(c, methodNamespace, t, procfs.None[uint64](procfs.Unread))
}

// UserNamespaces are the user namespace of a process and its ancestors.
func (c *Client) UserNamespaces(pid int) map[uint64]procfs.UserNSOrigin {
	return must(c, methodUserNS, pid, nil)
}
