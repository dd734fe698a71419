package measure

import (
	"cmp"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/inspect/overview"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
)

// host is the look that is measured.
type host struct {
	*sheet
	ix *inspect.Index
	// all is true if every running container is measured.
	all bool
	// chosen are the containers whose main process is proved. troubled are the names, as
	// inspect.Problem has them, of those that cannot be shown.
	chosen   []*inspect.Container
	troubled map[string]bool
	// gaps are the containers of which a process could not be read.
	gaps overview.Gaps
}

// Of measures the containers that the filter selects.
func Of(ix *inspect.Index, filter inspect.Filter) Look {
	chosen, problems := ix.Choose(nil, filter)
	h := &host{sheet: newSheet(), ix: ix, all: filter.IsZero() && ix.Capture.Only == nil, chosen: chosen, troubled: map[string]bool{}, gaps: overview.GapsOf(ix)}
	for _, p := range problems {
		h.troubled[p.Ref] = true
	}
	look := rule.NewLook(ix, nil, chosen, h.all)
	h.putContainers(look, filter)
	h.putFindings(rule.Check(look, rule.IDs()))
	h.putLeftovers()
	if h.gaps.Unassigned {
		h.add(&hostUnread, 1, "processes")
	}
	h.add(&engineUp, truth(!ix.Capture.Engine.Absent && !ix.Capture.Engine.Silent))
	return Look{Families: h.list(), Errors: reasons(problems, h.gaps.Any())}
}

// putContainers adds the numbers of every container, by name.
func (h *host) putContainers(look *rule.Look, filter inspect.Filter) {
	zombies, limits := h.zombies(look), h.limits()
	known := map[[2]string]bool{}
	for _, c := range h.running(filter) {
		s := h.subject(c)
		key := [2]string(s.labels)
		if known[key] { // two series with the same labels would make the whole exposition invalid
			continue
		}
		known[key] = true
		s.putInfo()
		switch {
		case slices.Contains(h.chosen, c):
			h.putContainer(s, look, zombies[c], limits[c])
		case h.troubled[c.Name]:
			s.unread(append(slices.Clone(ofProcesses), &containerZombies, &containerPIDs, &containerPIDsLimit,
				&containerForkFailures, &containerStopForecast, &containerReaps, &containerNamespaceStale)...)
		}
	}
}

func (h *host) putContainer(s *subject, look *rule.Look, zombies []*zombie.Zombie, limits *limit.Set) {
	hasGaps := h.gaps.In(s.container)
	if hasGaps {
		s.unread(ofProcesses...)
	} else {
		s.putProcesses()
	}
	if hasGaps || len(zombies) > 0 && h.ix.Capture.SecondLook == nil {
		s.unread(&containerZombies)
	} else {
		s.putZombies(zombies)
	}
	s.putLimit(limits)
	s.putForecast(look.Forecast(s.container))
	s.putStale()
}

// running are the containers that the filter selects, by name, those too that have no process at
// the moment.
func (h *host) running(filter inspect.Filter) []*inspect.Container {
	var list []*inspect.Container
	for c := range h.ix.Containers() {
		isLeftOut := h.ix.Capture.Only != nil && !slices.Contains(h.ix.Capture.Only, c.ID)
		if c.IsRunning() && !isLeftOut && filter.Matches(c) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *inspect.Container) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// zombies are the zombies of each container.
func (h *host) zombies(look *rule.Look) map[*inspect.Container][]*zombie.Zombie {
	report, by := look.Zombies(), map[*inspect.Container][]*zombie.Zombie{}
	for i := range report.Zombies {
		z := &report.Zombies[i]
		by[z.Container] = append(by[z.Container], z)
	}
	return by
}

// limits are the limits of each container, empty if they were not read.
func (h *host) limits() map[*inspect.Container]*limit.Set {
	by := map[*inspect.Container]*limit.Set{}
	if h.ix.Capture.Limits == nil {
		return by
	}
	sets := limit.Find(h.ix, h.chosen)
	for i := range sets {
		by[sets[i].Container] = &sets[i]
	}
	return by
}

// putFindings adds the number of findings of each rule. A rule that could be checked only partly
// says so, and has no 0.
func (h *host) putFindings(report rule.Report) {
	type key struct {
		rule     string
		severity inspect.Severity
	}
	found, unread := map[key]int{}, map[string]bool{}
	for _, r := range slices.Concat(report.BlindRules, report.Unasked) {
		unread[r.ID] = true
	}
	for _, f := range report.Findings {
		if f.Verdict == inspect.Yes {
			found[key{f.Rule, f.Severity}]++
		} else {
			unread[f.Rule] = true
		}
	}
	for _, r := range rule.All() {
		for _, severity := range []inspect.Severity{inspect.SeverityError, inspect.SeverityWarning, inspect.SeverityNote} {
			n := found[key{r.ID, severity}]
			if n > 0 || severity == r.Worst && !unread[r.ID] {
				h.add(&findings, float64(n), r.ID, string(severity))
			}
		}
		if unread[r.ID] {
			h.add(&ruleUnread, 1, r.ID)
		}
	}
}

// putLeftovers adds the number of shims without a running container. Only a list of the engine's
// containers shows which run.
func (h *host) putLeftovers() {
	switch {
	case !h.all:
	case h.ix.Capture.Listing == nil || h.ix.HidesProcesses():
		h.add(&hostUnread, 1, "leftover_shims")
	default:
		shims := 0
		for _, l := range shim.Leftovers(h.ix) {
			if l.Shim != nil {
				shims++
			}
		}
		h.add(&leftoverShims, float64(shims))
	}
}
