package zombie

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// OriginKind is where a process came from.
type OriginKind string

// The kinds of origin.
const (
	FromExec        OriginKind = "exec"
	FromHealthCheck OriginKind = "healthcheck"
	FromUnknown     OriginKind = "unknown"
)

// Origin is where a process came from, and how sure that is.
type Origin struct {
	Kind      OriginKind
	Certainty inspect.Certainty
	// ExecID is the exec session, where the engine still knows it.
	ExecID string
}

// originOf: its session ID is the PID of an exec session that the engine
// still knows, or of one whose first process still lives; that is proof. A
// health check that ran when it started makes it likely.
func originOf(ix *inspect.Index, c *inspect.Container, p *procfs.Process) Origin {
	if e := cmp.Or(ix.ExecOf(c, p), ix.SessionExec(p)); e != nil {
		return execOrigin(c, e, ix.Capture.Snapshot.StartedAt(p.StartTicks))
	}
	if ix.SessionExecRoot(p) != nil {
		return Origin{Kind: FromExec, Certainty: inspect.Certain}
	}
	if startedDuringProbe(ix, c, p) {
		return Origin{Kind: FromHealthCheck, Certainty: inspect.Likely}
	}
	return Origin{Kind: FromUnknown, Certainty: inspect.Uncertain}
}

// execOrigin: an exec session whose command is the health check's is one, for
// certain if the log has a check of that moment. Somebody could have typed the
// same command.
func execOrigin(c *inspect.Container, e *inspect.Exec, started time.Time) Origin {
	o := Origin{Kind: FromExec, Certainty: inspect.Certain, ExecID: e.ID}
	if c.Health == nil || e.Command != strings.Join(c.Health.Command, " ") {
		return o
	}
	o.Kind, o.Certainty = FromHealthCheck, inspect.Likely
	at := started
	if !e.StartedAt.IsZero() {
		at = e.StartedAt
	}
	if duringProbe(c.Health, at) {
		o.Certainty = inspect.Certain
	}
	return o
}

// probeSlack allows for the time between the log's start and the process's.
const probeSlack = 500 * time.Millisecond

func duringProbe(h *inspect.HealthCheck, at time.Time) bool {
	return slices.ContainsFunc(h.Log, func(p inspect.Probe) bool {
		return !at.Before(p.Start.Add(-inspect.StartSlack)) && !at.After(p.End.Add(probeSlack))
	})
}

// startedDuringProbe needs the proof that PID 1 adopted the process, for its
// own children start at such moments too.
func startedDuringProbe(ix *inspect.Index, c *inspect.Container, p *procfs.Process) bool {
	return c.Health != nil && ix.IsAdopted(p) && duringProbe(c.Health, ix.Capture.Snapshot.StartedAt(p.StartTicks))
}

// rhythmMin is the number of zombies from which a rhythm is believed.
const rhythmMin = 4

// markHealthRhythm finds among the zombies of unknown origin those that PID 1
// adopted at the pace of the health check, after the engine has forgotten its
// exec sessions. The pace makes it likely, never certain.
func markHealthRhythm(ix *inspect.Index, zombies []Zombie) {
	for _, group := range groupBy(zombies, func(z *Zombie) string {
		if z.Container.Health == nil || !z.Adopted || z.Origin.Kind == FromExec {
			return ""
		}
		return z.Container.ID + "\x00" + z.Process.Comm
	}) {
		if len(group) < rhythmMin || !keepsPace(group, group[0].Container.Health.Interval) {
			continue
		}
		for _, z := range group {
			if z.Origin.Kind == FromUnknown {
				z.Origin = Origin{Kind: FromHealthCheck, Certainty: inspect.Likely}
			}
		}
	}
}

// keepsPace reports whether most gaps between starts are the interval, to
// which the check's own duration adds a little.
func keepsPace(group []*Zombie, interval time.Duration) bool {
	if interval <= 0 {
		return false
	}
	starts := make([]time.Duration, len(group))
	for i, z := range group {
		starts[i] = procfs.TicksToDuration(z.Process.StartTicks)
	}
	slices.Sort(starts)
	fitting := 0
	for i := 1; i < len(starts); i++ {
		gap := starts[i] - starts[i-1]
		if gap >= interval-inspect.StartSlack && gap <= interval+interval/5+time.Second {
			fitting++
		}
	}
	return fitting*4 >= (len(starts)-1)*3
}

// groupBy groups the zombies by key, those with an empty key left out, in the
// order in which the keys appear.
func groupBy(zombies []Zombie, key func(*Zombie) string) [][]*Zombie {
	at := map[string]int{}
	var groups [][]*Zombie
	for i := range zombies {
		k := key(&zombies[i])
		if k == "" {
			continue
		}
		n, ok := at[k]
		if !ok {
			n = len(groups)
			at[k] = n
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], &zombies[i])
	}
	return groups
}
