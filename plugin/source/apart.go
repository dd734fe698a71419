package source

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// apart finds the containers that are proved to share nothing with those that were asked for.
// The list does not say which namespaces a container uses. On a host with many containers, this
// saves a request to the engine for nearly each of them.
type apart struct {
	processes Processes
	// folders are the control groups of the containers that were asked for, by ID, in the
	// unified hierarchy.
	folders map[string]string
	// used are their namespaces that are not the host's.
	used map[procfs.NamespaceType][]uint64
}

// findApart returns nil if this cannot be proved: the engine did not report a container's main
// process, the main process is not where it should be, or namespaces may not be read.
func (r *reading) findApart() *apart {
	hosts := r.known().host.Namespaces
	a := &apart{processes: r.processes, folders: map[string]string{}, used: map[procfs.NamespaceType][]uint64{}}
	for i := range r.capture.Containers {
		c := &r.capture.Containers[i]
		if c.Silent {
			return nil
		}
		if c.HostPID == 0 {
			continue
		}
		main, err := r.processes.Process(c.HostPID, everyNamespace)
		if err != nil || !inspect.Names(&main, c.ID) || !a.use(&main, hosts) {
			return nil
		}
		a.folders[c.ID] = r.processes.UnifiedGroup(main.Cgroups.Or(nil), c.ID)
	}
	return a
}

var everyNamespace = procfs.Detail{Namespaces: procfs.NamespaceTypes, MainThread: true}

// use notes the process's namespaces. It returns false if one could not be read.
func (a *apart) use(p *procfs.Process, hosts map[procfs.NamespaceType]procfs.Opt[uint64]) bool {
	for _, t := range procfs.NamespaceTypes {
		inode, ok := p.Namespace(t).Get()
		host, known := hosts[t].Get()
		if !ok || !known {
			return false
		}
		if inode != host {
			a.used[t] = append(a.used[t], inode)
		}
	}
	return true
}

// proves reports whether the container with this ID is proved to be in none of the namespaces:
// its main process is found by its control group and its shim, and is in others.
func (a *apart) proves(id string) bool {
	main := a.mainOf(id)
	return main != nil && !slices.ContainsFunc(procfs.NamespaceTypes, func(t procfs.NamespaceType) bool {
		inode, ok := main.Namespace(t).Get()
		return !ok || slices.Contains(a.used[t], inode)
	})
}

// mainOf looks where the container's control group is if it is named like those of the others.
// Its first process is proved by its cgroup, by its shim, which names the container that it
// serves, and by being the init of a PID namespace. An exec session has the same shim, but is
// never an init.
func (a *apart) mainOf(id string) *procfs.Process {
	for other, folder := range a.folders {
		if folder == "" {
			continue
		}
		pid, ok := a.processes.OldestGroupPID(strings.Replace(folder, other, id, 1))
		if !ok {
			continue
		}
		p, err := a.processes.Process(pid, everyNamespace)
		if err != nil || p.Depth() == 0 || p.InnermostPID() != 1 || !inspect.Names(&p, id) {
			return nil
		}
		shim, err := a.processes.Process(p.ParentPID, procfs.Detail{MainThread: true})
		if err != nil || !inspect.Serves(&shim, id) {
			return nil
		}
		return &p
	}
	return nil
}

// dropApart removes from the list the containers that are proved to share nothing.
func (r *reading) dropApart(list []inspect.Container) []inspect.Container {
	if r.question.Engine.Sharers != need.ProvenSharers || r.everybody || len(list) == 0 {
		return list
	}
	a := r.findApart()
	if a == nil {
		return list
	}
	proved := make([]bool, len(list))
	readTogether(len(list), func(i int) { proved[i] = a.proves(list[i].ID) })
	r.skipped = map[string]bool{}
	for i := range list {
		r.skipped[list[i].ID] = proved[i]
	}
	return slices.DeleteFunc(list, func(c inspect.Container) bool { return r.skipped[c.ID] })
}

// namesSkipped reports whether a process that was read belongs to a container that was left out.
// It has entered a namespace from there. Then all containers must be asked for.
func (r *reading) namesSkipped() bool {
	if len(r.skipped) == 0 {
		return false
	}
	ix := r.indexed()
	for i := range r.capture.Snapshot.Processes {
		if slices.ContainsFunc(ix.NamedIDs(&r.capture.Snapshot.Processes[i]), func(id string) bool { return r.skipped[id] }) {
			return true
		}
	}
	return false
}
