package source

import (
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// learnGrace finds how long docker stop waits for the containers that set no time, if the
// engine's default can be configured. It is in the engine's event of its last reload, else in
// the arguments of its process, only on this host.
func (r *recording) learnGrace() {
	if !slices.ContainsFunc(r.capture.Containers, func(c inspect.Container) bool { return c.GraceAssumed }) {
		return
	}
	every := func(*inspect.Container) bool { return true }
	if log := r.capture.Events; log != nil && log.DefaultGrace.Held() {
		r.setGrace(log.DefaultGrace, true, every)
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
	grace, sure := signal.DefaultGrace(dockerd, started, func(path string) procfs.Opt[procfs.File] { return r.processes.File(dockerd.Key, path) })
	if serves {
		r.setGrace(grace, sure, every)
		return
	}
	ix := r.indexed()
	r.setGrace(grace, sure, func(c *inspect.Container) bool {
		shim := ix.Binding(c).Shim
		return shim != nil && strings.HasPrefix(inspect.ShimName(shim), "containerd-shim")
	})
}

// setGrace sets it for the chosen containers. It remains assumed if it is not sure.
func (r *recording) setGrace(grace procfs.Opt[time.Duration], sure bool, chosen func(*inspect.Container) bool) {
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
			capture.Containers[i].StopTimeout, capture.Containers[i].GraceAssumed = value, !sure
		}
	})
}

// dockerd is the engine's own process, nil if it is not known. It serves the socket. If systemd
// listens for it (systemd.socket(5)), it is the only dockerd that systemd has started. In that
// case the socket can also be another engine's.
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

// These are the names (comm) of processes that serve an engine's socket, or listen for an
// engine.
const (
	dockerdName = "dockerd"
	systemdName = "systemd"
)
