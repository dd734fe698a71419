package need

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Question is what a command asks of a host: about whom, how much of which processes its
// answer rests on, and what of the engine. It is made by one of the constructors in
// questions.go and is the one vocabulary in which commands say how much is read; who
// reads translates it.
type Question struct {
	// Containers are names, IDs or beginnings of IDs; none means every running
	// container.
	Containers []string
	// Filter selects among the running containers before they are read.
	Filter inspect.Filter
	// Numbers are host PIDs or TIDs whose owners are to be known; Containers is
	// empty then.
	Numbers []int
	// Settle is the time after which zombies are looked at again; 0 for never.
	Settle time.Duration
	// Processes and Engine are what is wanted of the two.
	Processes Processes
	Engine    Engine
}

// Reach is which processes are wanted.
type Reach uint8

// The reaches.
const (
	// Families: those of the containers in question.
	Families Reach = iota
	// Mains: the main processes suffice.
	Mains
	// Nobody: no process is wanted.
	Nobody
	// Host: every process of the host, whoever owns it.
	Host
)

// Processes is how much of which processes an answer rests on.
type Processes struct {
	Reach Reach
	// Suffices says of which processes more than their stat is needed, where all of the
	// host are looked at; nil for all.
	Suffices *Survey
	// Namespaces are the types whose inodes are read; that of pid is read where none is
	// named.
	Namespaces []procfs.NamespaceType
	// Members: every process in the PID namespaces of the containers is wanted, whichever
	// container it belongs to.
	Members bool
	// Entered: so is every process that is in these namespaces without being a
	// container's, as nsenter(1) leaves it there; no container may be left out then.
	Entered bool
	// Threads: the TIDs of all processes are to be known.
	Threads bool
	// Limits: what decides over fork is to be known.
	Limits bool
	// Heirs: the inits that would adopt zombies if the parent of these ended are asked what
	// they listen to.
	Heirs bool
	// OOM: what the kernel tells of its OOM killer is to be known.
	OOM bool
	// Attention is how many processes of each container are asked what signals they
	// listen to: its main process and those below it first.
	Attention int
}

// Sharers is how much is to be known of the running containers beside those that were
// named, which may share their namespaces.
type Sharers uint8

// How much of them.
const (
	// NoSharers: nothing.
	NoSharers Sharers = iota
	// ProvenSharers: those suffice that share namespaces, where that can be proved
	// without asking for each.
	ProvenSharers
	// AllSharers: all of them.
	AllSharers
)

// Engine is what is to be known of the engine, beside the containers in question.
type Engine struct {
	// Name: its name and versions.
	Name bool
	// Sharers are the other running containers.
	Sharers Sharers
	// Units: the services of systemd whose clients run containers.
	Units bool
	// Execs: the exec sessions that run.
	Execs bool
	// PastExecs: where there are zombies, the exec sessions of the past as well.
	PastExecs bool
	// Listing: every container, running or not, before and after the processes are read.
	Listing bool
	// AllNames: the names and IDs of all containers, running or not, once.
	AllNames bool
	// Ended: what is known of containers that do not run, where none is named.
	Ended bool
	// Events: what it remembers of containers.
	Events bool
	// Words: the last lines that those have written whose last run was short.
	Words bool
}

// Matching is the question about those of the containers that the filter selects, with
// the engine's name where that is shown.
func (q Question) Matching(filter inspect.Filter, name bool) Question {
	q.Filter, q.Engine.Name = filter, q.Engine.Name || name
	return q
}

// OnWholeHost is the question asked of every process and thread of the host.
func (q Question) OnWholeHost() Question {
	q.Processes.Reach, q.Processes.Threads = Host, true
	return q
}

// IsAboutAll reports whether it is about every running container.
func (q *Question) IsAboutAll() bool {
	return len(q.Containers) == 0 && len(q.Numbers) == 0 && q.Processes.Reach != Nobody
}

// IsWhole reports whether it is best answered by a look at the whole host.
func (q *Question) IsWhole() bool {
	switch {
	case q.Processes.Reach == Host:
		return true
	case len(q.Numbers) > 0:
		return len(q.Numbers) > fewNumbers
	default:
		return len(q.Containers) == 0 && q.Processes.Reach != Mains && q.Processes.Reach != Nobody
	}
}

// fewNumbers is how many processes are sooner looked up than found in a scan.
const fewNumbers = 50

// IsSurvey reports whether of most processes little is needed.
func (q *Question) IsSurvey() bool {
	return q.Processes.Suffices != nil && len(q.Numbers) == 0 && (q.Processes.Reach == Host || len(q.Containers) == 0)
}

// Detail is everything that is read of a process: its PID namespace or the namespaces
// that were asked for, and the user namespace's map to show the user as the container
// has it. Of a process that is only named, or of a shim, the main thread is enough.
func (q *Question) Detail(threads bool) procfs.Detail {
	types := q.Processes.Namespaces
	if len(types) == 0 {
		types = []procfs.NamespaceType{procfs.PIDNamespace}
	}
	return procfs.Detail{Namespaces: types, UIDMaps: true, Limits: q.Processes.Limits, MainThread: !threads || len(q.Numbers) > 0}
}

// Details is what is read for each extent beyond a survey.
func (q *Question) Details() (details [All + 1]procfs.Detail) {
	types := []procfs.NamespaceType{procfs.UserNamespace}
	if q.Processes.Suffices.PIDNamespaces {
		types = append(types, procfs.PIDNamespace)
	}
	details[Owner] = procfs.Detail{Namespaces: types[1:], MainThread: true, WithoutArgs: true}
	details[Count] = procfs.Detail{Namespaces: types, MainThread: true, WithoutArgs: true}
	details[Forks] = procfs.Detail{Namespaces: types, MainThread: true, Limits: true}
	details[Process], details[All] = q.Detail(false), q.Detail(true)
	return details
}

// NamesNobody reports whether one of the names is empty, as an unset variable of a script
// leaves it.
func (q *Question) NamesNobody() bool { return slices.Contains(q.Containers, "") }
