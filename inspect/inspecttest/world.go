package inspecttest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The fixtures describe hosts as the kernel shows them: uptime 1000 s, one PID
// namespace for each container unless it joined.

// The time at which a world is looked at, and that of its boot.
var (
	TakenAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	Booted  = TakenAt.Add(-1000 * time.Second)
)

// ID makes a container ID from one letter of the hexadecimal digits.
func ID(letter string) string { return strings.Repeat(letter, 64) }

// World is a capture in the making.
type World struct{ inspect.Capture }

// NewWorld is a host without containers, proved to be the engine's and looked at twice.
func NewWorld() *World {
	w := &World{}
	w.Snapshot = procfs.Snapshot{Root: "/proc", TakenAt: TakenAt, Uptime: 1000 * time.Second, Whole: true}
	w.Proof = inspect.HostProof{Verdict: inspect.Yes, By: "test"}
	w.SecondLook = &inspect.Look{At: TakenAt.Add(time.Second)}
	return w
}

// Container adds a running container with its main process.
func (w *World) Container(name, letter string, main int, change ...func(*inspect.Container)) *World {
	c := inspect.Container{ID: ID(letter), Name: name, Status: "running", HostPID: main, AnsweredAt: TakenAt, StopTimeout: 10 * time.Second}
	for _, f := range change {
		f(&c)
	}
	w.Containers = append(w.Containers, c)
	return w
}

// JoinedTo was started with --pid container:OWNER.
func JoinedTo(owner string) func(*inspect.Container) {
	return func(c *inspect.Container) { c.PIDMode = "container:" + owner }
}

// Process adds a process; each change makes it something more.
func (w *World) Process(pid, parent int, comm string, change ...func(*procfs.Process)) *World {
	p := procfs.Process{
		Key: procfs.Key{PID: pid, StartTicks: uint64(pid)}, ParentPID: parent, State: "S", Comm: comm, Threads: 1,
		SID: pid, NSPIDs: []int{pid},
		Args:       procfs.Some([]string{comm}),
		WaitStatus: procfs.None[procfs.WaitStatus](procfs.NotHeld),
		UIDMap:     procfs.Some([]procfs.IDMapping{{Inside: 0, Outside: 0, Length: 1 << 31}}),
		Cgroups:    procfs.Some([]procfs.Cgroup{{Path: "/"}}),
		Namespaces: map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some(uint64(1))},
	}
	for _, f := range change {
		f(&p)
	}
	w.Snapshot.Processes = append(w.Snapshot.Processes, p)
	return w
}

// Change makes a process something more.
type Change = func(*procfs.Process)

// In puts the process into a container's cgroup and gives it the rest of its
// chain of PIDs.
func In(letter string, chain ...int) Change {
	return func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/docker/" + ID(letter)}, {Path: "/docker/" + ID(letter)}})
		p.NSPIDs = append([]int{p.PID}, chain...)
	}
}

// InGroups has the process in these control groups, each of another hierarchy: the first is
// the unified one.
func InGroups(paths ...string) Change {
	return func(p *procfs.Process) {
		lines := make([]procfs.Cgroup, len(paths))
		for i, path := range paths {
			lines[i] = procfs.Cgroup{Path: path}
			if i > 0 {
				lines[i].Hierarchy, lines[i].Controllers = 2+i, []string{"pids"}
			}
		}
		p.Cgroups = procfs.Some(lines)
	}
}

// NS puts the process into the PID namespace with this inode number.
func NS(inode uint64) Change {
	return func(p *procfs.Process) { p.Namespaces[procfs.PIDNamespace] = procfs.Some(inode) }
}

// NSDenied keeps the PID namespace from the reader, as from an ordinary user.
func NSDenied(p *procfs.Process) {
	p.Namespaces[procfs.PIDNamespace] = procfs.None[uint64](procfs.Denied)
}

// SID puts the process into a session.
func SID(session int) Change { return func(p *procfs.Process) { p.SID = session } }

// StartedAt is the time of its start, in seconds after the boot.
func StartedAt(seconds int) Change {
	return func(p *procfs.Process) { p.StartTicks = uint64(seconds * procfs.TicksPerSecond) }
}

// Exited makes the process a zombie with this wait status.
func Exited(status procfs.WaitStatus) Change {
	return func(p *procfs.Process) {
		p.State, p.Args, p.WaitStatus = procfs.StateZombie, procfs.None[[]string](procfs.NotHeld), procfs.Some(status)
	}
}

// StateOf sets the state as /proc/PID/stat has it.
func StateOf(s procfs.State) Change { return func(p *procfs.Process) { p.State = s } }

