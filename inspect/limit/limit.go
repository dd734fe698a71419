package limit

import (
	"github.com/docker/go-units"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Kind is which of the kernel's limits it is.
type Kind string

// The limits at which a fork or a new thread fails.
const (
	// PIDs is pids.max of a control group.
	PIDs Kind = "pids.max"
	// User is RLIMIT_NPROC, counted for a real user.
	User Kind = "nproc"
	// Numbers is kernel.pid_max: the numbers themselves run out.
	Numbers Kind = "pid_max"
	// Tasks is kernel.threads-max.
	Tasks Kind = "threads-max"
	// AddressSpace is RLIMIT_AS of one process, in bytes: a thread's stack has to fit.
	AddressSpace Kind = "address-space"
	// Mappings is vm.max_map_count, for each process: a thread's stack is one, and its
	// guard page is another or grows one beside it.
	Mappings Kind = "max_map_count"
)

// Amount writes a number of what a limit of the kind counts: 2,999, or 486.1MiB.
func (k Kind) Amount(n int) string {
	if k == AddressSpace {
		return units.BytesSize(float64(n))
	}
	return inspect.Count(n)
}

// Unit is what a limit of the kind counts.
func (k Kind) Unit() string {
	switch k {
	case AddressSpace:
		return "bytes"
	case Mappings:
		return "mappings"
	default:
		return "tasks"
	}
}

// Scope is whose limit it is.
type Scope string

// The scopes.
const (
	// ScopeContainer: the container's own control group.
	ScopeContainer Scope = "container"
	// ScopeParent: a control group above the container's, shared with others.
	ScopeParent Scope = "parent"
	// ScopeInside: a control group inside the container's, or the container's
	// own PID namespace.
	ScopeInside Scope = "inside"
	// ScopeUser: the processes of one user, wherever they run.
	ScopeUser Scope = "user"
	// ScopeCreator: the user who made the container's user namespace.
	ScopeCreator Scope = "creator"
	// ScopeHost: everything on the host.
	ScopeHost Scope = "host"
	// ScopeProcess: one process of the container.
	ScopeProcess Scope = "process"
	// ScopeEngine: a control group of the container's shim, of containerd or of the
	// engine's daemon, and of none of the container's processes.
	ScopeEngine Scope = "engine"
	// ScopeNeighbour: the host's own processes of a user whose number the container's
	// have too: they are held to their own RLIMIT_NPROC, and the kernel counts the
	// container's among theirs.
	ScopeNeighbour Scope = "neighbour"
)

// Stops is what fails once a limit is reached.
type Stops string

// What a limit can stop.
const (
	// Forks: every fork and every new thread in the container.
	Forks Stops = "fork"
	// Threads: new threads of one process, which can still fork.
	Threads Stops = "thread"
	// Sessions: docker exec and health checks, or the start of containers.
	Sessions Stops = "exec"
	// Neighbours: forks of the host's user of the same number.
	Neighbours Stops = "neighbour"
)

// Limit is one limit that a fork or a thread in the container has to pass, or that its tasks
// count in (Stops).
type Limit struct {
	Container *inspect.Container
	Kind      Kind
	Scope     Scope
	// Path is the control group's, "uid N" by the host's number for a user, and
	// the name of the sysctl for the host.
	Path string
	// Dir is the folder of the control group, "" if it has none.
	Dir string
	// Process is, of ScopeProcess, the process that has the limit; of ScopeNeighbour the
	// process of the host that has the lowest, and of ScopeEngine the process whose forks it
	// stops. Nil for other scopes.
	Process *procfs.Process
	// Stack is how many bytes a further thread takes for its stack, of AddressSpace.
	Stack int
	// UID is the user as the container has it, and HostUID as the host does;
	// only of User.
	UID     procfs.Opt[int]
	HostUID int
	// Used is how much of it is used, and Max the limit: not held if there is
	// none.
	Used, Max procfs.Opt[int]
	// Exempt reports whether the kernel does not apply it to these processes.
	Exempt bool
	// First reports whether it is the nearest of those that could be read.
	First bool
	// Refused is how many forks have failed at it (procfs.PIDsGroup.Refused).
	Refused procfs.Opt[int]
	// Unseen is why Fill and Shares are not whole, and not to be shown; empty
	// if they are.
	Unseen procfs.Absence
	// Fill is what uses it.
	Fill
	// Shares are the containers that use it, most first.
	Shares []Share
}

// Fill splits tasks into what they are.
type Fill struct {
	// Processes are living ones, Threads their additional threads, Zombies those that are not
	// reaped.
	Processes, Threads, Zombies int
}

// Tasks is how many there are of all kinds.
func (f Fill) Tasks() int { return f.Processes + f.Threads + f.Zombies }

func (f *Fill) add(p *procfs.Process) {
	if p.IsZombie() {
		f.Zombies++
		return
	}
	f.Processes++
	f.Threads += max(p.Threads-1, 0)
}

// Share is a container with the number of its tasks; the tasks outside of all
// containers of the engine have none.
type Share struct {
	Container *inspect.Container
	Tasks     int
}

// IsUnlimited reports whether there is certainly no limit.
func (l *Limit) IsUnlimited() bool { return l.Exempt || l.Max.Absence() == procfs.NotHeld }

// Left is how many more tasks fit, not held where there is no limit, and absent
// where that could not be read.
func (l *Limit) Left() procfs.Opt[int] {
	most, ok := l.Max.Get()
	used, okUsed := l.Used.Get()
	switch {
	case l.Exempt:
		return procfs.None[int](procfs.NotHeld)
	case !ok:
		return procfs.None[int](l.Max.Absence())
	case !okUsed:
		return procfs.None[int](l.Used.Absence())
	default:
		return procfs.Some(max(most-used, 0))
	}
}

// Stops is what fails at the limit.
func (l *Limit) Stops() Stops {
	switch {
	case l.Scope == ScopeEngine:
		return Sessions
	case l.Scope == ScopeNeighbour:
		return Neighbours
	case l.Kind == AddressSpace || l.Kind == Mappings:
		return Threads
	default:
		return Forks
	}
}

// Room is how many more tasks fit; at most, where it counts something else than tasks: a
// thread has one mapping or more, and larger stacks and memory of its own where a program
// gives it these. Absent where Left is.
func (l *Limit) Room() procfs.Opt[int] {
	left, ok := l.Left().Get()
	switch {
	case !ok:
		return procfs.None[int](l.Left().Absence())
	case l.Kind == AddressSpace:
		return procfs.Some(left / max(l.Stack, 1))
	default:
		return procfs.Some(left)
	}
}

// IsNear reports whether four fifths of it are used.
func (l *Limit) IsNear() bool {
	left, ok := l.Left().Get()
	return ok && left <= l.Max.Or(0)/5
}

// smallestStack is the least that a C library takes for a thread's stack by itself
// (DEFAULT_STACK_SIZE of musl); glibc takes what RLIMIT_STACK says.
const smallestStack = 128 << 10

// IsFull reports whether nothing more fits, whatever the program.
func (l *Limit) IsFull() bool {
	left, ok := l.Left().Get()
	return ok && (left == 0 || l.Kind == AddressSpace && left < smallestStack)
}

// HeldByZombies reports whether it was seen that zombies hold most of a limit
// that is not the whole host's.
func (l *Limit) HeldByZombies() bool {
	return l.Unseen == "" && l.Scope != ScopeHost && l.Zombies*2 > l.Tasks()
}

// DeservesWord reports whether the limit is near, or half used and that mostly by zombies,
// which a container does not need. That of a neighbour does where it would not be near
// without the containers.
func (l *Limit) DeservesWord() bool {
	left, ok := l.Left().Get()
	if l.Scope == ScopeNeighbour {
		return l.IsNear() && l.hostsOwn() < l.Max.Or(0)-l.Max.Or(0)/5
	}
	return l.IsNear() || ok && l.HeldByZombies() && left <= l.Max.Or(0)/2
}

// hostsOwn is how many of the tasks are outside of all containers.
func (l *Limit) hostsOwn() int {
	for _, share := range l.Shares {
		if share.Container == nil {
			return share.Tasks
		}
	}
	return 0
}

// HeldByThreads reports the same of additional threads.
func (l *Limit) HeldByThreads() bool {
	return l.Unseen == "" && l.Scope != ScopeHost && l.Threads*2 > l.Tasks()
}

// leastLeft is the least that can be left of a limit that could be read only partly: no user
// has more tasks than there are. The second value is false where there is no limit.
func (l *Limit) leastLeft(tasks procfs.Opt[int]) (int, bool) {
	if l.IsUnlimited() {
		return 0, false
	}
	if left, ok := l.Left().Get(); ok {
		return left, true
	}
	most, okMax := l.Max.Get()
	all, okTasks := tasks.Get()
	if !okMax || !okTasks {
		return 0, true
	}
	return max(most-all, 0), true
}
