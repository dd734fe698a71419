package inspecttest

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The hosts below are as large as the kernel allows, or larger: what grows by more than
// its input is found with them.

// Huge are hosts by what there is much of; each is made with so many of it.
var Huge = map[string]func(n int) *World{
	"zombies of one parent": zombiesOfOne, "zombies of as many parents": zombiesOfMany, "a chain of parents": chain,
	"children of one shell": children, "containers in one PID namespace": sharing, "PID namespaces inside": nested,
	"exec sessions": execSessions, "threads": threads, "processes of the host": foreign,
}

// first is the PID of the first of many.
const first = 1000

// hugeHost is a host with a container whose PID 1 (101) is a shell.
func hugeHost() *World {
	w := NewWorld().Container("demo", "a", 101).Process(1, 0, "systemd").Process(2, 0, "kthreadd", kernelThread).
		Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "sh", In("a", 1), NS(7))
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some[uint64](1)}
	w.Limits = &inspect.LimitFacts{}
	return w
}

func kernelThread(p *procfs.Process) { p.KernelThread = true }

func zombiesOfOne(n int) *World {
	w := hugeHost()
	for i := range n {
		w.Process(first+i, 101, "sh", In("a", 10+i), NS(7), SID(109), Exited(0))
	}
	return w.Again()
}

func zombiesOfMany(n int) *World {
	w := hugeHost()
	for i := range n {
		w.Process(first+2*i, 101, "worker", In("a", 10+2*i), NS(7), SID(101))
		w.Process(first+2*i+1, first+2*i, "sh", In("a", 11+2*i), NS(7), SID(101), Exited(0))
	}
	return w.Again()
}

// chain is of living processes, each the only child of the one before, and a zombie at its
// end, which nothing but its ancestors ties to the container.
func chain(n int) *World {
	w := hugeHost()
	parent := 101
	for i := range n {
		w.Process(first+i, parent, "sh", In("a", 10+i), NS(7), SID(101))
		parent = first + i
	}
	return w.Process(first+n, parent, "sh", In("a", 10+n), NS(7), SID(101), V1Zombie).Again()
}

func children(n int) *World {
	w := hugeHost()
	for i := range n {
		w.Process(first+i, 101, "worker", In("a", 10+i), NS(7), SID(101), Args("worker", fmt.Sprint(i)))
	}
	return w
}

// numbered is the ID of one of many containers.
func numbered(i int) string { return fmt.Sprintf("%064x", i) }

// sharing are containers that joined the PID namespace of the first, with a dozen processes
// each.
func sharing(n int) *World {
	w := hugeHost()
	for i := range n {
		id, pid := numbered(i), first+20*i
		w.Containers = append(w.Containers, inspect.Container{
			ID: id, Name: fmt.Sprintf("joiner-%d", i), Status: "running", HostPID: pid + 1, AnsweredAt: TakenAt, PIDMode: "container:demo",
		})
		inside := func(p *procfs.Process) {
			p.NSPIDs = []int{p.PID, p.PID}
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + id}})
		}
		w.Process(pid, 1, "containerd-shim", Args("containerd-shim-runc-v2", "-namespace", "moby", "-id", id, "-address", "/run/containerd.sock"))
		for j := range 12 {
			w.Process(pid+1+j, pid+j, "worker", NS(7), SID(pid+1), inside)
		}
	}
	return w
}

// nested are PID namespaces that the container's PID 1 has made, each in the one before
// where that is not too deep (MAX_PID_NS_LEVEL).
func nested(n int) *World {
	w := hugeHost()
	for i := range n {
		w.Process(first+i, 101, "unshare", In("a", 10+i, 1), NS(uint64(first+i)), SID(101))
	}
	return w
}

func execSessions(n int) *World {
	w := hugeHost()
	for i := range n {
		running := i%2 == 0
		w.Exec(numbered(i), "a", first+2*i, running)
		if running {
			w.Process(first+2*i, 100, "sh", In("a", 10+2*i), NS(7))
		}
		w.Process(first+2*i+1, 101, "sh", In("a", 11+2*i), NS(7), SID(first+2*i), Exited(0))
	}
	return w.Again()
}

func threads(n int) *World {
	w := hugeHost().Process(first, 101, "java", In("a", 10), NS(7), SID(101), func(p *procfs.Process) { p.Threads = n + 1 })
	w.Capture.Threads = map[int]procfs.Thread{}
	asleep := make([]procfs.ThreadAttention, n)
	for i := range n {
		tid := first + 1 + i
		w.Capture.Threads[tid] = procfs.Thread{PID: first, NSPIDs: []int{tid, 11 + i}}
		asleep[i] = Sleeping("futex")
		asleep[i].TID = tid
	}
	return w.Attend(first, Asleep(asleep...))
}

// foreign are processes that are in no container.
func foreign(n int) *World {
	w := hugeHost()
	for i := range n {
		w.Process(first+i, 1, "worker")
	}
	return w
}
