package shim

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Containers finds the running containers of the dockerd with this PID without asking it. A shim
// outside of all containers names the container in its arguments. The oldest process of the
// container below the shim is the main process. Names, images and declared modes stay unknown.
// Several engines can share a host. Their shims name different sockets of containerd, or are in
// a container. If the process is not dockerd and the shims do not all name the same socket, the
// engines cannot be distinguished, and the second value is false.
func Containers(s *procfs.Snapshot, dockerd int) ([]inspect.Container, bool) {
	shims, address := dockerShims(s, dockerd, ""), containerdAddress(s, dockerd)
	if address == "" && len(shims) > 0 {
		address = shimAddress(shims[0])
		for _, shim := range shims {
			if shimAddress(shim) != address {
				return nil, false
			}
		}
	}
	var list []inspect.Container
	for _, shim := range shims {
		id := inspect.ServedID(shim)
		if shimAddress(shim) != address {
			continue
		}
		if main := mainBelow(s, shim, id); main != nil {
			list = append(list, containerFromShim(s, main, id))
		}
	}
	return list, true
}

// dockerNamespace is dockerd's containerd namespace unless it is configured
// (--containerd-namespace).
const dockerNamespace = "moby"

// remapped is what dockerd appends to the namespace if it remaps users and containerd keeps the
// images: the UID and GID to which root is mapped (daemon/daemon.go of moby).
var remapped = pattern.Lazy(`^-\d+\.\d+$`)

// dockerShims are the shims of the Docker engines of the host, or of those in the container in
// which the dockerd with this PID runs. namespace is the namespace in containerd that the engine
// reports, "" if it does not report it.
func dockerShims(s *procfs.Snapshot, dockerd int, namespace string) []*procfs.Process {
	around, told := "", namespace != ""
	for i := range s.Processes {
		if p := &s.Processes[i]; p.PID == dockerd {
			around, namespace = inspect.CgroupID(p), cmp.Or(namespace, inspect.Argument(p, "--containerd-namespace"))
		}
	}
	namespace = cmp.Or(namespace, dockerNamespace)
	isOf := func(shim *procfs.Process) bool {
		rest, begins := strings.CutPrefix(inspect.Argument(shim, "-namespace"), namespace)
		return begins && (rest == "" || !told && remapped().MatchString(rest))
	}
	var shims []*procfs.Process
	for i := range s.Processes {
		p := &s.Processes[i]
		if inspect.ShimName(p) != "" && p.Depth() == 0 && inspect.ServedID(p) != "" && isOf(p) && inspect.CgroupID(p) == around {
			shims = append(shims, p)
		}
	}
	return shims
}

func shimAddress(shim *procfs.Process) string { return plainPath(inspect.Argument(shim, "-address")) }

// plainPath is the path without the link /var/run, which leads to /run nearly everywhere.
func plainPath(path string) string {
	if rest, ok := strings.CutPrefix(path, "/var/run/"); ok {
		return "/run/" + rest
	}
	return path
}

// systemContainerd is the socket of the containerd that dockerd uses if it does not start one,
// does not contain one (Docker from 29.7 on), and has none configured. defaultExecRoot is the
// folder below which dockerd has its own.
const (
	systemContainerd = "/run/containerd/containerd.sock"
	defaultExecRoot  = "/run/docker"
)

// containerdAddress is the socket of the containerd that the dockerd with this PID uses: the
// configured one, that of the one it started, its own if a shim names that, or the system's. It
// is "" if the process is not dockerd. Engines before 23 do not report it (GET /info,
// Containerd), and neither does a silent one.
func containerdAddress(s *procfs.Snapshot, dockerd int) string {
	var daemon *procfs.Process
	started := ""
	for i := range s.Processes {
		p := &s.Processes[i]
		switch {
		case p.PID == dockerd && p.Comm == "dockerd":
			daemon = p
		case p.ParentPID == dockerd && p.Comm == "containerd":
			if config := inspect.Argument(p, "--config"); config != "" {
				started = plainPath(path.Join(path.Dir(config), "containerd.sock"))
			}
		}
	}
	if daemon == nil {
		return ""
	}
	within := path.Join(cmp.Or(plainPath(inspect.Argument(daemon, "--exec-root")), defaultExecRoot), "containerd", "containerd.sock")
	named := func(shim *procfs.Process) bool { return shimAddress(shim) == within }
	if !slices.ContainsFunc(dockerShims(s, dockerd, ""), named) {
		within = systemContainerd
	}
	return cmp.Or(plainPath(inspect.Argument(daemon, "--containerd")), started, within)
}

// mainBelow is the main process: the oldest of the shim's children in the container's cgroup,
// because exec sessions come later. If no child is in the cgroup, as with a rootless engine, it
// is the oldest in a PID namespace that is not the shim's. What the shim runs for itself is
// never in another one.
func mainBelow(s *procfs.Snapshot, shim *procfs.Process, id string) *procfs.Process {
	if main := oldestChild(s, shim, func(p *procfs.Process) bool { return inspect.InCgroupOf(p, id) }); main != nil {
		return main
	}
	return oldestChild(s, shim, func(p *procfs.Process) bool { return p.Depth() > shim.Depth() && len(inspect.NamedIDs(p)) == 0 })
}

func oldestChild(s *procfs.Snapshot, parent *procfs.Process, fits func(*procfs.Process) bool) *procfs.Process {
	var oldest *procfs.Process
	for i := range s.Processes {
		p := &s.Processes[i]
		if p.ParentPID == parent.PID && fits(p) && (oldest == nil || p.StartTicks < oldest.StartTicks) {
			oldest = p
		}
	}
	return oldest
}

func containerFromShim(s *procfs.Snapshot, main *procfs.Process, id string) inspect.Container {
	c := inspect.Container{ID: id, Status: "running", HostPID: main.PID, StartedAt: s.StartedAt(main.StartTicks), StopTimeout: 10 * time.Second, Silent: true}
	c.Name = c.ShortID()
	if args := main.Args.Or(nil); len(args) > 0 {
		c.Path, c.Args = args[0], args[1:]
	}
	return c
}
