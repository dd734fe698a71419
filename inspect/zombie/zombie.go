package zombie

import (
	"cmp"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A process is a zombie if the whole process has exited (procfs.Process.IsZombie: state Z with
// no other thread alive) and no process has waited for it. A zombie that is gone at the second
// look was only passing. Every healthy fork loop shows one at nearly every look.

// Cause is why a zombie has not been reaped.
type Cause string

// The causes.
const (
	// InitDoesNotReap means that its parent is the init of its PID namespace. The zombie was
	// certainly reparented to that init, which is alive, runs, and has not waited for it.
	InitDoesNotReap Cause = "init-does-not-reap"
	// ParentHasNotWaited means that its parent is alive, may have started it, and has not
	// waited yet. It cannot be proved that the parent never will.
	ParentHasNotWaited Cause = "parent-has-not-waited"
	// ShimHung means that its parent is the shim, which always reaps if it runs.
	ShimHung Cause = "shim-hung"
	// CauseUnknown means that it was seen only once, or that its parent cannot wait at the
	// moment (paused, stopped, traced), or cannot be read.
	CauseUnknown Cause = "unknown"
)

// Zombie is one process that has exited and is not reaped.
type Zombie struct {
	inspect.Row
	// ParentPID is the host PID of the process that must wait for it, at the last look. Parent
	// is that process, nil if it is not in the capture.
	ParentPID int
	Parent    *procfs.Process
	// ParentContainer is the parent's container. It is nil for a shim, and for a parent
	// outside all containers.
	ParentContainer *inspect.Container
	// ParentIsInit is true if the parent is the init of the zombie's PID namespace.
	ParentIsInit bool
	// Adopted is true if it is proved that the zombie was reparented to its parent.
	Adopted bool
	// ParentChanged is true if the parent of the first look exited before the second look.
	// Then it was reparented to Parent, the parent of the second look, only just now.
	ParentChanged bool
	// Origin says where it came from, as far as that can be determined.
	Origin origin.Origin
	// Cause is why it has not been reaped.
	Cause Cause
	// InitCures says whether --init would have reaped it.
	InitCures inspect.Verdict
	// SeenFirst and SeenLast are the times of the looks that showed it. They are equal if
	// there was only one look.
	SeenFirst, SeenLast time.Time
}

// Report has the zombies and the processes that do not reap them.
type Report struct {
	// Zombies are the zombies of the chosen containers that were there at both looks, sorted
	// by container name and host PID.
	Zombies []Zombie
	// Passing is the number of zombies that were gone at the second look.
	Passing int
	// Culprits are the verdicts, one for each process that has not waited.
	Culprits []Culprit
	// Containers and Processes are how many were looked at.
	Containers, Processes int
}

// Find finds the zombies of the containers and judges them.
func Find(ix *inspect.Index, containers []*inspect.Container) Report {
	report, listed := Report{Containers: len(containers)}, ListedIn(ix.Capture)
	for _, c := range containers {
		report.Processes += listed[c.ID]
		var stayed []*procfs.Process
		for _, p := range ix.ProcessesOf(c) {
			report.Processes++
			switch {
			case !p.IsZombie():
			case !isStillThere(ix, p):
				report.Passing++
			default:
				stayed = append(stayed, p)
			}
		}
		for i, o := range origin.All(ix, c, stayed) {
			report.Zombies = append(report.Zombies, zombieOf(ix, c, stayed[i], o))
		}
	}
	slices.SortStableFunc(report.Zombies, func(a, b Zombie) int {
		return cmp.Or(cmp.Compare(a.Container.Name, b.Container.Name), cmp.Compare(a.Process.PID, b.Process.PID))
	})
	report.Culprits = culprits(ix, report.Zombies)
	return report
}

// ListedIn is how many of the processes of which nothing was read (Snapshot.Listed) each container
// has, by its ID: the innermost one whose control group lists them. A group comes after the groups
// around it.
func ListedIn(c *inspect.Capture) map[string]int {
	pids := c.Snapshot.Listed
	found, counted := map[string]int{}, make([]bool, len(pids))
	for _, group := range slices.Backward(c.Groups) {
		next := 0 // lists of the kernel are mostly in order
		for _, pid := range group.PIDs {
			at, there := next, next < len(pids) && pids[next] == pid
			if !there {
				at, there = slices.BinarySearch(pids, pid)
			}
			if next = at + 1; there && !counted[at] {
				counted[at] = true
				found[group.ContainerID]++
			}
		}
	}
	return found
}

// isStillThere reports whether the zombie was there at the second look too, or whether there
// was no second look.
func isStillThere(ix *inspect.Index, p *procfs.Process) bool {
	_, seen := ix.SeenAgain(p)
	return seen || ix.Capture.SecondLook == nil
}

func zombieOf(ix *inspect.Index, c *inspect.Container, p *procfs.Process, from origin.Origin) Zombie {
	z := Zombie{Row: ix.RowOf(c, p), Origin: from, ParentPID: p.ParentPID, Parent: ix.Parent(p), SeenFirst: ix.Capture.Snapshot.TakenAt}
	z.SeenLast = z.SeenFirst
	if look := ix.Capture.SecondLook; look != nil {
		z.SeenLast = look.At
	}
	z.Adopted = ix.IsAdopted(p)
	if parent, ok := ix.SeenAgain(p); ok && parent != p.ParentPID {
		z.ParentChanged, z.Adopted, z.ParentPID, z.Parent = true, true, parent, ix.ProcessAt(parent)
	}
	if z.Parent != nil {
		z.ParentContainer = ix.OwnerOf(z.Parent).Container
		z.ParentIsInit = ix.IsNSInit(z.Parent) && ix.ReaperOf(p) == z.Parent
	}
	z.Cause = causeOf(ix, z)
	z.InitCures = initCures(ix, z)
	return z
}

func causeOf(ix *inspect.Index, z Zombie) Cause {
	switch {
	case ix.Capture.SecondLook == nil, z.Parent == nil, z.ParentChanged, z.Process.TracerPID != 0:
		return CauseUnknown
	case ix.IsShim(z.Parent):
		return ShimHung
	case ix.HaltOf(z.Parent) != inspect.HaltNone:
		return CauseUnknown
	case z.ParentIsInit && z.Adopted:
		return InitDoesNotReap
	default:
		return ParentHasNotWaited
	}
}

// initCures judges --init. It puts a reaper in the place of PID 1. So it fixes orphans that
// PID 1 does not reap. It does not help if another parent is alive. The engine drops it if the
// container has no PID namespace of its own. A zombie that PID 1 may have started itself would
// stay the child of the same program, one PID higher. That cannot be distinguished. Orphans
// below a child subreaper are reparented to it. Only the kernel itself reports whether a
// program is a child subreaper.
func initCures(ix *inspect.Index, z Zombie) inspect.Verdict {
	switch {
	case z.Parent == nil, z.ParentChanged:
		return inspect.Unknown
	case !z.ParentIsInit:
		return inspect.No
	case ix.MainOf(z.Parent) == nil:
		return inspect.No // its parent is the init of a nested namespace
	case isReapingInit(z.Parent):
		return inspect.No // the container has an init already
	case ix.CameFromOutside(z.Process, z.Parent):
		return inspect.Yes
	case !z.Adopted:
		return inspect.Unknown
	}
	switch subreaper, known := ix.Subreaper(z.Parent).Get(); {
	case !known:
		return inspect.Unknown
	case subreaper:
		return inspect.No
	default:
		return inspect.Yes
	}
}

// isReapingInit reports whether PID 1 is one of the programs that --init or image authors use
// as a reaper.
func isReapingInit(p *procfs.Process) bool {
	return slices.Contains([]string{"docker-init", "tini", "catatonit", "dumb-init"}, p.Comm)
}
