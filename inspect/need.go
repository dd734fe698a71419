package inspect

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// A survey (procfs.FS.Survey) has of each process little more than whose child it
// is. What an answer rests on beyond that is read of few of them: the functions in
// this file say of which, and how much.

// Need is how much of a process an answer rests on. Each holds those before it.
type Need uint8

// The needs.
const (
	// NeedStat: its stat, and its PID namespace where the survey read that.
	NeedStat Need = iota
	// NeedOwner: whose it is: its control groups.
	NeedOwner
	// NeedCount: where its tasks are counted beside that: its users, their namespace.
	NeedCount
	// NeedForks: what holds up its own forks, its limits and rights; and its arguments,
	// which say whose the processes of an engine inside a container are.
	NeedForks
	// NeedProcess: everything that the command shows of processes by themselves.
	NeedProcess
	// NeedAll: and of their threads, which can be elsewhere than their process.
	NeedAll
)

// Survey is a look at all processes of the host in which few are read whole.
type Survey struct {
	// PIDNamespaces: the PID namespace of every process is read.
	PIDNamespaces bool
	// NoStat: of a process that is in none but these namespaces nothing else is needed.
	NoStat bool
	// Listed is what is needed of the processes that the containers' control groups list,
	// and Others of every process: that much can be read before anything else is known.
	Listed, Others Need
	// Needs says, when all have been surveyed, how much of each the answer about the
	// containers with these IDs rests on. It knows more when that much has been read,
	// and is asked again then.
	Needs func(c *Capture, ids []string) Needs
}

// Needs says how much of the process with a PID of the survey an answer rests on.
type Needs func(pid int) Need

// The surveys for what is asked.
var (
	SurveyForZombies    = Survey{Needs: needsOfZombies}
	SurveyForNamespaces = Survey{PIDNamespaces: true, NoStat: true, Needs: needsOfNamespaces}
	SurveyForTrees      = Survey{Listed: NeedAll, Others: NeedOwner, Needs: needsOfContainers}
	// SurveyForSignals finds who has entered a PID namespace as well, who hears nothing
	// of its end.
	SurveyForSignals = Survey{PIDNamespaces: true, Listed: NeedAll, Others: NeedOwner, Needs: needsOfContainers}
	SurveyForLimits  = Survey{Listed: NeedForks, Others: NeedCount, Needs: needsOfLimits}
	// SurveyForEverything answers all of these questions together.
	SurveyForEverything = Survey{PIDNamespaces: true, Listed: NeedAll, Others: NeedCount, Needs: needsOfContainers}
)

// needsOfZombies: everything of the zombies, of whose session they are in, of the
// containers' main processes, of what else the same shims started (exec sessions), and
// of the ancestors of all these; of threads, those of the main processes.
func needsOfZombies(c *Capture, _ []string) Needs {
	s := newSelection(c)
	s.addMains(NeedAll)
	s.addZombies()
	return s.needs()
}

// needsOfNamespaces: everything of the containers' main processes, of what is in a PID
// namespace other than theirs and the host's, or in one that could not be read, and of
// the ancestors of all these; of threads nothing.
func needsOfNamespaces(c *Capture, _ []string) Needs {
	s := newSelection(c)
	s.addMains(NeedProcess)
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
			s.add(i, NeedProcess)
		}
	}
	return s.needs()
}

// needsOfContainers: everything of what is in a control group of the containers with
// these IDs, of what is below one of these or below their shims, and of what is in one
// of their PID namespaces; all but the threads of zombies, which no group lists, of what
// may be a shim or an engine, of the main processes of the other containers, and of the
// ancestors of all these.
func needsOfContainers(c *Capture, ids []string) Needs {
	s := newSelection(c)
	s.addMains(NeedProcess)
	s.addZombies()
	s.addEngines()
	s.addMembers(s.together(ids))
	return s.needs()
}

// needsOfLimits: everything of main processes, which say what their container was
// given, and of what may be a shim or an engine; of other processes of the containers
// with these IDs what holds up their own forks.
func needsOfLimits(c *Capture, ids []string) Needs {
	s := newSelection(c)
	s.addMains(NeedProcess)
	s.addEngines()
	members := newSelection(c)
	members.addMembers(members.together(ids))
	whole, forks := s.needs(), members.needs()
	return func(pid int) Need {
		switch {
		case whole(pid) == NeedProcess:
			return NeedProcess
		case forks(pid) > NeedStat:
			return NeedForks
		default:
			return NeedStat
		}
	}
}

// runsContainers: by its name it may be a shim, or one of the programs whose arguments
// say which shims are whose. Of a name the kernel keeps 15 bytes, which is as long as
// the longest of these.
func runsContainers(p *procfs.Process) bool {
	isOf := func(kind string) bool { return strings.HasPrefix(p.Comm, kind) }
	return slices.ContainsFunc(engineKinds, isOf) || MayBeShim(p)
}

var engineKinds = []string{"dockerd", "containerd"}
