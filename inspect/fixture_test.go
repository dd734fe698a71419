package inspect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// The fixtures describe hosts as the kernel shows them: uptime 1000 s, one PID
// namespace for each container unless it joined.

var (
	takenAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	booted  = takenAt.Add(-1000 * time.Second)
)

// id makes a container ID from one letter of the hexadecimal digits.
func id(letter string) string { return strings.Repeat(letter, 64) }

type world struct{ Capture }

func newWorld() *world {
	w := &world{}
	w.Snapshot = procfs.Snapshot{Root: "/proc", TakenAt: takenAt, Uptime: 1000 * time.Second, Whole: true}
	w.Proof = HostProof{Verdict: Yes, By: "test"}
	w.SecondLook = &Look{At: takenAt.Add(time.Second)}
	return w
}

// container adds a running container with its main process.
func (w *world) container(name, letter string, main int, change ...func(*Container)) *world {
	c := Container{ID: id(letter), Name: name, Status: "running", HostPID: main, AnsweredAt: takenAt, StopTimeout: 10 * time.Second}
	for _, f := range change {
		f(&c)
	}
	w.Containers = append(w.Containers, c)
	return w
}

func joined(owner string) func(*Container) {
	return func(c *Container) { c.PIDMode = "container:" + owner }
}

// process adds a process; each change makes it something more.
func (w *world) process(pid, parent int, comm string, change ...func(*procfs.Process)) *world {
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

type change = func(*procfs.Process)

// in puts the process into a container's cgroup and gives it the rest of its
// chain of PIDs.
func in(letter string, chain ...int) change {
	return func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/docker/" + id(letter)}, {Path: "/docker/" + id(letter)}})
		p.NSPIDs = append([]int{p.PID}, chain...)
	}
}

func ns(inode uint64) change {
	return func(p *procfs.Process) { p.Namespaces[procfs.PIDNamespace] = procfs.Some(inode) }
}

func nsDenied(p *procfs.Process) {
	p.Namespaces[procfs.PIDNamespace] = procfs.None[uint64](procfs.Denied)
}

func sid(session int) change { return func(p *procfs.Process) { p.SID = session } }

func startedAt(seconds int) change {
	return func(p *procfs.Process) { p.StartTicks = uint64(seconds * procfs.TicksPerSecond) }
}

func zombie(status procfs.WaitStatus) change {
	return func(p *procfs.Process) {
		p.State, p.Args, p.WaitStatus = procfs.StateZombie, procfs.None[[]string](procfs.NotHeld), procfs.Some(status)
	}
}

func stateOf(s procfs.State) change { return func(p *procfs.Process) { p.State = s } }

func args(list ...string) change { return func(p *procfs.Process) { p.Args = procfs.Some(list) } }

// shimOf is a containerd shim of the container.
func shimOf(letter string) change {
	return args("/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", id(letter), "-address", "/run/containerd.sock")
}

// again puts every zombie into the second look.
func (w *world) again() *world {
	for i := range w.Snapshot.Processes {
		if p := &w.Snapshot.Processes[i]; p.IsZombie() {
			w.SecondLook.Zombies = append(w.SecondLook.Zombies, procfs.ZombieSeen{Key: p.Key, ParentPID: p.ParentPID})
		}
	}
	return w
}

func (w *world) exec(execID, letter string, pid int, running bool, change ...func(*Exec)) *world {
	e := Exec{ID: execID, ContainerID: id(letter), HostPID: pid, Running: running}
	for _, f := range change {
		f(&e)
	}
	w.Execs = append(w.Execs, e)
	return w
}

// demo is a container whose PID 1 does not reap, with an exec session, and
// zombies that were born to ended exec sessions.
func demo() *world {
	return newWorld().
		container("demo", "a", 101).
		process(1, 0, "systemd").
		process(100, 1, "containerd-shim", shimOf("a")).
		process(101, 100, "sleep", in("a", 1), ns(7)).
		process(110, 101, "sh", in("a", 7), ns(7), sid(109), zombie(7<<8)).
		process(111, 101, "sleep", in("a", 8), ns(7), sid(101)).
		process(120, 100, "sh", in("a", 21), ns(7)).
		process(121, 120, "sleep", in("a", 22), ns(7), sid(120)).
		exec("e1", "a", 120, true).
		exec("e0", "a", 109, false).
		again()
}

func (w *world) index() *Index { return NewIndex(&w.Capture) }

