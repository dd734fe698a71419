package inspect

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Role is the role of a process in its container.
type Role string

// The roles.
const (
	// RoleShim: the parent of the main process, outside of the container.
	RoleShim Role = "shim"
	// RoleMain: the container's State.Pid, or the process that was it before the engine noticed
	// that the container exited. It is the init of its PID namespace unless it joined another
	// one.
	RoleMain Role = "main"
	// RoleExec: the first process of an exec session.
	RoleExec Role = "exec"
	// RoleChild: started by its parent, or reparented without a trace of it.
	RoleChild Role = "child"
	// RoleOrphan: proved to be reparented.
	RoleOrphan Role = "orphan"
	// RoleEntered: not in a container's control group, but in the PID namespace that the
	// container owns (nsenter(1)).
	RoleEntered Role = "entered"
)

// RoleOf is the role of the process in the container that owns it.
func (ix *Index) RoleOf(c *Container, p *procfs.Process) Role {
	binding := ix.Binding(c)
	switch {
	case c.Own && binding.Main != p && p.ParentPID == 0:
		return ix.roleFromOutside(binding.Main, p)
	case binding.Main == p, binding.Main == nil && ix.isLeftMain(p):
		return RoleMain
	case ix.isShimOf(c, p):
		return RoleShim
	case ix.isExecRoot(c, p):
		return RoleExec
	case ix.IsAdopted(p):
		return RoleOrphan
	default:
		return RoleChild
	}
}

// roleFromOutside is the role of a process whose parent is outside of the PID namespace that the
// reader is in too: an exec session is in the control groups of the main process.
func (ix *Index) roleFromOutside(main, p *procfs.Process) Role {
	same := func(a, b procfs.Cgroup) bool { return a.Hierarchy == b.Hierarchy && a.Path == b.Path }
	if main != nil && slices.EqualFunc(main.Cgroups.Or(nil), p.Cgroups.Or(nil), same) {
		return RoleExec
	}
	return RoleEntered
}

// isLeftMain reports whether it was the main process of a container that has exited
// according to the engine. An exec session, which is below a shim too, is not an init.
func (ix *Index) isLeftMain(p *procfs.Process) bool {
	parent := ix.Parent(p)
	return ix.IsNSInit(p) && parent != nil && ix.IsShim(parent) && p.Depth() == parent.Depth()+1
}

// ExecOf returns the exec session whose first process is p, nil if there is none or the engine
// did not report it. The parent of p must be a shim. The engine keeps the PIDs of sessions that
// have exited, and other processes can get these PIDs.
func (ix *Index) ExecOf(c *Container, p *procfs.Process) *Exec {
	e := ix.execs[p.PID]
	if e == nil || e.ContainerID != c.ID || !e.Running && !p.IsZombie() {
		return nil
	}
	if parent := ix.Parent(p); parent == nil || !ix.IsShim(parent) {
		return nil
	}
	return e
}

// isExecRoot reports whether the process is the first of an exec session. The engine reports it,
// or its parent is a shim although it is inside a PID namespace, which happens only in exec
// sessions. With --pid=host the shim adopts orphans too, so only the engine's report counts.
func (ix *Index) isExecRoot(c *Container, p *procfs.Process) bool {
	if ix.ExecOf(c, p) != nil {
		return true
	}
	parent := ix.Parent(p)
	return parent != nil && ix.IsShim(parent) && p.Depth() > parent.Depth()
}

// IsAdopted reports whether it is proved that the process's parent did not start it but adopted
// it as an orphan. The opposite is never proved: the kernel keeps no record of adoptions, and a
// child and an orphan can look the same.
func (ix *Index) IsAdopted(p *procfs.Process) bool {
	parent := ix.Parent(p)
	if parent == nil {
		return false
	}
	if ix.IsShim(parent) {
		return ix.adoptedByShim(p)
	}
	if ix.ReaperOf(p) != parent {
		return false
	}
	return ix.CameFromOutside(p, parent) || ix.ofOtherSession(p, parent)
}

// CameFromOutside reports whether the process was not started below the init that adopted it,
// but by an exec session or in another container. Any other init in its place would also have
// adopted it.
func (ix *Index) CameFromOutside(p, init *procfs.Process) bool {
	return ix.ofOtherContainer(p, init) || ix.ofExecSession(p, init)
}

// adoptedByShim reports whether the shim adopted the process. In the host's PID namespace the
// shim, a child subreaper, adopts orphans. Processes that the shim starts lead sessions of their
// own.
func (ix *Index) adoptedByShim(p *procfs.Process) bool {
	return p.Depth() == 0 && !p.LeadsSession() && ix.mains[p.Key] == nil
}

// ofOtherContainer reports whether the process belongs to another container that joined the
// namespace. Then its parent has exited.
func (ix *Index) ofOtherContainer(p, init *procfs.Process) bool {
	mine, theirs := ix.OwnerOf(p), ix.OwnerOf(init)
	return mine.Via == ViaCgroup && theirs.Via == ViaCgroup && mine.Container != theirs.Container &&
		ix.SharesPIDs(mine.Container, theirs.Container) != No
}

// ofExecSession reports whether its session was started by an exec, and init is not in it.
func (ix *Index) ofExecSession(p, init *procfs.Process) bool {
	return p.SID != init.SID && (ix.SessionExec(p) != nil || ix.SessionExecRoot(p) != nil)
}

// ofOtherSession reports whether its session shows that another process was its parent. A
// process inherits the session of its parent, and can leave it only by starting one of its own.
// A container's init leads its session before its program starts. So a child in a third session
// was started by another process.
func (ix *Index) ofOtherSession(p, init *procfs.Process) bool {
	return ix.mains[init.Key] != nil && init.LeadsSession() && !p.LeadsSession() && p.SID != init.SID
}
