package origin

import (
	"cmp"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Overdue is one run of a health check whose processes still run although the check is over: the
// engine no longer waits for it.
type Overdue struct {
	// Session is the session of its processes (SID), on the host.
	Session int
	// Processes are those that still run, the oldest first.
	Processes []*procfs.Process
	// Certainty is how certain it is that the health check started them.
	Certainty inspect.Certainty
}

// OverdueChecks are the runs of the container's health check that still run, the oldest first. A
// run is identified by its session. Processes that have started a session of their own are left
// out.
func OverdueChecks(ix *inspect.Index, c *inspect.Container) []Overdue {
	if c.Health == nil {
		return nil
	}
	living := slices.DeleteFunc(slices.Clone(ix.ProcessesOf(c)), func(p *procfs.Process) bool { return !mayBeOfCheck(ix, c, p) })
	runs := map[int]*Overdue{}
	for i, o := range All(ix, c, living) {
		p := living[i]
		if o.Kind != FromHealthCheck {
			continue
		}
		run := runs[p.SID]
		if run == nil {
			run = &Overdue{Session: p.SID, Certainty: o.Certainty}
			runs[p.SID] = run
		}
		run.Processes = append(run.Processes, p)
	}
	var list []Overdue
	for _, run := range runs {
		slices.SortFunc(run.Processes, older)
		list = append(list, *run)
	}
	slices.SortFunc(list, func(a, b Overdue) int { return older(a.Processes[0], b.Processes[0]) })
	return list
}

func older(a, b *procfs.Process) int {
	return cmp.Or(cmp.Compare(a.StartTicks, b.StartTicks), cmp.Compare(a.PID, b.PID))
}

// probeEnd is how long the engine may need to end a run after its timeout, because it signals
// and waits.
const probeEnd = 2 * time.Second

// mayBeOfCheck reports whether the process runs in the session of an exec that is over, or for
// which the engine no longer waits. A process that a check has just started is not overdue.
func mayBeOfCheck(ix *inspect.Index, c *inspect.Container, p *procfs.Process) bool {
	if p.IsZombie() || ix.Binding(c).Main == p {
		return false
	}
	leader := ix.ProcessAt(p.SID)
	if leader == nil || leader.IsZombie() || !leader.LeadsSession() || older(leader, p) > 0 || ix.OwnerOf(leader).Container != c {
		return true // the number has been reused by another process
	}
	return ix.RoleOf(c, leader) == inspect.RoleExec && c.Health.Timeout > 0 && ix.Capture.Snapshot.Elapsed(leader.StartTicks) > c.Health.Timeout+probeEnd
}

// TimedOut is how many of the runs in the engine's log exceeded their timeout.
func TimedOut(h *inspect.HealthCheck) int {
	n := 0
	for _, p := range h.Log {
		if p.TimedOut {
			n++
		}
	}
	return n
}