// find returns the container and process by name and host PID.
func find(t *testing.T, ix *Index, name string, pid int) (*Container, *procfs.Process) {
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

// twoContainers are a host with one container that a second one has joined, a third
// by itself, and what else there is. Whose a process is, the control groups say.
func twoContainers() *world {
	w := newWorld().process(1, 0, "systemd").process(2, 0, "kthreadd").process(10, 1, "cron").process(11, 10, "job").
		process(12, 1, "dockerd").process(13, 12, "containerd").process(14, 1, "conmon").
		process(20, 1, "containerd-shim", shimOf("a")).container("demo", "a", 21).
		process(21, 20, "sh", in("a", 1), ns(7)).process(22, 21, "worker", in("a", 2), ns(7)).process(23, 22, "fresh", ns(7)).
		process(30, 1, "containerd-shim", shimOf("b")).container("joiner", "b", 31, joined("demo")).
		process(31, 30, "sleep", in("b", 8), ns(7)).process(32, 21, "orphan", in("b", 9), ns(7)).process(33, 30, "exec", in("b", 10), ns(7)).
		process(40, 1, "containerd-shim", shimOf("c")).container("other", "c", 41).
		process(41, 40, "sleep", in("c", 1), ns(9)).process(42, 41, "sleep", in("c", 2), ns(9)).
		process(50, 10, "nsenter", ns(7)).process(51, 10, "left", zombie(0), sid(11))
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some[uint64](1)}
	w.Groups = []GroupMembers{
		{ContainerID: id("a"), PIDs: []int{21, 22}}, {ContainerID: id("b"), PIDs: []int{31, 32, 33}}, {ContainerID: id("c"), PIDs: []int{41, 42}},
	}
	return w
}

// neighbours are containers that share in every way: vpn owns a network that
// web has joined and qbit joined before vpn was restarted; agent uses the
// host's PID, UTS and IPC namespaces; lost joined a container that is gone.
func neighbours() *world {
	mode := func(pid, net, ipc, uts string) func(*Container) {
		return func(c *Container) { c.PIDMode, c.NetworkMode, c.IPCMode, c.UTSMode = pid, net, ipc, uts }
	}
	hosts := map[procfs.NamespaceType]uint64{procfs.UserNamespace: 6, procfs.TimeNamespace: 8}
	with := func(more map[procfs.NamespaceType]uint64) map[procfs.NamespaceType]uint64 {
		m := map[procfs.NamespaceType]uint64{procfs.UserNamespace: 6, procfs.TimeNamespace: 8}
		for t, n := range more {
			m[t] = n
		}
		return m
	}
	w := newWorld().
		container("vpn", "a", 101, mode("", "bridge", "private", "")).
		container("web", "b", 201, mode("", "container:"+id("a"), "private", "")).
		container("qbit", "c", 301, mode("", "container:"+id("a"), "private", "")).
		container("agent", "d", 401, mode("host", "bridge", "host", "host")).
		container("lost", "e", 501, mode("", "container:"+id("f"), "private", ""))
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	for i, t := range procfs.NamespaceTypes {
		w.Host.Namespaces[t] = procfs.Some(uint64(i + 1))
	}
	return w.
		process(101, 1, "vpn", in("a", 1), all(110, hosts), startedAt(500)).
		process(201, 1, "web", in("b", 1), all(210, with(map[procfs.NamespaceType]uint64{procfs.NetNamespace: 113})), startedAt(501)).
		process(301, 1, "qbit", in("c", 1), all(310, with(map[procfs.NamespaceType]uint64{procfs.NetNamespace: 99}))).
		process(401, 1, "agent", in("d"), all(410, with(map[procfs.NamespaceType]uint64{procfs.PIDNamespace: 1, procfs.UTSNamespace: 2, procfs.IPCNamespace: 3}))).
		process(501, 1, "lost", in("e", 1), all(510, hosts))
}

// all gives a main process its own namespaces, numbered from base, but for the
// types that are named.
func all(base uint64, other map[procfs.NamespaceType]uint64) change {
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

// surveyed is the capture as a survey leaves it: of each process either everything
// that was read, or its stat.
func surveyed(c *Capture, whole func(pid int) bool) *Capture {
	thin := *c
	thin.Snapshot.Processes = slices.Clone(c.Snapshot.Processes)
	for _, container := range c.Containers {
		group := GroupMembers{ContainerID: container.ID}
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
