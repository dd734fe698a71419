package source

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// apart finds the containers that are proved to share nothing with those that were
// asked for. On a host of many containers that spares a question to the engine for
// nearly each of them: the list does not say whose namespaces a container uses.
type apart struct {
	processes Processes
	// folders are the control groups of the containers that were asked for, by ID, in
	// the unified hierarchy.
	folders map[string]string
	// used are the namespaces that they do not have in common with the host.
	used map[procfs.NamespaceType][]uint64
}

// findApart returns nil where the proof cannot be had: a container whose main process
// the engine did not tell, one that is not where it should be, or namespaces that may
// not be read.
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

// use notes the process's namespaces; false if one could not be read.
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

// proves reports whether the container with that ID is proved to be in none of the
// namespaces: its main process is found by its control group and its shim, and is in
// others.
func (a *apart) proves(id string) bool {
	main := a.mainOf(id)
	return main != nil && !slices.ContainsFunc(procfs.NamespaceTypes, func(t procfs.NamespaceType) bool {
		inode, ok := main.Namespace(t).Get()
		return !ok || slices.Contains(a.used[t], inode)
	})
}

// mainOf looks where the container's control group is if it is made like those of
// the others. Its first process is proved by its cgroup, by its shim, which says
// whom it serves, and by being the init of a PID namespace: an exec session has the
// same shim, and never is.
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

// dropApart takes those containers off the list that are proved to share nothing.
func (r *reading) dropApart(list []inspect.Container) []inspect.Container {
	if r.question.Engine.Sharers != need.ProvenSharers || r.everybody || len(list) == 0 {
		return list
	}
	a := r.findApart()
	if a == nil {
		return list
	}
	r.skipped = map[string]bool{}
	return slices.DeleteFunc(list, func(c inspect.Container) bool {
		r.skipped[c.ID] = a.proves(c.ID)
		return r.skipped[c.ID]
	})
}

// namesSkipped reports whether a process that was read belongs to a container that
// was left out: it has entered a namespace from there. Then everybody must be asked
// for.
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
