package inspecttest

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Later is the world as it was looked at that much later, when the engine answered
// anew.
func (w *World) Later(d time.Duration) *World {
	w.Snapshot.TakenAt, w.Snapshot.Uptime = w.Snapshot.TakenAt.Add(d), w.Snapshot.Uptime+d
	for i := range w.Containers {
		w.Containers[i].AnsweredAt = w.Snapshot.TakenAt
	}
	return w
}

// Dockerd adds the engine's daemon, which has made the list of containers. It uses the
// containerd of [ShimOf] unless changes say otherwise.
func (w *World) Dockerd(pid int, change ...Change) *World {
	w.listing().Daemon = pid
	daemon := []func(*procfs.Process){Args("dockerd", "--containerd", "/run/containerd.sock")}
	return w.Process(pid, 1, "dockerd", append(daemon, change...)...)
}

// Listed puts a container into the engine's list with its status before and after the
// processes were read; "" where it was not in it.
func (w *World) Listed(name, letter, before, after string) *World {
	l := w.listing()
	if before != "" {
		l.Before = append(l.Before, inspect.Listed{ID: ID(letter), Name: name, Status: before})
	}
	if after != "" {
		l.After = append(l.After, inspect.Listed{ID: ID(letter), Name: name, Status: after})
	}
	return w
}

func (w *World) listing() *inspect.Listing {
	if w.Capture.Listing == nil {
		w.Capture.Listing = &inspect.Listing{}
	}
	return w.Capture.Listing
}

// StillUnserved says that the second look too found the container without its shim, or without
// its main process.
func (w *World) StillUnserved(letter string) *World {
	w.SecondLook.Unserved = append(w.SecondLook.Unserved, ID(letter))
	return w
}

// Alter changes a process that the world has.
func (w *World) Alter(pid int, change ...Change) *World {
	for i := range w.Snapshot.Processes {
		if p := &w.Snapshot.Processes[i]; p.PID == pid {
			for _, f := range change {
				f(p)
			}
		}
	}
	return w
}

// Without takes processes out of the world.
func (w *World) Without(pids ...int) *World {
	w.Snapshot.Processes = slices.DeleteFunc(w.Snapshot.Processes, func(p procfs.Process) bool { return slices.Contains(pids, p.PID) })
	return w
}

// Declared changes what the engine says of a container.
func (w *World) Declared(name string, change func(*inspect.Container)) *World {
	for i := range w.Containers {
		if w.Containers[i].Name == name {
			change(&w.Containers[i])
		}
	}
	return w
}

// Below makes the process another one's child.
func Below(parent int) Change { return func(p *procfs.Process) { p.ParentPID = parent } }

// InState is a thread in this state, which sleeps in that function of the kernel.
func InState(s procfs.State, channel string) procfs.ThreadAttention {
	t := Sleeping("none")
	t.State, t.WaitChannel = s, procfs.Some(channel)
	return t
}
