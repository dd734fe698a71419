package inspect

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ContainersFromShims finds the running containers without the engine's word:
// a shim outside of all containers names the container in its arguments, and
// its child whose cgroup holds that ID is the main process. Names, images and
// declared modes stay unknown. namespace is the engine's containerd namespace
// ("moby"); several engines can share a host.
func ContainersFromShims(s *procfs.Snapshot, namespace string) []Container {
	var list []Container
	for i := range s.Processes {
		shim := &s.Processes[i]
		id := shimContainerID(shim)
		if id == "" || ShimName(shim) == "" || shim.Depth() != 0 || shimNamespace(shim) != namespace {
			continue
		}
		if main := mainBelow(s, shim, id); main != nil {
			list = append(list, containerFromShim(s, main, id))
		}
	}
	return list
}

func shimNamespace(shim *procfs.Process) string {
	args := shim.Args.Or(nil)
	for i, arg := range args[:max(len(args)-1, 0)] {
		if arg == "-namespace" {
			return args[i+1]
		}
	}
	return ""
}

// mainBelow is the oldest of the shim's children in the container's cgroup:
// exec sessions come later.
func mainBelow(s *procfs.Snapshot, shim *procfs.Process, id string) *procfs.Process {
	var main *procfs.Process
	for i := range s.Processes {
		p := &s.Processes[i]
		if p.ParentPID != shim.PID || !inCgroupOf(p, id) {
			continue
		}
		if main == nil || p.StartTicks < main.StartTicks {
			main = p
		}
	}
	return main
}

func containerFromShim(s *procfs.Snapshot, main *procfs.Process, id string) Container {
	c := Container{ID: id, Status: "running", HostPID: main.PID, StartedAt: s.StartedAt(main.StartTicks), StopTimeout: 10 * time.Second, Silent: true}
	c.Name = c.ShortID()
	if args := main.Args.Or(nil); len(args) > 0 {
		c.Path, c.Args = args[0], args[1:]
	}
	return c
}
