package need

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A survey (read.FS.Survey) reads little more of each process than its parent. The functions in
// this file say which processes an answer needs more of, and how much.

// Extent is how much of a process an answer needs. Each extent includes those before it.
type Extent uint8

// The extents.
const (
	// Stat: its stat, and its PID namespace if the survey read that.
	Stat Extent = iota
	// Owner: also its control groups, which show its owner.
	Owner
	// Count: also its users and their namespace, where its tasks are counted too.
	Count
	// Forks: also its limits and rights, which can stop its own forks, and its arguments. The
	// arguments of shims show to which container the processes of an engine inside a container
	// belong.
	Forks
	// Process: everything that the command shows of a process, without threads.
	Process
	// All: also its threads, which can be in other namespaces than the process.
	All
)

// Survey is a look at all processes of the host, of which few are read completely.
type Survey struct {
	// PIDNamespaces is true if the PID namespace of every process is read.
	PIDNamespaces bool
	// NoStat is true if nothing is needed of a process that is only in these namespaces.
	NoStat bool
	// ZombieCgroups is true if the control groups of every zombie are read together with its
	// stat.
	ZombieCgroups bool
	// Zombies is true if everything of every zombie is read together with its stat, except the
	// map of its users, which is needed only of main processes.
	Zombies bool
	// SkipsListed is true if nothing is needed of a process that a container's control group
	// lists, which is therefore no zombie, unless others point to it (procfs.SurveyOf.Living).
	SkipsListed bool
	// Listed is what is needed of the processes that the containers' control groups list, and
	// Others what is needed of every process. That much can be read before anything else is
	// known.
	Listed, Others Extent
	// Needs says, after the survey, how much of each process the answer about the containers
	// with these IDs needs. When that has been read, it can decide more, and is called again.
	Needs func(c *inspect.Capture, ids []string) Extents
}

// Extents says how much of the process with this PID an answer needs.
type Extents func(pid int) Extent

// The surveys for each question.
var (
	ForZombies  = Survey{Zombies: true, SkipsListed: true, Needs: needsOfZombies}
	ForHostPIDs = Survey{ZombieCgroups: true, SkipsListed: true, Needs: needsOfHostPIDs}
	// ForOverview also tells kinds of processes apart, and counts threads.
	ForOverview   = Survey{ZombieCgroups: true, Needs: needsOfHostPIDs}
	ForNamespaces = Survey{PIDNamespaces: true, NoStat: true, Needs: needsOfNamespaces}
	// ForTrees and ForSignals also find the processes that entered a PID namespace, and so
	// receive no signal when it ends.
	ForTrees   = Survey{PIDNamespaces: true, Zombies: true, Listed: All, Others: Owner, Needs: needsOfContainers}
	ForSignals = Survey{PIDNamespaces: true, Zombies: true, Listed: All, Others: Owner, Needs: needsOfContainers}
	ForLimits  = Survey{Zombies: true, Listed: Forks, Others: Count, Needs: needsOfLimits}
	// ForEverything has what all of these questions need together.
	ForEverything = Survey{PIDNamespaces: true, Zombies: true, Listed: All, Others: Count, Needs: needsOfContainers}
)

// needsOfZombies needs everything of the zombies, of the leaders of their sessions, of the
// containers' main processes, of what else the same shims started (exec sessions), and of the
// ancestors of all these. It needs the threads only of the main processes.
func needsOfZombies(c *inspect.Capture, _ []string) Extents {
	s := newSelection(c)
	s.addMains(All)
	s.addZombies()
	return s.needs()
}

// needsOfHostPIDs needs everything of the containers' main processes and of what else the same
// shims started. It needs the same of the ancestors and session leaders that show the owner of a
// zombie and that no container's group lists. Most zombies are only counted. Their control
// groups are enough.
func needsOfHostPIDs(c *inspect.Capture, _ []string) Extents {
	s := newSelection(c)
	s.addMains(All)
	s.addZombieOwners()
	return s.needs()
}

// needsOfNamespaces needs everything of the containers' main processes, of the processes in a
// PID namespace that is neither theirs nor the host's or that could not be read, and of the
// ancestors of all these. It needs no threads.
func needsOfNamespaces(c *inspect.Capture, _ []string) Extents {
	s := newSelection(c)
	s.addMains(Process)
	known := map[uint64]bool{}
	if inode, ok := c.Host.Namespaces[procfs.PIDNamespace].Get(); ok {
		known[inode] = true
	}
	for i := range c.Containers {
		if main := s.mainOf(&c.Containers[i]); main != nil {
			known[main.Namespace(procfs.PIDNamespace).Or(0)] = true
		}
	}
	for i, p := range s.processes {
		if inode, ok := p.Namespace(procfs.PIDNamespace).Get(); !ok || !known[inode] {
			s.add(i, Process)
		}
	}
	return s.needs()
}

// needsOfContainers needs everything of the processes in a control group of the containers with
// these IDs, of those below them or below their shims, and of those in their PID namespaces. It
// needs everything but the threads of zombies, which no group lists, of what may be a shim or an
// engine, of the main processes of the other containers, and of the ancestors of all these.
func needsOfContainers(c *inspect.Capture, ids []string) Extents {
	s := newSelection(c)
	s.addMains(Process)
	s.addZombies()
	s.addEngines()
	s.addMembers(s.together(ids))
	return s.needs()
}

// needsOfLimits needs everything of main processes, which show what their container was given,
// and of what may be a shim or an engine. Of other processes of the containers with these IDs it
// needs what can stop their own forks.
func needsOfLimits(c *inspect.Capture, ids []string) Extents {
	s := newSelection(c)
	s.addMains(Process)
	s.addEngines()
	members := newSelection(c)
	members.addMembers(members.together(ids))
	whole, forks := s.needs(), members.needs()
	return func(pid int) Extent {
		switch {
		case whole(pid) == Process:
			return Process
		case forks(pid) > Stat:
			return Forks
		default:
			return Stat
		}
	}
}

// runsContainers reports whether the process, by its name, may be a shim, or a program whose
// arguments name the engine of shims. The kernel keeps 15 bytes of a name, which is the length
// of the longest of these.
func runsContainers(p *procfs.Process) bool {
	isOf := func(kind string) bool { return strings.HasPrefix(p.Comm, kind) }
	return slices.ContainsFunc(engineKinds, isOf) || inspect.MayBeShim(p)
}

var engineKinds = []string{"dockerd", "containerd"}