// Args is the argument vector.
func Args(list ...string) Change { return func(p *procfs.Process) { p.Args = procfs.Some(list) } }

// ShimOf is a containerd shim of the container.
func ShimOf(letter string) Change {
	return Args("/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", ID(letter), "-address", "/run/containerd.sock")
}

// Again puts every zombie into the second look.
func (w *World) Again() *World {
	for i := range w.Snapshot.Processes {
		if p := &w.Snapshot.Processes[i]; p.IsZombie() {
			w.SecondLook.Zombies = append(w.SecondLook.Zombies, procfs.ZombieSeen{Key: p.Key, ParentPID: p.ParentPID})
		}
	}
	return w
}

// Exec adds an exec session.
func (w *World) Exec(execID, letter string, pid int, running bool, change ...func(*inspect.Exec)) *World {
	e := inspect.Exec{ID: execID, ContainerID: ID(letter), HostPID: pid, Running: running}
	for _, f := range change {
		f(&e)
	}
	w.Execs = append(w.Execs, e)
	return w
}

// Demo is a container whose PID 1 does not reap, with an exec session, and
// zombies that were born to ended exec sessions.
func Demo() *World {
	return NewWorld().
		Container("demo", "a", 101).
		Process(1, 0, "systemd").
		Process(100, 1, "containerd-shim", ShimOf("a")).
		Process(101, 100, "sleep", In("a", 1), NS(7)).
		Process(110, 101, "sh", In("a", 7), NS(7), SID(109), Exited(7<<8)).
		Process(111, 101, "sleep", In("a", 8), NS(7), SID(101)).
		Process(120, 100, "sh", In("a", 21), NS(7)).
		Process(121, 120, "sleep", In("a", 22), NS(7), SID(120)).
		Exec("e1", "a", 120, true).
		Exec("e0", "a", 109, false).
		Again()
}

// Index is the index of the capture as it is.
func (w *World) Index() *inspect.Index { return inspect.NewIndex(&w.Capture) }

// Find returns the container and process by name and host PID.
func Find(t *testing.T, ix *inspect.Index, name string, pid int) (*inspect.Container, *procfs.Process) {
	t.Helper()
	c, problem := ix.Resolve(name)
	if problem != nil {
		t.Fatalf("container %s: %s", name, problem.Text)
	}
	p := ix.ProcessAt(pid)
	if p == nil && pid != 0 {
		t.Fatalf("no process %d", pid)
	}
	return c, p
}

// TwoContainers are a host with one container that a second one has joined, a third
// by itself, and what else there is. Whose a process is, the control groups say.
func TwoContainers() *World {
	w := NewWorld().Process(1, 0, "systemd").Process(2, 0, "kthreadd").Process(10, 1, "cron").Process(11, 10, "job").
		Process(12, 1, "dockerd").Process(13, 12, "containerd").Process(14, 1, "conmon").
		Process(20, 1, "containerd-shim", ShimOf("a")).Container("demo", "a", 21).
		Process(21, 20, "sh", In("a", 1), NS(7)).Process(22, 21, "worker", In("a", 2), NS(7)).Process(23, 22, "fresh", NS(7)).
		Process(30, 1, "containerd-shim", ShimOf("b")).Container("joiner", "b", 31, JoinedTo("demo")).
		Process(31, 30, "sleep", In("b", 8), NS(7)).Process(32, 21, "orphan", In("b", 9), NS(7)).Process(33, 30, "exec", In("b", 10), NS(7)).
		Process(40, 1, "containerd-shim", ShimOf("c")).Container("other", "c", 41).
		Process(41, 40, "sleep", In("c", 1), NS(9)).Process(42, 41, "sleep", In("c", 2), NS(9)).
		Process(50, 10, "nsenter", NS(7)).Process(51, 10, "left", Exited(0), SID(11))
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some[uint64](1)}
	w.Groups = []inspect.GroupMembers{
		{ContainerID: ID("a"), PIDs: []int{21, 22}}, {ContainerID: ID("b"), PIDs: []int{31, 32, 33}}, {ContainerID: ID("c"), PIDs: []int{41, 42}},
	}
	return w
}

