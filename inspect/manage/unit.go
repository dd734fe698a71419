package manage

import (
	"path"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Units finds the services of systemd whose clients run containers of the capture in the
// foreground, by the containers' IDs. The clients are processes that a systemd of the engine's
// host has started itself. file reads a file as such a process sees it. A client counts only if
// its container runs and was not started before the client. If several units claim a container,
// none is reported.
func Units(ix *inspect.Index, clients []procfs.Process, file func(procfs.Key, string) procfs.Opt[procfs.File]) map[string]*inspect.Unit {
	c, found := ix.Capture, map[string]*inspect.Unit{}
	for i := range clients {
		p := &clients[i]
		unit, of := unitOf(p), clientTold(p, c.Engine.Endpoint)
		if unit == nil || of == nil {
			continue
		}
		unit.ClientPID, unit.Command = p.PID, of.command
		id := ""
		if of.container == "" {
			id = strings.TrimSpace(file(p.Key, of.cidFile).Or(procfs.File{}).Text)
		}
		for j := range c.Containers {
			container := &c.Containers[j]
			isIt := container.ID == id || of.container != "" && isNamed(container, of.container)
			if !isIt || !container.IsRunning() || !of.mayRun(ix, container) || of.command != commandAttach && container.StartedAt.Before(c.Snapshot.StartedAt(p.StartTicks).Add(-inspect.StartSlack)) {
				continue
			}
			if _, claimed := found[container.ID]; claimed {
				unit = nil
			}
			found[container.ID] = unit
		}
	}
	return found
}

// clientTold is the command line of the process as a client of docker. It is nil if it does not
// run a container, or uses another engine.
func clientTold(p *procfs.Process, endpoint string) *client {
	if p.Depth() > 0 || p.SID != p.PID || p.IsZombie() || p.ArgsCut {
		return nil // systemd starts each program in a session of its own (systemd.exec(5))
	}
	c, ok := clientOf(p.Args.Or(nil))
	if !ok || c.host != "" && plainSocket(c.host) != plainSocket(endpoint) {
		return nil
	}
	return &c
}

// mayRun reports whether the client can run the container: docker and podman run containers
// of their own engines, which have different shims, unless another engine is named.
func (c *client) mayRun(ix *inspect.Index, container *inspect.Container) bool {
	shim := ix.Binding(container).Shim
	return c.host != "" || shim == nil || strings.HasPrefix(inspect.ShimName(shim), "conmon") == (c.program == "podman")
}

// plainSocket writes /var/run as /run, because it is a link to /run on nearly every host.
func plainSocket(host string) string {
	return strings.Replace(host, "unix:///var/run/", "unix:///run/", 1)
}

// isNamed reports whether the reference is the container's name, or the beginning of its ID.
func isNamed(c *inspect.Container, ref string) bool {
	return c.Name == ref || len(ref) >= inspect.ShortIDLength && strings.HasPrefix(c.ID, ref)
}

// unitOf is the service that has the process in its own control group, by systemd's hierarchy
// (name=systemd) or the unified one. It is nil if there is none.
func unitOf(p *procfs.Process) *inspect.Unit {
	var unit *inspect.Unit
	for _, line := range p.Cgroups.Or(nil) {
		if !line.Unified() && !line.HasController("name=systemd") {
			continue
		}
		if found := unitAt(line.Path); found != nil {
			if unit != nil && *unit != *found {
				return nil
			}
			unit = found
		}
	}
	return unit
}

// unitAt is the service that has the group at a path. Above its group there are only slices,
// and for a unit of a user the service of that user's systemd (systemd.slice(5)).
func unitAt(group string) *inspect.Unit {
	folders, name := path.Split(group)
	if !strings.HasSuffix(name, ".service") || isUserManager(name) {
		return nil
	}
	unit := &inspect.Unit{Name: name, UID: procfs.None[int](procfs.NotHeld)}
	for _, folder := range strings.Split(strings.Trim(folders, "/"), "/") {
		switch uid, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(folder, "user@"), ".service")); {
		case isUserManager(folder) && err == nil && !unit.UID.Held():
			unit.UID = procfs.Some(uid)
		case !strings.HasSuffix(folder, ".slice"):
			return nil
		}
	}
	return unit
}

func isUserManager(folder string) bool {
	return strings.HasPrefix(folder, "user@") && strings.HasSuffix(folder, ".service")
}
