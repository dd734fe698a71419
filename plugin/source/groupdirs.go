package source

import (
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// groupDirs are the folders of containers' control groups that earlier captures have found. A
// folder is that of one run of a container, and has its ID in its path.
type groupDirs struct {
	mu sync.Mutex
	of map[containerRun]string
}

// containerRun is one run of a container.
type containerRun struct {
	id      string
	main    int
	started time.Time
}

// mostGroupDirs is how many are kept.
const mostGroupDirs = 20_000

func runOf(c *inspect.Container) containerRun { return containerRun{c.ID, c.HostPID, c.StartedAt} }

// get is the folder, "" if it is not known.
func (g *groupDirs) get(c *inspect.Container) string {
	if g == nil {
		return ""
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.of[runOf(c)]
}

// put keeps the folder.
func (g *groupDirs) put(c *inspect.Container, dir string) {
	if g == nil || dir == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of == nil || len(g.of) >= mostGroupDirs {
		g.of = map[containerRun]string{}
	}
	g.of[runOf(c)] = dir
}

// groupOf lists the container's control group, which has no path where it is not found. A folder
// that is known is not looked for again, unless it lists no process.
func (r *reading) groupOf(c *inspect.Container) inspect.GroupMembers {
	if dir := r.dirs.get(c); dir != "" {
		if pids := r.processes.GroupPIDs(dir); len(pids) > 0 {
			return inspect.GroupMembers{ContainerID: c.ID, Path: dir, PIDs: pids}
		}
	}
	main, err := r.processes.Process(c.HostPID, procfs.Detail{MainThread: true})
	if c.HostPID == 0 || err != nil {
		return inspect.GroupMembers{}
	}
	dir := r.processes.Group(main.Cgroups.Or(nil), c.ID)
	if dir == "" {
		return inspect.GroupMembers{}
	}
	r.dirs.put(c, dir)
	return inspect.GroupMembers{ContainerID: c.ID, Path: dir, PIDs: r.processes.GroupPIDs(dir)}
}
