package source

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// nameUnits sets the systemd services whose clients run containers. It looks at what the host's
// systemd and those of its users have started, only on the engine's own host, and only for
// containers without a label that names a manager.
func (r *recording) nameUnits() {
	unmanaged := func(c inspect.Container) bool { return c.IsRunning() && manage.Of(&c).Kind == manage.ByNobody }
	if !r.question.Engine.Units || r.capture.Engine.Silent || r.capture.Snapshot.TakenAt.IsZero() ||
		!slices.ContainsFunc(r.capture.Containers, unmanaged) || !r.mayBeHere() {
		return
	}
	begun := time.Now()
	units := manage.Units(r.indexed(), r.clients(), func(key procfs.Key, path string) procfs.Opt[procfs.File] {
		if time.Since(begun) > filesTime {
			return procfs.None[procfs.File](procfs.TimedOut)
		}
		return r.processes.File(key, path)
	})
	r.note(func(c *inspect.Capture) {
		for i := range c.Containers {
			c.Containers[i].Unit = units[c.Containers[i].ID]
		}
	})
}

// filesTime is how long reading of files with IDs may be started. Each file may not answer.
const filesTime = 500 * time.Millisecond

// clients are the processes of the engine's clients that a systemd has started itself. A user's
// shell, or a daemon that runs a command, is not their parent.
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
