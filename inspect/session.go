package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// SessionExec returns the exec session to which the process belongs, as proved
// by its session ID: a session outlives its leader, and the engine keeps an
// ended exec's PID for some minutes. Nil if there is no such proof.
func (ix *Index) SessionExec(p *procfs.Process) *Exec {
	e := ix.execs[p.SID]
	if e == nil || p.LeadsSession() {
		return nil
	}
	// A leader that lives after the exec has ended got its number afterwards.
	if leader := ix.ProcessAt(p.SID); leader != nil && !e.Running {
		return nil
	}
	if o := ix.OwnerOf(p); o.Container == nil || o.Container.ID != e.ContainerID {
		return nil
	}
	// The session ID could have been used before, by an exec that has left
	// nothing behind, and then again.
	started := ix.Capture.Snapshot.StartedAt(p.StartTicks)
	if !e.StartedAt.IsZero() && started.Before(e.StartedAt.Add(-StartSlack)) {
		return nil
	}
	return e
}

// SessionExecRoot returns the living first process of an exec session whose
// session p is in, nil if there is none.
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
