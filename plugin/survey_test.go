package plugin

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// surveyed is the saved capture as a survey makes it that reads no more than the
// request needs.
type surveyed struct {
	changed
	// read counts the processes by how much was read of them.
	read map[inspect.Need]int
}

func (s surveyed) Capture(ctx context.Context, request source.Request) (*inspect.Capture, error) {
	c, err := s.changed.Capture(ctx, request)
	if err != nil || request.Only == nil || len(request.Containers) > 0 && !request.Host {
		return c, err
	}
	c.Groups = groupsOf(c)
	read := c.Snapshot.Processes
	c.Snapshot.Processes = slices.Clone(read)
	for i := range read {
		c.Snapshot.Processes[i] = atStat(&read[i], request.Only.PIDNamespaces)
	}
	needs := request.Only.Needs(c, idsOf(c, request.Containers))
	for i := range read {
		p := &c.Snapshot.Processes[i]
		need := needs(p)
		s.read[need]++
		switch need {
		case inspect.NeedAll:
			*p = read[i]
		case inspect.NeedForks, inspect.NeedCount:
			*p = atCount(&read[i], need)
		}
	}
	return c, nil
}

func groupsOf(c *inspect.Capture) []inspect.GroupMembers {
	var groups []inspect.GroupMembers
	for i := range c.Containers {
		g := inspect.GroupMembers{ContainerID: c.Containers[i].ID}
		for j := range c.Snapshot.Processes {
			p := &c.Snapshot.Processes[j]
			inside := slices.ContainsFunc(p.Cgroups.Or(nil), func(group procfs.Cgroup) bool { return strings.Contains(group.Path, g.ContainerID) })
			if inside && !p.IsZombie() {
				g.PIDs = append(g.PIDs, p.PID)
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// idsOf are those of the named containers, of all without a name.
func idsOf(c *inspect.Capture, names []string) []string {
	var ids []string
	for i := range c.Containers {
		if len(names) == 0 || slices.Contains(names, c.Containers[i].Name) {
			ids = append(ids, c.Containers[i].ID)
		}
	}
	return ids
}

func atStat(p *procfs.Process, pidNamespace bool) procfs.Process {
	surveyed := procfs.Process{
		Key: p.Key, StatOnly: true, ParentPID: p.ParentPID, State: p.State, Comm: p.Comm, Threads: p.Threads,
		KernelThread: p.KernelThread, PGID: p.PGID, SID: p.SID,
	}
	if pidNamespace {
		surveyed.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: p.Namespace(procfs.PIDNamespace)}
	}
	return surveyed
}

func atCount(p *procfs.Process, need inspect.Need) procfs.Process {
	counted := *p
	counted.Args, counted.UIDMap, counted.Apart = procfs.Opt[[]string]{}, procfs.Opt[[]procfs.IDMapping]{}, nil
	counted.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	for _, t := range []procfs.NamespaceType{procfs.PIDNamespace, procfs.UserNamespace} {
		counted.Namespaces[t] = p.Namespace(t)
	}
	if need == inspect.NeedCount {
		counted.MaxProcesses, counted.Effective = procfs.Opt[int]{}, procfs.Opt[procfs.Capabilities]{}
	}
	return counted
}

// A survey answers every question as everything does.
func TestSurveysAnswerAsEverything(t *testing.T) {
	commands := []string{
		"tree", "zombies", "host-pid", "ns", "signals", "limits", "doctor", "doctor --notes",
		"limits NAME", "doctor --notes NAME", "explain NAME", "explain --if-stopped NAME",
	}
	read := map[inspect.Need]int{}
	for name, change := range map[string]func(*inspect.Capture){
		"as it is":                    withLimits(t),
		"a stale join":                both(withLimits(t), func(c *inspect.Capture) { joins(c, "plain", "demo-init") }),
		"a container that is paused":  both(withLimits(t), paused("demo")),
		"a host namespace":            both(withLimits(t), hosts("plain")),
		"without the right to see it": both(withLimits(t), denyNamespaces),
		"a crowd on the host":         both(withLimits(t), crowd),
		"somebody who has entered":    both(withLimits(t), entered),
	} {
		t.Run(name, func(t *testing.T) {
			for _, command := range commands {
				for _, container := range []string{"demo", "demo-x", "demo-init", "plain"} {
					for _, format := range []string{"", "json"} {
						args := strings.Fields(strings.ReplaceAll(command, "NAME", container) + " --format=" + format)
						want := run(t, change, args...)
						got := runOn(t, surveyed{changed{t, change}, read}, args...)
						if got != want {
							t.Errorf("%s\ngot  %+v\nwant %+v", args, got, want)
						}
					}
					if !strings.Contains(command, "NAME") {
						break
					}
				}
			}
		})
	}
	for _, need := range []inspect.Need{inspect.NeedStat, inspect.NeedCount, inspect.NeedForks, inspect.NeedAll} {
		if read[need] == 0 {
			t.Errorf("nothing was read for need %d: %v", need, read)
		}
	}
}

func both(a, b func(*inspect.Capture)) func(*inspect.Capture) {
	return func(c *inspect.Capture) { a(c); b(c) }
}

// crowd adds processes that are no container's, beside dockerd, and their kernel.
func crowd(c *inspect.Capture) {
	for pid := 40000; pid < 40050; pid++ {
		p := like(c, "dockerd")
		p.PID, p.NSPIDs, p.Comm, p.Args = pid, []int{pid}, "worker", procfs.Some([]string{"worker"})
		p.UIDs = procfs.UIDs{Real: 1000, Effective: 1000}
		p.KernelThread = pid%2 == 0
		c.Snapshot.Processes = append(c.Snapshot.Processes, p)
	}
}

// entered adds a process that nsenter has put into demo's PID namespace.
func entered(c *inspect.Capture) {
	p := like(c, "dockerd")
	main := mainIn(c, "demo")
	p.PID, p.ParentPID, p.Comm, p.NSPIDs = 41000, 27601, "top", []int{41000, 99}
	p.Args, p.Namespaces = procfs.Some([]string{"top"}), main.Namespaces
	c.Snapshot.Processes = append(c.Snapshot.Processes, p)
}

func like(c *inspect.Capture, comm string) procfs.Process {
	at := slices.IndexFunc(c.Snapshot.Processes, func(p procfs.Process) bool { return p.Comm == comm })
	return c.Snapshot.Processes[at]
}
