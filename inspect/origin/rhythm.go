package origin

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// rhythmMin is how many processes are needed to recognise a rhythm.
const rhythmMin = 4

// markHealthRhythm finds, among the processes of unknown origin, those that PID 1 adopted at the
// intervals of the health check. It is for checks whose exec sessions the engine has forgotten.
// The intervals make it likely, never certain.
func markHealthRhythm(ix *inspect.Index, c *inspect.Container, list []*procfs.Process, origins []Origin) {
	for key, group := range groups(ix, list, origins) {
		if len(group) < rhythmMin || !keepsPace(group, list, c.Health) || key.leftSession && !isOfCheck(ix, c, key.comm, group, list) {
			continue
		}
		for _, i := range group {
			if origins[i].Kind == FromUnknown {
				origins[i] = Origin{Kind: FromHealthCheck, Certainty: inspect.Likely}
			}
		}
	}
}

// groupKey is what is common to the processes that one program leaves at each run.
type groupKey struct {
	comm string
	// leftSession is true if it is not proved that PID 1 adopted them.
	leftSession bool
}

// groups are the positions in the list of those that may come from the check.
func groups(ix *inspect.Index, list []*procfs.Process, origins []Origin) map[groupKey][]int {
	found := map[groupKey][]int{}
	for i, p := range list {
		left := leftSession(ix, p)
		if origins[i].Kind == FromExec || !left && !ix.IsAdopted(p) {
			continue
		}
		key := groupKey{p.Comm, left}
		found[key] = append(found[key], i)
	}
	return found
}

// isOfCheck reports whether the check's command names the program. It is also true if at least
// two processes of that name started since the oldest run in the log, and all of them during a
// run.
func isOfCheck(ix *inspect.Index, c *inspect.Container, comm string, group []int, list []*procfs.Process) bool {
	if names(c.Health.Command, comm) {
		return true
	}
	if len(c.Health.Log) == 0 {
		return false
	}
	fitting := 0
	for _, i := range group {
		started := ix.Capture.Snapshot.StartedAt(list[i].StartTicks)
		switch {
		case c.Health.RanAt(started):
			fitting++
		case started.After(c.Health.Log[0].Start):
			return false
		}
	}
	return fitting >= 2
}

// keepsPace reports whether most gaps between starts are the interval plus the duration of the
// check.
func keepsPace(group []int, list []*procfs.Process, h *inspect.HealthCheck) bool {
	if h.Interval <= 0 {
		return false
	}
	starts := make([]time.Duration, len(group))
	for i, at := range group {
		starts[i] = procfs.TicksToDuration(list[at].StartTicks)
	}
	slices.Sort(starts)
	longest := h.Interval + longestRun(h) + h.Interval/5 + time.Second
	fitting := 0
	for i := 1; i < len(starts); i++ {
		gap := starts[i] - starts[i-1]
		if gap >= h.Interval-inspect.StartSlack && gap <= longest {
			fitting++
		}
	}
	return fitting*4 >= (len(starts)-1)*3
}

// longestRun is the duration of the longest run in the log.
func longestRun(h *inspect.HealthCheck) (longest time.Duration) {
	for _, p := range h.Log {
		longest = max(longest, p.End.Sub(p.Start))
	}
	return longest
}
