package render

import (
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The keys below are published: they are the fields of --format json and of
// templates. They are only ever added. A field of type any holds a value of
// the type that its comment names, or null; Absent then says why.

// containerKeys begin every row.
type containerKeys struct {
	// Host is the engine's name.
	Host string
	// Container is the name, ContainerID the whole ID.
	Container, ContainerID string
	// Manager is who makes the container anew, by its labels: compose, swarm, kubernetes,
	// systemd, or "" for nobody; ManagerName is its service, pod or unit.
	Manager, ManagerName string
}

// FullHeader makes it a row for docker's formatter, which asks headed for the headings.
func (containerKeys) FullHeader() any { return nil }

func containerKeysOf(host string, c *inspect.Container) containerKeys {
	m := manage.Of(c)
	return containerKeys{Host: host, Container: c.Name, ContainerID: c.ID, Manager: string(m.Kind), ManagerName: m.Name}
}

// processKeys are one process of a container.
type processKeys struct {
	containerKeys
	// ContainerCertainty is likely where the container is concluded and could be
	// another that shares the PID namespace; else certain.
	ContainerCertainty string
	// HostPID is its PID in the /proc that was read; ContainerPID (int) that in
	// the container's PID namespace; PIDs all, host first.
	HostPID       int
	ContainerPID  any
	PIDs          []int
	ParentHostPID int
	// UID (int) is its user as the container has it, HostUID as the host does.
	UID     any
	HostUID int
	State   string
	Threads int
	// MainThreadExited: State is Z, but other threads live.
	MainThreadExited bool
	StartedAt        string
	ElapsedSeconds   float64
	Role             string
	NSInit           bool
	// Subreaper (bool): it adopts the orphans below it, which only --collector bpf
	// tells.
	Subreaper any
	// LeftNamespaces ([string]) are the types in which it is not with the
	// container's main process.
	LeftNamespaces any
	// LeftThreads ([object]) are its threads that are in other namespaces by
	// themselves.
	LeftThreads any
	// CgroupNames are the other containers whose IDs stand in its cgroup paths, although it
	// is not in their groups.
	CgroupNames []string
	// ExecID (string) is the exec session whose first process it is.
	ExecID any
	Zombie bool
	// Exit (string) is for people: "exit 7", "SIGKILL". ExitCode (int), Signal
	// (string) and CoreDumped (bool) are for programs.
	Exit, ExitCode, Signal, CoreDumped any
	Comm                               string
	Command                            string
	Args                               []string
	// Absent says why a value is null.
	Absent absences
}

func processKeysOf(host string, r *inspect.Row) processKeys {
	p := r.Process
	k := processKeys{
		containerKeys:      containerKeysOf(host, r.Container),
		ContainerCertainty: string(inspect.Certain),
		HostPID:            p.PID,
		PIDs:               p.NSPIDs,
		ParentHostPID:      p.ParentPID,
		HostUID:            p.UIDs.Effective,
		State:              string(p.State),
		Threads:            p.Threads,
		MainThreadExited:   p.MainThreadExited(),
		StartedAt:          stamp(r.StartedAt),
		ElapsedSeconds:     r.Elapsed.Seconds(),
		Role:               string(r.Role),
		NSInit:             r.NSInit,
		Zombie:             p.IsZombie(),
		Comm:               p.Comm,
		Command:            p.Comm,
		Args:               []string{},
		CgroupNames:        namesOf(r.CgroupNames),
		Absent:             absences{},
	}
	if r.Inferred {
		k.ContainerCertainty = string(inspect.Likely)
	}
	if args, ok := p.Args.Get(); ok {
		k.Args, k.Command = args, strings.Join(args, " ")+string(cutArgs(p))
		if p.ArgsCut {
			k.Absent["Args"] = procfs.TooLong // those behind them
		}
	} else {
		k.Absent["Args"] = p.Args.Absence()
	}
	k.ContainerPID = orAbsent(k.Absent, "ContainerPID", firstOf(r.ContainerPIDs))
	k.UID = orAbsent(k.Absent, "UID", r.UID)
	k.Subreaper = orAbsent(k.Absent, "Subreaper", r.Subreaper)
	k.ExecID = orAbsent(k.Absent, "ExecID", heldUnless(r.ExecID, ""))
	k.fillExit(p)
	k.fillLeft(r)
	return k
}

// leftThreadKeys are one thread that has left namespaces.
type leftThreadKeys struct {
	HostTID       int
	ContainerTIDs []int
	Namespaces    []procfs.NamespaceType
}

func (k *processKeys) fillLeft(r *inspect.Row) {
	left, ok := r.Left.Get()
	if !ok {
		k.Absent["LeftNamespaces"], k.Absent["LeftThreads"] = r.Left.Absence(), r.Left.Absence()
		return
	}
	threads := []leftThreadKeys{}
	for _, t := range r.LeftThreads {
		threads = append(threads, leftThreadKeys{t.HostTID, t.ContainerTIDs, t.Left})
	}
	k.LeftNamespaces, k.LeftThreads = left, threads
}

func (k *processKeys) fillExit(p *procfs.Process) {
	status, ok := p.WaitStatus.Get()
	if !ok {
		for _, key := range []string{"Exit", "ExitCode", "Signal", "CoreDumped"} {
			k.Absent[key] = p.WaitStatus.Absence()
		}
		return
	}
	k.Exit, k.CoreDumped = status.String(), status.CoreDumped()
	if status.Exited() {
		k.ExitCode = status.ExitCode()
		k.Absent["Signal"] = procfs.NotHeld
		return
	}
	k.Signal = procfs.SignalName(status.Signal())
	k.Absent["ExitCode"] = procfs.NotHeld
}

// absences say of the keys that are null why.
type absences map[string]procfs.Absence

// orAbsent is the value, or nil with its reason noted under key.
func orAbsent[T any](why absences, key string, value procfs.Opt[T]) any {
	v, held := value.Get()
	if !held {
		why[key] = value.Absence()
		return nil
	}
	delete(why, key)
	return v
}

func firstOf(chain []int) procfs.Opt[int] {
	if len(chain) == 0 {
		return procfs.None[int](procfs.NotHeld)
	}
	return procfs.Some(chain[0])
}

// nameOf is the container's name, not held where there is none.
func nameOf(c *inspect.Container) procfs.Opt[string] {
	if c == nil {
		return procfs.None[string](procfs.NotHeld)
	}
	return procfs.Some(c.Name)
}

// namesOf are the containers' names, an empty list for none.
func namesOf(list []*inspect.Container) []string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.Name
	}
	return names
}

// pidOf is the process's host PID, not held where there is none.
func pidOf(p *procfs.Process) procfs.Opt[int] {
	if p == nil {
		return procfs.None[int](procfs.NotHeld)
	}
	return procfs.Some(p.PID)
}

// startOf is its start, in ticks after the boot.
func startOf(p *procfs.Process) procfs.Opt[uint64] {
	if p == nil {
		return procfs.None[uint64](procfs.NotHeld)
	}
	return procfs.Some(p.StartTicks)
}

func heldUnless[T comparable](value, none T) procfs.Opt[T] {
	if value == none {
		return procfs.None[T](procfs.NotHeld)
	}
	return procfs.Some(value)
}

// stamp is RFC 3339 in UTC, to the hundredth of a second that /proc keeps.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.00Z07:00") }
