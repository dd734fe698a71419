package need

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A survey (read.FS.Survey) has of each process little more than whose child it
// is. What an answer rests on beyond that is read of few of them: the functions in
// this file say of which, and how much.

// Extent is how much of a process an answer rests on. Each holds those before it.
type Extent uint8

// The needs.
const (
	// Stat: its stat, and its PID namespace where the survey read that.
	Stat Extent = iota
	// Owner: whose it is: its control groups.
	Owner
	// Count: where its tasks are counted beside that: its users, their namespace.
	Count
	// Forks: what holds up its own forks, its limits and rights; and its arguments,
	// which say whose the processes of an engine inside a container are.
	Forks
	// Process: everything that the command shows of processes by themselves.
	Process
	// All: and of their threads, which can be elsewhere than their process.
	All
)

// Survey is a look at all processes of the host in which few are read whole.
type Survey struct {
	// PIDNamespaces: the PID namespace of every process is read.
	PIDNamespaces bool
	// NoStat: of a process that is in none but these namespaces nothing else is needed.
	NoStat bool
	// ZombieCgroups: the control groups of every zombie are read with its stat.
	ZombieCgroups bool
	// Listed is what is needed of the processes that the containers' control groups list,
	// and Others of every process: that much can be read before anything else is known.
	Listed, Others Extent
	// Needs says, when all have been surveyed, how much of each the answer about the
	// containers with these IDs rests on. It knows more when that much has been read,
	// and is asked again then.
	Needs func(c *inspect.Capture, ids []string) Extents
}

// Extents says how much of the process with a PID of the survey an answer rests on.
type Extents func(pid int) Extent

// The surveys for what is asked.
var (
	ForZombies    = Survey{Needs: needsOfZombies}
	ForHostPIDs   = Survey{ZombieCgroups: true, Needs: needsOfHostPIDs}
	ForNamespaces = Survey{PIDNamespaces: true, NoStat: true, Needs: needsOfNamespaces}
	// ForTrees and ForSignals find who has entered a PID namespace as well, who hears
	// nothing of its end.
	ForTrees   = Survey{PIDNamespaces: true, Listed: All, Others: Owner, Needs: needsOfContainers}
	ForSignals = Survey{PIDNamespaces: true, Listed: All, Others: Owner, Needs: needsOfContainers}
	ForLimits  = Survey{Listed: Forks, Others: Count, Needs: needsOfLimits}
	// ForEverything answers all of these questions together.
	ForEverything = Survey{PIDNamespaces: true, Listed: All, Others: Count, Needs: needsOfContainers}
)

// needsOfZombies: everything of the zombies, of whose session they are in, of the
// containers' main processes, of what else the same shims started (exec sessions), and
// of the ancestors of all these; of threads, those of the main processes.
func needsOfZombies(c *inspect.Capture, _ []string) Extents {
	s := newSelection(c)
	s.addMains(All)
	s.addZombies()
	return s.needs()
}

// needsOfHostPIDs: everything of the containers' main processes, of what else the same
// shims started, and of those ancestors and session leaders of zombies that say whose a
// zombie is and that no container's group lists. Of most zombies, which are counted only, it
// takes their control groups.
func needsOfHostPIDs(c *inspect.Capture, _ []string) Extents {
	s := newSelection(c)
	s.addMains(All)
	s.addZombieOwners()
	return s.needs()
}

// needsOfNamespaces: everything of the containers' main processes, of what is in a PID
// namespace other than theirs and the host's, or in one that could not be read, and of
// the ancestors of all these; of threads nothing.
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

// needsOfContainers: everything of what is in a control group of the containers with
// these IDs, of what is below one of these or below their shims, and of what is in one
// of their PID namespaces; all but the threads of zombies, which no group lists, of what
// may be a shim or an engine, of the main processes of the other containers, and of the
// ancestors of all these.
func needsOfContainers(c *inspect.Capture, ids []string) Extents {
	s := newSelection(c)
	s.addMains(Process)
	s.addZombies()
	s.addEngines()
	s.addMembers(s.together(ids))
	return s.needs()
}

// needsOfLimits: everything of main processes, which say what their container was
// given, and of what may be a shim or an engine; of other processes of the containers
// with these IDs what holds up their own forks.
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
// arguments name the engine of shims. The kernel keeps 15 bytes of a name, which is as long
// as the longest of these.
func runsContainers(p *procfs.Process) bool {
	isOf := func(kind string) bool { return strings.HasPrefix(p.Comm, kind) }
	return slices.ContainsFunc(engineKinds, isOf) || inspect.MayBeShim(p)
}

var engineKinds = []string{"dockerd", "containerd"}
