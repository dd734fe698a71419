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

// Containers finds the running containers of the dockerd with this PID
// without its word: a shim outside of all containers names the container in its
// arguments, and the oldest of the container's processes below it is the main
// process. Names, images and declared modes stay unknown. Several engines can share a
// host: they differ in the socket of their containerd, which the shims name, or
// are in a container. Where the process is no dockerd and the shims do not all
// name the same socket, nothing can be told apart, and the second value is
// false.
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

// dockerNamespace is dockerd's containerd namespace unless it is told another
// (--containerd-namespace).
const dockerNamespace = "moby"

// remapped is what dockerd appends to the namespace where it remaps users and containerd
// keeps the images: the UID and GID that root has then (daemon/daemon.go of moby).
var remapped = pattern.Lazy(`^-\d+\.\d+$`)

// dockerShims are the shims of the Docker engines of the host, or of those in
// the container in which the dockerd with this PID runs. namespace is that of containerd as
// the engine tells it, "" where it does not.
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

// plainPath: /var/run is a link to /run nearly everywhere.
func plainPath(path string) string {
	if rest, ok := strings.CutPrefix(path, "/var/run/"); ok {
		return "/run/" + rest
	}
	return path
}

// systemContainerd is the socket of the containerd that dockerd uses where it
// neither starts one, nor is one (Docker from 29.7 on), nor is told of one; defaultExecRoot
// is the folder below which it has its own.
const (
	systemContainerd = "/run/containerd/containerd.sock"
	defaultExecRoot  = "/run/docker"
)

// containerdAddress is the socket of the containerd that the dockerd with this PID
// uses: the one it was told of, that of the one it started, its own where a shim names
// that, or the system's. It is "" if the process is no dockerd. Engines before 23 and a
// silent one do not tell it themselves (GET /info, Containerd).
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

// mainBelow is the main process: the oldest of the shim's children in the
// container's cgroup, since exec sessions come later. Where none is, as a
// rootless engine may have it, it is the oldest in a PID namespace that is not
// the shim's, which what the shim runs for itself never is.
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
