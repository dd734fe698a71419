package source

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// nameUnits gives the containers that run the services of systemd whose clients run them. It
// looks at what the host's systemd and those of its users have started, on the engine's own
// host alone, and only for containers of which no label says who manages them.
func (r *recording) nameUnits() {
	unmanaged := func(c inspect.Container) bool { return c.IsRunning() && manage.Of(&c).Kind == manage.ByNobody }
	if !r.question.Engine.Units || r.capture.Engine.Silent || r.capture.Snapshot.TakenAt.IsZero() ||
		!slices.ContainsFunc(r.capture.Containers, unmanaged) || !r.mayBeHere() {
		return
	}
	units := manage.Units(r.indexed(), r.clients(), r.processes.File)
	r.note(func(c *inspect.Capture) {
		for i := range c.Containers {
			c.Containers[i].Unit = units[c.Containers[i].ID]
		}
	})
}

// clients are the processes of the engine's clients that a systemd has started itself: who
// has typed a command, or a daemon that runs one, is not their parent.
func (r *recording) clients() []procfs.Process {
	const init = 1
	var list []procfs.Process
	for _, p := range r.processes.ChildrenNamed(init, append([]string{systemdName}, manage.ClientNames...)) {
		if p.Comm == systemdName {
			list = append(list, r.processes.ChildrenNamed(p.PID, manage.ClientNames)...)
		} else {
			list = append(list, p)
		}
	}
	return list
}
