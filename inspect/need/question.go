package need

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Question is what a command asks of a host: about which containers, what it needs of which
// processes, and what it needs of the engine. The constructors in questions.go make it. Only a
// Question says how much is read, and the packages that read translate it.
type Question struct {
	// Containers are names, IDs or beginnings of IDs. If there are none, it is about every
	// running container.
	Containers []string
	// Filter selects among the running containers before they are read.
	Filter inspect.Filter
	// Numbers are host PIDs or TIDs whose owners are wanted. Containers is empty then.
	Numbers []int
	// Settle is the time after which zombies are looked at again, 0 for no second look.
	Settle time.Duration
	// Processes and Engine are what is needed of the processes and of the engine.
	Processes Processes
	Engine    Engine
}

// Reach is which processes are needed.
type Reach uint8

// The reaches.
const (
	// Families: the processes of the containers in question.
	Families Reach = iota
	// Mains: only the main processes.
	Mains
	// Nobody: no process.
	Nobody
	// Host: every process of the host, whichever container it belongs to.
	Host
)

// Processes is how much of which processes an answer needs.
type Processes struct {
	Reach Reach
	// Suffices says of which processes more than their stat is needed, if all processes of the
	// host are looked at. It is nil if everything is needed of all.
	Suffices *Survey
	// Namespaces are the types whose inodes are read. If there are none, only that of pid is
	// read.
	Namespaces []procfs.NamespaceType
	// Members is true if every process in the PID namespaces of the containers is needed,
	// whichever container it belongs to.
	Members bool
	// Entered is true if also every process is needed that is in these namespaces without
	// belonging to a container, for example by nsenter(1). No container may be left out then.
	Entered bool
	// Threads is true if the TIDs of all processes are needed.
	Threads bool
	// Limits is true if the limits of fork are needed.
	Limits bool
	// Heirs is true if the attention is also needed of the inits that would adopt zombies whose
	// parent exits.
	Heirs bool
	// OOM is true if the reports of the kernel's OOM killer are needed.
	OOM bool
	// Attention is of how many processes of each container the signal handling is read: its main
	// process and those below it first.
	Attention int
}

// Sharers is how much is needed of the running containers that were not named, but may share
// namespaces with those that were.
type Sharers uint8

// How much of them is needed.
const (
	// NoSharers: nothing.
	NoSharers Sharers = iota
	// ProvenSharers: only those that share namespaces, if that can be proved without asking for
	// each container.
	ProvenSharers
	// AllSharers: all of them.
	AllSharers
)

// Engine is what is needed of the engine, beside the containers in question.
type Engine struct {
	// Name: its name and versions.
	Name bool
	// Sharers are the other running containers.
	Sharers Sharers
	// Units: the systemd services whose clients run containers.
	Units bool
	// Execs: the exec sessions that run.
	Execs bool
	// PastExecs: if there are zombies, also the exec sessions of the past.
	PastExecs bool
	// Listing: every container, running or not, before and after the processes are read.
	Listing bool
	// AllNames: the names and IDs of all containers, running or not, once.
	AllNames bool
	// Ended: facts about containers that do not run, if none is named.
	Ended bool
	// Events: the events of containers that the engine remembers.
	Events bool
	// Successors: the same events, if a container was configured to join one that was removed.
	// Only they have its name, which shows the container that replaced it.
	Successors bool
	// Words: the last lines of output of the containers whose last run was short.
	Words bool
}

// Matching is the question about the containers that the filter selects, with the engine's name
// if it is shown.
func (q Question) Matching(filter inspect.Filter, name bool) Question {
	q.Filter, q.Engine.Name = filter, q.Engine.Name || name
	return q
}

// OnWholeHost is the question about every process and thread of the host.
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

// fewNumbers is up to how many processes looking up each one is faster than a scan.
const fewNumbers = 50

// IsSurvey reports whether little is needed of most processes.
func (q *Question) IsSurvey() bool {
	return q.Processes.Suffices != nil && len(q.Numbers) == 0 && (q.Processes.Reach == Host || len(q.Containers) == 0)
}

// Detail is everything that is read of a process: its PID namespace or the namespaces that were
// asked for, and the map of its user namespace, to show the user as inside the container. Of a
// process that is only named, or of a shim, the main thread is enough.
func (q *Question) Detail(threads bool) procfs.Detail {
	types := q.Processes.Namespaces
	if len(types) == 0 {
		types = []procfs.NamespaceType{procfs.PIDNamespace}
	}
	return procfs.Detail{Namespaces: types, UIDMaps: true, Limits: q.Processes.Limits, MainThread: !threads || len(q.Numbers) > 0}
}

// Details is what is read for each extent, in addition to a survey.
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

// ZombieDetail is everything that is read of a zombie that is no main process: its users are
// shown as in the container, by the map of the main process.
func (q *Question) ZombieDetail() procfs.Detail {
	d := q.Detail(false)
	d.UIDMaps = false
	return d
}

// NamesNobody reports whether one of the names is empty, as from an unset variable of a script.
func (q *Question) NamesNobody() bool { return slices.Contains(q.Containers, "") }
