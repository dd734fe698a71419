package source

import (
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// learnGrace finds out how long docker stop waits for the containers that set no time, where
// the engine's default can have been set: from the engine's own word at its last reload, else
// from what its process was started with, on this host alone.
func (r *recording) learnGrace() {
	if !slices.ContainsFunc(r.capture.Containers, func(c inspect.Container) bool { return c.GraceAssumed }) {
		return
	}
	every := func(*inspect.Container) bool { return true }
	if log := r.capture.Events; log != nil && log.DefaultGrace.Held() {
		r.setGrace(log.DefaultGrace, every)
		return
	}
	if r.capture.Snapshot.TakenAt.IsZero() || !r.mayBeHere() {
		return
	}
	dockerd, serves := r.dockerd()
	if dockerd == nil {
		return
	}
	started := r.capture.Snapshot.StartedAt(dockerd.StartTicks)
	grace := signal.DefaultGrace(dockerd, started, func(path string) procfs.Opt[procfs.File] { return r.processes.File(dockerd.Key, path) })
	if serves {
		r.setGrace(grace, every)
		return
	}
	ix := r.indexed()
	r.setGrace(grace, func(c *inspect.Container) bool {
		shim := ix.Binding(c).Shim
		return shim != nil && strings.HasPrefix(inspect.ShimName(shim), "containerd-shim")
	})
}

// setGrace gives it to those of the containers that are chosen.
func (r *recording) setGrace(grace procfs.Opt[time.Duration], chosen func(*inspect.Container) bool) {
	value, known := grace.Get()
	if !known {
		return
	}
	var learned []int
	for i := range r.capture.Containers {
		if c := &r.capture.Containers[i]; c.GraceAssumed && chosen(c) {
			learned = append(learned, i)
		}
	}
	r.note(func(capture *inspect.Capture) {
		for _, i := range learned {
			capture.Containers[i].StopTimeout, capture.Containers[i].GraceAssumed = value, false
		}
	})
}

// dockerd is the engine's own process, nil where it is not known. It serves the socket, or,
// where systemd listens for it (systemd.socket(5)), is the only one that systemd has started;
// then the socket can be another engine's as well.
func (r *recording) dockerd() (p *procfs.Process, serves bool) {
	server, err := r.processes.Process(r.known().server, procfs.Detail{MainThread: true})
	switch {
	case err != nil:
		return nil, false
	case server.Comm == dockerdName:
		return &server, true
	case server.Comm != systemdName:
		return nil, false
	}
	started := slices.DeleteFunc(r.processes.ChildrenNamed(server.PID, []string{dockerdName}), func(p procfs.Process) bool {
		return p.Depth() > 0 || inspect.CgroupID(&p) != ""
	})
	if len(started) != 1 {
		return nil, false
	}
	return &started[0], false
}

// The names (comm) of those who serve an engine's socket, or have it served.
const (
	dockerdName = "dockerd"
	systemdName = "systemd"
)
