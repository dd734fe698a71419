package overview

import "github.com/docker-pidns/docker-pidns/inspect"

// Count are the processes of a container that have not exited.
type Count struct {
	// Processes are all, and Threads theirs, main threads included.
	Processes, Threads int
	// Orphans are those that are proved to be reparented, and Execs the first processes of exec
	// sessions, those of health checks included.
	Orphans, Execs int
}

// CountOf counts them.
func CountOf(ix *inspect.Index, c *inspect.Container) Count {
	var n Count
	for _, p := range ix.ProcessesOf(c) {
		if p.IsZombie() {
			continue
		}
		n.Processes++
		n.Threads += p.Threads
		switch ix.RoleOf(c, p) {
		case inspect.RoleOrphan:
			n.Orphans++
		case inspect.RoleExec:
			n.Execs++
		}
	}
	return n
}
