package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// SessionExec returns the exec session to which the process belongs, as proved by its session
// ID. A session outlives its leader, and the engine keeps an ended exec's PID for some minutes.
// It is nil if there is no such proof.
func (ix *Index) SessionExec(p *procfs.Process) *Exec {
	e := ix.execs[p.SID]
	if e == nil || p.LeadsSession() {
		return nil
	}
	// A leader that still runs after the exec has ended is another process, which got the same
	// number later.
	if leader := ix.ProcessAt(p.SID); leader != nil && !e.Running {
		return nil
	}
	if o := ix.OwnerOf(p); o.Container == nil || o.Container.ID != e.ContainerID {
		return nil
	}
	// The session ID could be that of an earlier exec that has left nothing behind, and then
	// have been reused.
	started := ix.Capture.Snapshot.StartedAt(p.StartTicks)
	if !e.StartedAt.IsZero() && started.Before(e.StartedAt.Add(-StartSlack)) {
		return nil
	}
	return e
}

// SessionExecRoot returns the living first process of the exec session that p is in, or nil.
func (ix *Index) SessionExecRoot(p *procfs.Process) *procfs.Process {
	leader := ix.ProcessAt(p.SID)
	owner := ix.OwnerOf(p).Container
	if leader == nil || leader == p || !leader.LeadsSession() || owner == nil || ix.OwnerOf(leader).Container != owner {
		return nil
	}
	if ix.RoleOf(owner, leader) != RoleExec {
		return nil
	}
	return leader
}
