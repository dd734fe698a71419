package limit

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Kind is which of the kernel's limits it is.
type Kind string

// The limits at which fork fails.
const (
	// PIDs is pids.max of a control group.
	PIDs Kind = "pids.max"
	// User is RLIMIT_NPROC, counted for a real user.
	User Kind = "nproc"
	// Numbers is kernel.pid_max: the numbers themselves run out.
	Numbers Kind = "pid_max"
	// Tasks is kernel.threads-max.
	Tasks Kind = "threads-max"
)

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
)

// Limit is one limit that a fork in the container has to pass.
type Limit struct {
	Container *inspect.Container
	Kind      Kind
	Scope     Scope
	// Path is the control group's, "uid N" by the host's number for a user, and
	// the name of the sysctl for the host.
	Path string
	// Dir is the folder of the control group, "" if it has none.
	Dir string
	// UID is the user as the container has it, and HostUID as the host does;
	// only of User.
	UID     procfs.Opt[int]
	HostUID int
	// Used is how much of it is used, and Max where it ends: not held if there
	// is no limit.
	Used, Max procfs.Opt[int]
	// Exempt: the kernel does not hold these processes to it.
	Exempt bool
	// First: of those that could be read it is the one that is hit first.
	First bool
	// Refused is how many forks have failed at it (procfs.PIDsGroup.Refused).
	Refused procfs.Opt[int]
	// Unseen is why Fill and Shares are not whole, and not to be shown; empty
	// if they are.
	Unseen procfs.Absence
	// Fill is what uses it.
	Fill
	// Shares are whose that is, most first.
	Shares []Share
}

// Fill splits tasks into what they are.
type Fill struct {
	// Processes are living ones, Threads their further threads, Zombies those
	// that nobody has waited for.
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

// IsNear reports whether four fifths of it are used.
func (l *Limit) IsNear() bool {
	left, ok := l.Left().Get()
	return ok && left <= l.Max.Or(0)/5
}

// HeldByZombies reports whether it was seen that zombies hold most of a limit
// that is not the whole host's.
func (l *Limit) HeldByZombies() bool {
	return l.Unseen == "" && l.Scope != ScopeHost && l.Zombies*2 > l.Tasks()
}

// DeservesWord reports whether the limit is near, or half used and that mostly by
// zombies, which is nothing that a container needs.
func (l *Limit) DeservesWord() bool {
	left, ok := l.Left().Get()
	return l.IsNear() || ok && l.HeldByZombies() && left <= l.Max.Or(0)/2
}

// HeldByThreads reports the same of further threads.
func (l *Limit) HeldByThreads() bool {
	return l.Unseen == "" && l.Scope != ScopeHost && l.Threads*2 > l.Tasks()
}

// leastLeft is the least that can be left of a limit of which not all could be
// read: no user has more tasks than there are. The second value is false where
// there is no limit.
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
