// Package part cuts a capture down to some of its containers.
package part

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Of is the capture of the index as far as answers about these containers rest on it: they,
// the containers that share namespaces with them or with these, and what the whole host
// uses. Of every other container it has the name, its state and its namespaces, and of
// every other process no command line.
func Of(ix *inspect.Index, chosen []*inspect.Container) *inspect.Capture {
	whole := ix.Capture
	kept := together(ix, chosen)
	c := *whole
	c.Only = nil
	c.Containers = slices.Clone(whole.Containers)
	for i := range c.Containers {
		if id := c.Containers[i].ID; kept[id] {
			c.Only = append(c.Only, id)
		} else {
			c.Containers[i] = bare(&c.Containers[i])
		}
	}
	read := processesOf(ix, kept)
	isRead := func(key procfs.Key) bool { return read[key.PID] }
	c.Snapshot.Processes = slices.Clone(whole.Snapshot.Processes)
	for i := range c.Snapshot.Processes {
		if p := &c.Snapshot.Processes[i]; !read[p.PID] {
			p.Args, p.ArgsCut = procfs.Opt[[]string]{}, false
		}
	}
	c.Execs = only(whole.Execs, func(e *inspect.Exec) bool { return kept[e.ContainerID] })
	c.Groups = only(whole.Groups, func(g *inspect.GroupMembers) bool { return kept[g.ContainerID] })
	c.Attention = only(whole.Attention, func(a *procfs.Attention) bool { return isRead(a.Key) })
	c.Resources = only(whole.Resources, func(r *procfs.Resources) bool { return isRead(r.Key) })
	if whole.Events != nil {
		events := *whole.Events
		events.Events = only(events.Events, func(e *inspect.Event) bool { return kept[e.ContainerID] })
		c.Events = &events
	}
	return &c
}

// only are those of a list that are kept.
func only[T any](list []T, keep func(*T) bool) []T {
	var kept []T
	for i := range list {
		if keep(&list[i]) {
			kept = append(kept, list[i])
		}
	}
	return kept
}

// bare is of a container what says whose its processes and namespaces are.
func bare(c *inspect.Container) inspect.Container {
	return inspect.Container{
		ID: c.ID, Name: c.Name, Status: c.Status, HostPID: c.HostPID, AnsweredAt: c.AnsweredAt, StartedAt: c.StartedAt, FinishedAt: c.FinishedAt,
		PIDMode: c.PIDMode, UTSMode: c.UTSMode, IPCMode: c.IPCMode, NetworkMode: c.NetworkMode, UsernsMode: c.UsernsMode, CgroupnsMode: c.CgroupnsMode,
		PIDsLimit: c.PIDsLimit, CgroupParent: c.CgroupParent, Client: c.Client, Silent: c.Silent, Unasked: c.Unasked,
	}
}

// together are the IDs of these containers, and of those that are joined with them in one
// of their namespaces, by the engine's word or in truth, however many are in between.
func together(ix *inspect.Index, chosen []*inspect.Container) map[string]bool {
	linked := links(ix)
	ids := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		if ids[id] {
			return
		}
		ids[id] = true
		for _, next := range linked[id] {
			visit(next)
		}
	}
	for _, c := range chosen {
		visit(c.ID)
	}
	return ids
}

// links are, for each container's ID, the IDs of those that it is joined with: a ring for each
// namespace, so that many in one take no more than they are.
func links(ix *inspect.Index) map[string][]string {
	linked, last := map[string][]string{}, map[inode]string{}
	link := func(a, b string) { linked[a], linked[b] = append(linked[a], b), append(linked[b], a) }
	hosts := ix.Capture.Host.Namespaces
	byRef := map[string]string{}
	for i := range ix.Capture.Containers {
		c := &ix.Capture.Containers[i]
		byRef[c.ID], byRef[c.Name] = c.ID, c.ID
	}
	for i := range ix.Capture.Containers {
		c := &ix.Capture.Containers[i]
		for _, ref := range c.JoinedRefs() {
			if owner := byRef[ref]; owner != "" {
				link(c.ID, owner)
			}
		}
		main := ix.Main(c)
		if main == nil {
			continue
		}
		for _, t := range procfs.NamespaceTypes {
			number, held := main.Namespace(t).Get()
			if hostsOwn, known := hosts[t].Get(); !held || !known || hostsOwn == number {
				continue
			}
			if before := last[inode{t, number}]; before != "" {
				link(before, c.ID)
			}
			last[inode{t, number}] = c.ID
		}
	}
	return linked
}

// inode is a namespace.
type inode struct {
	of     procfs.NamespaceType
	number uint64
}

// processesOf are the PIDs of the processes of the containers with these IDs, of those in
// their PID namespaces, of the ancestors of all these, and of the engine.
func processesOf(ix *inspect.Index, ids map[string]bool) map[int]bool {
	read, inside := map[int]bool{}, map[uint64]bool{}
	hosts := ix.Capture.Host.Namespaces[procfs.PIDNamespace].Or(0)
	for i := range ix.Capture.Containers {
		c := &ix.Capture.Containers[i]
		if main := ix.Main(c); ids[c.ID] && main != nil {
			inside[main.Namespace(procfs.PIDNamespace).Or(0)] = true
		}
	}
	delete(inside, 0)
	delete(inside, hosts)
	for i := range ix.Capture.Snapshot.Processes {
		p := &ix.Capture.Snapshot.Processes[i]
		owner := ix.OwnerOf(p).Container
		if owner != nil && ids[owner.ID] || inside[p.Namespace(procfs.PIDNamespace).Or(0)] {
			for ; p != nil && !read[p.PID]; p = ix.ProcessAt(p.ParentPID) {
				read[p.PID] = true
			}
		}
	}
	if l := ix.Capture.Listing; l != nil {
		read[l.Daemon] = true
	}
	if limits := ix.Capture.Limits; limits != nil {
		for _, pid := range limits.EnginePIDs {
			read[pid] = true
		}
	}
	return read
}
