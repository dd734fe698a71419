package limit

import (
	"github.com/docker/go-units"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Kind is one of the kernel's limits.
type Kind string

// The limits at which a fork or a new thread fails.
const (
	// PIDs is pids.max of a control group.
	PIDs Kind = "pids.max"
	// User is RLIMIT_NPROC, counted for a real user.
	User Kind = "nproc"
	// Numbers is kernel.pid_max, the number of PIDs.
	Numbers Kind = "pid_max"
	// Tasks is kernel.threads-max.
	Tasks Kind = "threads-max"
	// AddressSpace is RLIMIT_AS of one process, in bytes. A thread's stack has to fit into it.
	AddressSpace Kind = "address-space"
	// Mappings is vm.max_map_count, for each process. A thread's stack is one mapping, and its
	// guard page may be another.
	Mappings Kind = "max_map_count"
)

// Amount writes a number in the unit of the kind: 2,999, or 486.1MiB.
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

// Scope says to what a limit applies.
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
	// ScopeCreator: the user who created the container's user namespace.
	ScopeCreator Scope = "creator"
	// ScopeHost: everything on the host.
	ScopeHost Scope = "host"
	// ScopeProcess: one process of the container.
	ScopeProcess Scope = "process"
	// ScopeEngine: a control group of the container's shim, of containerd or of the
	// engine's daemon, and of none of the container's processes.
	ScopeEngine Scope = "engine"
	// ScopeNeighbour: the host's own processes of a user with the same user ID as one of the
	// container's. Their own RLIMIT_NPROC applies to them, and the kernel counts the container's
	// processes too.
	ScopeNeighbour Scope = "neighbour"
)

// Stops is what fails when a limit is reached.
type Stops string

// What a limit can stop.
const (
	// Forks: every fork and every new thread in the container.
	Forks Stops = "fork"
	// Threads: new threads of one process, which can still fork.
	Threads Stops = "thread"
	// Sessions: docker exec and health checks, or the start of containers.
	Sessions Stops = "exec"
	// Neighbours: forks of the host's user with the same user ID.
	Neighbours Stops = "neighbour"
)

// Limit is one limit that applies to a fork or a thread in the container, or in which its tasks
// are counted (Stops).
type Limit struct {
	Container *inspect.Container
	Kind      Kind
	Scope     Scope
	// Path is the path of the control group, "uid N" with the host's user ID for a user, and the
	// name of the sysctl for the host.
	Path string
	// Dir is the folder of the control group, "" if it has none.
	Dir string
	// Process is the process that has the limit (ScopeProcess), the host's process with the
	// lowest limit (ScopeNeighbour), or the process whose forks it stops (ScopeEngine). It is
	// nil for other scopes.
	Process *procfs.Process
	// Stack is how many bytes the stack of another thread needs, only for AddressSpace.
	Stack int
	// UID is the user ID inside the container, and HostUID that on the host, only for User.
	UID     procfs.Opt[int]
	HostUID int
	// Used is how much of it is used, and Max the limit, not held if there is none.
	Used, Max procfs.Opt[int]
	// Exempt is true if the kernel does not apply it to these processes.
	Exempt bool
	// First is true if it is the nearest of those that could be read.
	First bool
	// Refused is how many forks have failed because of it (procfs.PIDsGroup.Refused).
	Refused procfs.Opt[int]
	// Unseen is why Fill and Shares are incomplete and must not be shown, "" if they are
	// complete.
	Unseen procfs.Absence
	// Fill is what uses it.
	Fill
	// Shares are the containers that use it, the largest share first.
	Shares []Share
}

// Fill divides tasks by kind.
type Fill struct {
	// Processes are running processes, Threads their additional threads, Zombies processes that
	// are not reaped.
	Processes, Threads, Zombies int
}

// Tasks is the number of all tasks.
func (f Fill) Tasks() int { return f.Processes + f.Threads + f.Zombies }

func (f *Fill) add(p *procfs.Process) {
	if p.IsZombie() {
		f.Zombies++
		return
	}
	f.Processes++
	f.Threads += max(p.Threads-1, 0)
}

// Share is a container with the number of its tasks. Tasks outside of all containers of the
// engine have no container.
type Share struct {
	Container *inspect.Container
	Tasks     int
}

// IsUnlimited reports whether there is certainly no limit.
func (l *Limit) IsUnlimited() bool { return l.Exempt || l.Max.Absence() == procfs.NotHeld }

// Left is how many more tasks fit, not held without a limit, and absent if that could not be
// read.
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

// Room is how many more tasks fit at most, if the limit counts something else than tasks. A
// thread has one mapping or more, and larger stacks and more memory if its program wants that.
// It is absent if Left is absent.
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

// IsNear reports whether at least four fifths of it are used.
func (l *Limit) IsNear() bool {
	left, ok := l.Left().Get()
	return ok && left <= l.Max.Or(0)/5
}

// smallestStack is the smallest default stack of a thread in any C library (DEFAULT_STACK_SIZE
// of musl). glibc uses RLIMIT_STACK.
const smallestStack = 128 << 10

// IsFull reports whether nothing more fits, whatever the program.
func (l *Limit) IsFull() bool {
	left, ok := l.Left().Get()
	return ok && (left == 0 || l.Kind == AddressSpace && left < smallestStack)
}

// HeldByZombies reports whether zombies were seen to hold most of a limit that is not the whole
// host's.
func (l *Limit) HeldByZombies() bool {
	return l.Unseen == "" && l.Scope != ScopeHost && l.Zombies*2 > l.Tasks()
}

// DeservesWord reports whether the limit is near, or is half used and mostly by zombies, which a
// container does not need. A limit of a neighbour deserves it if it would not be near without
// the containers.
func (l *Limit) DeservesWord() bool {
	left, ok := l.Left().Get()
	if l.Scope == ScopeNeighbour {
		return l.IsNear() && l.hostsOwn() < l.Max.Or(0)-l.Max.Or(0)/5
	}
	return l.IsNear() || ok && l.HeldByZombies() && left <= l.Max.Or(0)/2
}

// hostsOwn is the number of tasks outside of all containers.
func (l *Limit) hostsOwn() int {
	for _, share := range l.Shares {
		if share.Container == nil {
			return share.Tasks
		}
	}
	return 0
}

// HeldByThreads reports the same for additional threads.
func (l *Limit) HeldByThreads() bool {
	return l.Unseen == "" && l.Scope != ScopeHost && l.Threads*2 > l.Tasks()
}

// leastLeft is the least that can be left of a limit that could be read only partly, because a
// user has at most as many tasks as exist. The second value is false without a limit.
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
