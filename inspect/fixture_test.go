package inspect

import (
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
