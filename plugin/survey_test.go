package plugin

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// remembered is a capture that was read before. Reading it again for each command takes most of
// the time. It must not be changed.
type remembered struct{ captured inspect.Capture }

func (r *remembered) Capture(context.Context, need.Question) (*inspect.Capture, error) {
	c := r.captured
	return &c, nil
}

// surveyed is that capture as a survey makes it that reads only what the question needs.
type surveyed struct {
	*remembered
	// read counts the processes by how much of them was read.
	read map[need.Extent]int
	// listed mounts the control groups so that they can be listed.
	listed bool
}

func (s surveyed) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	c, err := s.remembered.Capture(ctx, question)
	family := len(question.Containers) > 0 && question.Processes.Reach != need.Host
	if err != nil || question.Processes.Suffices == nil || family && question.Processes.Suffices.Listed > need.Stat {
		return c, err
	}
	only := *question.Processes.Suffices
	switch {
	case family:
		only.Others = need.Owner
	case s.listed, only.Others == need.Stat:
		c.Groups = groupsOf(c)
	}
	read := c.Snapshot.Processes
	c.Snapshot.Processes = slices.Clone(read)
	for i := range read {
		c.Snapshot.Processes[i] = atNeed(&read[i], only.Others, only.PIDNamespaces)
	}
	ids := idsOf(c, question.Containers)
	for range 2 {
		needs := only.Needs(c, ids)
		for i := range read {
			c.Snapshot.Processes[i] = atNeed(&read[i], max(needs(read[i].PID), only.Others), only.PIDNamespaces)
		}
	}
	needs := only.Needs(c, ids)
	for i := range read {
		s.read[max(needs(read[i].PID), only.Others)]++
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

// idsOf are the IDs of the named containers, or of all if none is named.
func idsOf(c *inspect.Capture, names []string) []string {
	var ids []string
	for i := range c.Containers {
		if len(names) == 0 || slices.Contains(names, c.Containers[i].Name) {
			ids = append(ids, c.Containers[i].ID)
		}
	}
	return ids
}

// atNeed is the process with this much of it read.
func atNeed(p *procfs.Process, extent need.Extent, pidNamespace bool) procfs.Process {
	if extent >= need.Process {
		whole := *p
		if extent < need.All {
			whole.Apart = nil
		}
		return whole
	}
	little := procfs.Process{
		Key: p.Key, StatOnly: true, ParentPID: p.ParentPID, State: p.State, Comm: p.Comm, Threads: p.Threads,
		KernelThread: p.KernelThread, PGID: p.PGID, SID: p.SID, Namespaces: map[procfs.NamespaceType]procfs.Opt[uint64]{},
	}
	if pidNamespace {
		little.Namespaces[procfs.PIDNamespace] = p.Namespace(procfs.PIDNamespace)
	}
	if extent >= need.Owner {
		little.Cgroups = p.Cgroups
	}
	if extent >= need.Count {
		little.StatOnly, little.NSPIDs, little.NSSIDs, little.TracerPID = false, p.NSPIDs, p.NSSIDs, p.TracerPID
		little.UIDs, little.Signals, little.WaitStatus = p.UIDs, p.Signals, p.WaitStatus
		little.Namespaces[procfs.UserNamespace] = p.Namespace(procfs.UserNamespace)
	}
	if extent >= need.Forks {
		little.Args, little.MaxProcesses, little.Effective = p.Args, p.MaxProcesses, p.Effective
	}
	return little
}

// A survey answers every question as a complete capture does.
func TestSurveysAnswerAsEverything(t *testing.T) {
	commands := []string{
		"tree", "zombies", "host-pid", "ns", "signals", "limits", "doctor", "doctor --notes",
		"zombies NAME", "ns NAME", "limits NAME", "doctor --notes NAME", "explain NAME", "explain --if-stopped NAME",
	}
	read := map[need.Extent]int{}
	for name, change := range map[string]func(*inspect.Capture){
		"as it is":                    withLimits(t),
		"a stale join":                both(withLimits(t), func(c *inspect.Capture) { joins(c, "plain", "demo-init") }),
		"a container that is paused":  both(withLimits(t), paused("demo")),
		"a host namespace":            both(withLimits(t), hosts("plain")),
		"without the right to see it": both(withLimits(t), denyNamespaces),
		"a crowd on the host":         both(withLimits(t), crowd),
		"somebody who has entered":    both(withLimits(t), entered),
		"threads that have left":      both(withLimits(t), threadsLeave),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := changed{t, change}.Capture(t.Context(), need.Question{})
			if err != nil {
				t.Fatal(err)
			}
			host := &remembered{*c}
			for _, command := range commands {
				for _, container := range []string{"demo", "demo-x", "demo-init", "plain"} {
					for _, format := range []string{"", "json"} {
						args := strings.Fields(strings.ReplaceAll(command, "NAME", container) + " --format=" + format)
						want := runOn(t, host, args...)
						for _, listed := range []bool{true, false} {
							if got := runOn(t, surveyed{host, read, listed}, args...); got != want {
								t.Errorf("%s, groups listed: %t\ngot  %+v\nwant %+v", args, listed, got, want)
							}
						}
					}
					if !strings.Contains(command, "NAME") {
						break
					}
				}
			}
		})
	}
	for extent := need.Stat; extent <= need.All; extent++ {
		if read[extent] == 0 {
			t.Errorf("nothing was read for extent %d: %v", extent, read)
		}
	}
}

func both(a, b func(*inspect.Capture)) func(*inspect.Capture) {
	return func(c *inspect.Capture) { a(c); b(c) }
}

// crowd adds processes that belong to no container, and kernel threads.
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

// threadsLeave puts a thread of every process into a network namespace of its own, also of the
// engine and the shims.
func threadsLeave(c *inspect.Capture) {
	for i := range c.Snapshot.Processes {
		p := &c.Snapshot.Processes[i]
		if !p.IsZombie() {
			p.Threads, p.Apart = 2, []procfs.ApartThread{{TID: 50000 + p.PID, NSPIDs: []int{50000 + p.PID, 77}, Namespaces: map[procfs.NamespaceType]uint64{procfs.NetNamespace: 4711}}}
		}
	}
}

func like(c *inspect.Capture, comm string) procfs.Process {
	at := slices.IndexFunc(c.Snapshot.Processes, func(p procfs.Process) bool { return p.Comm == comm })
	return c.Snapshot.Processes[at]
}
