package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// readFamily reads everything of the containers' processes. If the answer needs only few of
// them, it reads the owner of each, and everything of those few.
func (r *reading) readFamily(ctx context.Context) error {
	of, only := r.family(), r.question.Processes.Suffices
	if only != nil && only.Listed == need.Stat {
		of.Only = &procfs.SurveyOf{Cgroups: true, PIDNamespaces: only.PIDNamespaces, Zombies: r.ofZombies()}
	}
	snapshot, err := r.choice.chosen.Family(ctx, of, r.question.Detail(true))
	if err != nil {
		return err
	}
	r.change(func(c *inspect.Capture) { c.Snapshot = snapshot })
	r.readParents()
	if of.Only == nil {
		return nil
	}
	needs, details := only.Needs(r.capture, r.selected), r.question.Details()
	return r.complete(ctx, func(p *procfs.Process) (procfs.Detail, bool) {
		return details[needs(p.PID)], p.StatOnly && needs(p.PID) > need.Owner
	})
}

// readParents adds the parents of processes that were found only by a control group. Each exec
// session of podman has a conmon of its own, which is in no tree that was read. The parent of a
// shim is not needed.
func (r *reading) readParents() {
	found := map[int]bool{}
	for i := range r.capture.Snapshot.Processes {
		found[r.capture.Snapshot.Processes[i].PID] = true
	}
	var missing []int
	for i := range r.capture.Snapshot.Processes {
		p := &r.capture.Snapshot.Processes[i]
		if p.ParentPID <= 1 || found[p.ParentPID] || inspect.MayBeShim(p) {
			continue
		}
		found[p.ParentPID] = true
		missing = append(missing, p.ParentPID)
	}
	parents := r.readAll(missing, r.question.Detail(false))
	if len(parents) == 0 {
		return
	}
	r.change(func(c *inspect.Capture) {
		c.Snapshot.Processes = append(c.Snapshot.Processes, parents...)
		procfs.SortProcesses(c.Snapshot.Processes)
	})
}

// readAll reads these processes, without those that have gone.
func (r *reading) readAll(pids []int, detail procfs.Detail) []procfs.Process {
	read := make([]procfs.Process, len(pids))
	readTogether(len(pids), func(i int) { read[i], _ = r.processes.Process(pids[i], detail) })
	return slices.DeleteFunc(read, func(p procfs.Process) bool { return p.PID == 0 })
}

// kin is what is read of a container before its family is: its main process and that one's
// parent, and where its control group is, "" where it is not read whole.
type kin struct {
	main, parent     procfs.Process
	noMain, noParent bool
	group            string
}

func (r *reading) kinOf(c *inspect.Container) kin {
	whole := r.isReadWhole(c)
	var k kin
	var err error
	k.main, err = r.processes.Process(c.HostPID, r.question.Detail(whole || slices.Contains(r.selected, c.ID)))
	if k.noMain = c.HostPID == 0 || err != nil; k.noMain {
		return k
	}
	// Of a shim nobody asks what its threads do.
	k.parent, err = r.processes.Process(k.main.ParentPID, r.question.Detail(false))
	k.noParent = err != nil
	if whole {
		k.group = r.processes.Group(k.main.Cgroups.Or(nil), c.ID)
	}
	return k
}

// family says which processes belong to the containers that were asked for:
// the tree below the shim, the tree below the init of the PID namespace, where
// orphans go, and the control group. Of the other containers it is the main
// process alone.
func (r *reading) family() procfs.FamilyOf {
	of := procfs.FamilyOf{Alone: r.lineage}
	kins := make([]kin, len(r.capture.Containers))
	readTogether(len(kins), func(i int) { kins[i] = r.kinOf(&r.capture.Containers[i]) })
	for i := range kins {
		c, k := &r.capture.Containers[i], &kins[i]
		if k.noMain {
			of.Alone = appendPID(of.Alone, c.HostPID)
			continue
		}
		of.Known = append(of.Known, k.main)
		if !k.noParent {
			of.Known = append(of.Known, k.parent)
		}
		if !r.isReadWhole(c) {
			continue
		}
		of.Trees = appendPID(of.Trees, treeRoot(&k.main, &k.parent))
		if inode, ok := k.main.Namespace(procfs.PIDNamespace).Get(); ok && r.question.Processes.Entered && !r.isHosts(inode) {
			of.PIDNamespaces = append(of.PIDNamespaces, inode)
		}
		if k.group != "" {
			of.Groups = append(of.Groups, k.group)
		}
	}
	return of
}

func appendPID(list []int, pids ...int) []int {
	for _, pid := range pids {
		if pid > 0 && !slices.Contains(list, pid) {
			list = append(list, pid)
		}
	}
	return list
}

// treeRoot is the main process's shim, or the main process if its parent is not a shim. The tree
// below the host's init would be the whole host.
func treeRoot(main, parent *procfs.Process) int {
	if inspect.ShimName(parent) == "" {
		return main.PID
	}
	return parent.PID
}

// isReadWhole reports whether all processes of the container are read. That holds for the
// containers that were asked for, and for the owners of the PID namespaces that they joined,
// whose inits adopt their orphans. With Members it also holds for others that joined the same
// namespace.
func (r *reading) isReadWhole(c *inspect.Container) bool {
	if r.question.Processes.Reach == need.Mains || len(r.question.Numbers) > 0 {
		return false
	}
	return slices.Contains(r.selected, c.ID) || slices.ContainsFunc(r.selected, func(id string) bool {
		owner := r.namespaceOwner(id)
		return owner == c.ID || r.question.Processes.Members && owner == r.namespaceOwner(c.ID)
	})
}

// namespaceOwner is the ID of the container that has the PID namespace as declared. If the
// engine did not answer about that container, it is the declared reference.
func (r *reading) namespaceOwner(id string) string {
	c := r.containerNamed(id)
	if c == nil {
		return id
	}
	home := inspect.DeclaredHome(c, procfs.PIDNamespace, r.containerNamed)
	if joined := home.JoinedID(); joined != "" && r.containerNamed(joined) == nil {
		return joined
	}
	return home.ID
}
