package measure

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/overview"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// outcomes are the states of pidns_container_stop_forecast.
var outcomes = []signal.Outcome{signal.OutcomeHandled, signal.OutcomeIgnored, signal.OutcomeDelayed, signal.OutcomeHangs, signal.OutcomeUnknown}

// verdicts are the states of pidns_container_reaps.
var verdicts = []inspect.Verdict{inspect.Yes, inspect.No, inspect.Unknown}

// The values of the label reaper.
const (
	reaperPID1  = "pid1"
	reaperOther = "other"
)

// subject is one container, and where its numbers go.
type subject struct {
	*sheet
	ix        *inspect.Index
	container *inspect.Container
	labels    []string
}

func (h *host) subject(c *inspect.Container) *subject {
	return &subject{h.sheet, h.ix, c, []string{label(c.Name), label(c.ID)}}
}

// put adds a number of the container.
func (s *subject) put(d *Definition, value float64, labels ...string) {
	s.add(d, value, slices.Concat(s.labels, labels)...)
}

// unread says that the numbers could not be read.
func (s *subject) unread(missing ...*Definition) {
	for _, d := range missing {
		s.put(&containerUnread, 1, whatOf(d))
	}
}

// whatOf is the value of the label what: the name of the family without what all have in common
// and without the ending of counters.
func whatOf(d *Definition) string {
	return strings.TrimSuffix(strings.TrimPrefix(d.Name, "pidns_container_"), "_total")
}

// putInfo adds what the engine says of the container.
func (s *subject) putInfo() {
	c := s.container
	s.put(&containerInfo, 1, label(c.Image), label(c.Labels[inspect.ComposeProject]), label(c.ComposeService()))
	if _, is := c.Labels[GraceLabel]; is {
		s.put(&containerGraceWanted, 1)
	}
}

// ofProcesses are the families that need every process of the container. Zombies have their own
// reason to be unread.
var ofProcesses = []*Definition{&containerProcesses, &containerThreads, &containerOrphans, &containerExecSessions}

// putProcesses adds the numbers of processes that have not exited.
func (s *subject) putProcesses() {
	n := overview.CountOf(s.ix, s.container)
	for i, n := range []int{n.Processes, n.Threads, n.Orphans, n.Execs} {
		s.put(ofProcesses[i], float64(n))
	}
}

// putZombies adds the numbers of the container's zombies.
func (s *subject) putZombies(zombies []*zombie.Zombie) {
	ofInit, oldest := 0, 0.0
	for _, z := range zombies {
		if z.ParentIsInit {
			ofInit++
		}
		oldest = max(oldest, z.Elapsed.Seconds())
	}
	s.put(&containerZombies, float64(ofInit), reaperPID1)
	s.put(&containerZombies, float64(len(zombies)-ofInit), reaperOther)
	if len(zombies) > 0 {
		s.put(&containerZombieOldest, oldest)
	}
}

// putLimit adds the use of the container's own control group.
func (s *subject) putLimit(set *limit.Set) {
	own := ownLimit(set)
	if own == nil {
		s.unread(&containerPIDs, &containerPIDsLimit, &containerForkFailures)
		return
	}
	s.putRead(&containerPIDs, own.Used)
	if own.Max.Absence() != procfs.NotHeld {
		s.putRead(&containerPIDsLimit, own.Max)
	}
	s.putRead(&containerForkFailures, own.Refused)
}

// ownLimit is the limit of the container's own group, nil if it was not read.
func ownLimit(set *limit.Set) *limit.Limit {
	if set == nil {
		return nil
	}
	return set.Own()
}

// putRead adds a number, or says that it could not be read.
func (s *subject) putRead(d *Definition, number procfs.Opt[int]) {
	if n, ok := number.Get(); ok {
		s.put(d, float64(n))
		return
	}
	s.unread(d)
}

// putForecast adds what docker stop will do, and whether PID 1 reaps. If the engine did not
// answer about the container, its stop signal is not known.
func (s *subject) putForecast(f *signal.Forecast) {
	outcome := f.Outcome
	if s.container.Silent && s.container.Client == "" || !slices.Contains(outcomes, outcome) {
		outcome = signal.OutcomeUnknown
	}
	for _, o := range outcomes {
		s.put(&containerStopForecast, truth(o == outcome), string(o))
	}
	for _, v := range verdicts {
		s.put(&containerReaps, truth(v == f.Reaps), string(v))
	}
}

// putStale adds for each namespace that the container joined whether it is stale.
func (s *subject) putStale() {
	isUnread := false
	for _, t := range namespace.JoinableTypes {
		if inspect.JoinedRef(s.container.DeclaredMode(t)) == "" {
			continue
		}
		m := namespace.Of(s.ix, s.container, t)
		if m.Verdict == namespace.DeclaredOnly {
			isUnread = true
			continue
		}
		s.put(&containerNamespaceStale, truth(m.Verdict == namespace.Stale), string(t))
	}
	if isUnread {
		s.unread(&containerNamespaceStale)
	}
}
