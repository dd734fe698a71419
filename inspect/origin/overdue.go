package origin

import (
	"cmp"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Overdue is one run of a health check of which processes live on although it is over: the
// engine waits for it no longer.
type Overdue struct {
	// Session is the session of its processes (SID), on the host.
	Session int
	// Processes are those that live, the oldest first.
	Processes []*procfs.Process
	// Certainty is how sure it is that the health check made them.
	Certainty inspect.Certainty
}

// OverdueChecks are the runs of the container's health check that live on, the oldest
// first. A run is known by its session: what has begun one of its own is left out.
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

// probeEnd is how long after its timeout the engine may take to end a run: it signals, and
// waits.
const probeEnd = 2 * time.Second

// mayBeOfCheck reports whether the process runs in the session of an exec that is over, or
// that the engine no longer waits for. What a check has just started is not overdue.
func mayBeOfCheck(ix *inspect.Index, c *inspect.Container, p *procfs.Process) bool {
	if p.IsZombie() || ix.Binding(c).Main == p {
		return false
	}
	leader := ix.ProcessAt(p.SID)
	if leader == nil || leader.IsZombie() || !leader.LeadsSession() || older(leader, p) > 0 || ix.OwnerOf(leader).Container != c {
		return true // the number is that of another process meanwhile
	}
	return ix.RoleOf(c, leader) == inspect.RoleExec && c.Health.Timeout > 0 && ix.Capture.Snapshot.Elapsed(leader.StartTicks) > c.Health.Timeout+probeEnd
}

// TimedOut is how many of the runs that the engine's log has exceeded their timeout.
func TimedOut(h *inspect.HealthCheck) int {
	n := 0
	for _, p := range h.Log {
		if p.TimedOut {
			n++
		}
	}
	return n
}