// Neighbours are containers that share in every way: vpn owns a network that
// web has joined and qbit joined before vpn was restarted; agent uses the
// host's PID, UTS and IPC namespaces; lost joined a container that is gone.
func Neighbours() *World {
	mode := func(pid, net, ipc, uts string) func(*inspect.Container) {
		return func(c *inspect.Container) { c.PIDMode, c.NetworkMode, c.IPCMode, c.UTSMode = pid, net, ipc, uts }
	}
	hosts := map[procfs.NamespaceType]uint64{procfs.UserNamespace: 6, procfs.TimeNamespace: 8}
	with := func(more map[procfs.NamespaceType]uint64) map[procfs.NamespaceType]uint64 {
		m := map[procfs.NamespaceType]uint64{procfs.UserNamespace: 6, procfs.TimeNamespace: 8}
		for t, n := range more {
			m[t] = n
		}
		return m
	}
	w := NewWorld().
		Container("vpn", "a", 101, mode("", "bridge", "private", "")).
		Container("web", "b", 201, mode("", "container:"+ID("a"), "private", "")).
		Container("qbit", "c", 301, mode("", "container:"+ID("a"), "private", "")).
		Container("agent", "d", 401, mode("host", "bridge", "host", "host")).
		Container("lost", "e", 501, mode("", "container:"+ID("f"), "private", ""))
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	for i, t := range procfs.NamespaceTypes {
		w.Host.Namespaces[t] = procfs.Some(uint64(i + 1))
	}
	return w.
		Process(101, 1, "vpn", In("a", 1), EveryNamespace(110, hosts), StartedAt(500)).
		Process(201, 1, "web", In("b", 1), EveryNamespace(210, with(map[procfs.NamespaceType]uint64{procfs.NetNamespace: 113})), StartedAt(501)).
		Process(301, 1, "qbit", In("c", 1), EveryNamespace(310, with(map[procfs.NamespaceType]uint64{procfs.NetNamespace: 99}))).
		Process(401, 1, "agent", In("d"), EveryNamespace(410, with(map[procfs.NamespaceType]uint64{procfs.PIDNamespace: 1, procfs.UTSNamespace: 2, procfs.IPCNamespace: 3}))).
		Process(501, 1, "lost", In("e", 1), EveryNamespace(510, hosts))
}

// EveryNamespace gives a main process its own namespaces, numbered from base, but for the
// types that are named.
func EveryNamespace(base uint64, other map[procfs.NamespaceType]uint64) Change {
	return func(p *procfs.Process) {
		for i, t := range procfs.NamespaceTypes {
			inode := base + uint64(i)
			if n, ok := other[t]; ok {
				inode = n
			}
			p.Namespaces[t] = procfs.Some(inode)
		}
	}
}

// Surveyed is the capture as a survey leaves it: of each process either everything
// that was read, or its stat.
func Surveyed(c *inspect.Capture, whole func(pid int) bool) *inspect.Capture {
	thin := *c
	thin.Snapshot.Processes = slices.Clone(c.Snapshot.Processes)
	for _, container := range c.Containers {
		group := inspect.GroupMembers{ContainerID: container.ID}
		for i := range c.Snapshot.Processes {
			if p := &c.Snapshot.Processes[i]; !p.IsZombie() && isIn(p, container.ID) {
				group.PIDs = append(group.PIDs, p.PID)
			}
		}
		thin.Groups = append(thin.Groups, group)
	}
	for i := range thin.Snapshot.Processes {
		if p := &thin.Snapshot.Processes[i]; !whole(p.PID) {
			*p = procfs.Process{
				Key: p.Key, StatOnly: true, ParentPID: p.ParentPID, State: p.State, Comm: p.Comm, Threads: p.Threads,
				KernelThread: p.KernelThread, PGID: p.PGID, SID: p.SID, WaitStatus: p.WaitStatus,
				Namespaces: map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: p.Namespace(procfs.PIDNamespace)},
			}
		}
	}
	return &thin
}

func isIn(p *procfs.Process, id string) bool {
	return slices.ContainsFunc(p.Cgroups.Or(nil), func(g procfs.Cgroup) bool { return strings.Contains(g.Path, id) })
}

// Choose are the containers with these names, or all that run.
func Choose(t *testing.T, ix *inspect.Index, names ...string) []*inspect.Container {
	t.Helper()
	chosen, problems := ix.Choose(names, inspect.Filter{})
	for _, p := range problems {
		t.Fatalf("%s: %s", p.Ref, p.Text)
	}
	return chosen
}

// V1Zombie is what cgroup v1 without a unified hierarchy leaves of a zombie's
// cgroup lines: nothing.
func V1Zombie(p *procfs.Process) {
	Exited(0)(p)
	p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/"}})
}

// Shuffled puts the processes into another order, which the seed decides.
func (w *World) Shuffled(seed uint64) *World {
	list := w.Snapshot.Processes
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return w
}
