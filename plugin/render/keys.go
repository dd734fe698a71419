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
// the type that its comment names in brackets, or null; Absent then says why.
//
// docs/json.md is made of these comments (make docs), so each key has its own, which
// begins with its name.

// containerKeys begin every row.
type containerKeys struct {
	// Host is the engine's name. With --contexts it is the context's name, and with several
	// snapshots the name of the file without .json.
	Host string
	// Container is the container's name.
	Container string
	// ContainerID is the container's ID, all 64 digits.
	ContainerID string
	// Manager is what recreates the container, by its labels or its docker client: compose,
	// swarm, kubernetes or systemd. It is empty for a container that nothing manages.
	Manager string
	// ManagerName is the manager's service, pod or unit.
	ManagerName string
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
	// ContainerCertainty is likely where another container in the same PID namespace could
	// own the process, else certain.
	ContainerCertainty string
	// HostPID is the PID in the /proc that was read.
	HostPID int
	// ContainerPID (int) is the PID in the container's PID namespace.
	ContainerPID any
	// PIDs are the PIDs in all PID namespaces of the process, that of the host first.
	PIDs []int
	// ParentHostPID is the parent's PID in the /proc that was read.
	ParentHostPID int
	// UID (int) is the effective user, as the container has it.
	UID any
	// HostUID is the effective user, as the host has it.
	HostUID int
	// State is the one-letter state of the main thread (/proc/PID/stat, proc(5)).
	State string
	// Threads is the number of threads.
	Threads int
	// MainThreadExited is true where State is Z and other threads live.
	MainThreadExited bool
	// StartedAt is the start time: RFC 3339, UTC.
	StartedAt string
	// ElapsedSeconds is the time since the start.
	ElapsedSeconds float64
	// Role is shim, main, exec, orphan, child or entered.
	Role string
	// NSInit is true for the init of a PID namespace.
	NSInit bool
	// Subreaper (bool) is true for a child subreaper (prctl(2)). Only --collector bpf can
	// read it.
	Subreaper any
	// LeftNamespaces ([string]) are the types of namespaces in which the process is not
	// with the container's main process.
	LeftNamespaces any
	// LeftThreads ([object]) are the threads that are in namespaces of their own.
	LeftThreads any
	// CgroupNames are other containers whose IDs stand in the cgroup paths of the process,
	// although it is not in their groups.
	CgroupNames []string
	// ExecID (string) is the exec session that began with this process.
	ExecID any
	// Zombie is true for a process that has exited and was not reaped.
	Zombie bool
	// Exit (string) is the exit status in words, such as "exit 7" or "SIGKILL".
	Exit any
	// ExitCode (int) is the exit code of a process that exited by itself.
	ExitCode any
	// Signal (string) is the name of the signal that killed the process.
	Signal any
	// CoreDumped (bool) is true where the kernel wrote a core dump.
	CoreDumped any
	// Comm is the command name (/proc/PID/comm).
	Comm string
	// Command is the arguments, joined by blanks, or Comm where there are none.
	Command string
	// Args are the arguments (/proc/PID/cmdline).
	Args []string
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
			k.Absent["Args"] = procfs.TooLong // the arguments after those that were read
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
	// HostTID is the thread's number on the host.
	HostTID int
	// ContainerTIDs are the thread's numbers from the container's PID namespace inwards.
	ContainerTIDs []int
	// Namespaces are the types in which the thread is not with the container's main process.
	Namespaces []procfs.NamespaceType
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

// absences say why keys are null.
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

// nameOf is the container's name, not held without a container.
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

// pidOf is the process's host PID, not held without a process.
func pidOf(p *procfs.Process) procfs.Opt[int] {
	if p == nil {
		return procfs.None[int](procfs.NotHeld)
	}
	return procfs.Some(p.PID)
}

// startOf is the start of the process, in ticks after the boot.
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

// stamp is RFC 3339 in UTC, with the hundredths of a second that /proc has.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.00Z07:00") }
