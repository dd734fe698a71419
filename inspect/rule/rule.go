package rule

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Rule is one thing that can be wrong.
type Rule struct {
	// ID is a stable word in kebab case.
	ID string
	// Command is the one that shows what the rule judges, and says of it what the
	// rule finds; "" where that is the doctor alone.
	Command string
	// Worst is the worst severity that it gives.
	Worst inspect.Severity
	// Title says in a few words what is found.
	Title string
	// Means, Matters, Proof and Mend are sentences: what it means, why it matters,
	// how it is proved, how to mend it.
	Means, Matters, Proof, Mend string
	// NeedsTrace: without the right to trace processes it sees only a part.
	NeedsTrace bool

	check func(*Look) []Finding
}

// Finding is one case of a rule.
type Finding struct {
	Rule     string
	Severity inspect.Severity
	// Verdict is yes, or unknown where it cannot be told whether anything is wrong;
	// rules may leave it out for yes.
	Verdict inspect.Verdict
	// Container is the one that it is about.
	Container *inspect.Container
	// Process is the one that it is about, nil for the container as a whole.
	Process *procfs.Process
	// Evidence are sentences, the first of which says it all. They may hold text
	// that a process chose.
	Evidence []string
	// Brief is what a list says of it: sentences that with the rule's title say all that
	// it takes; the first of Evidence where a rule leaves it out.
	Brief string
	// Weight orders findings of one rule and severity, the heaviest first; of no unit.
	Weight float64
	// Adds are those of Evidence that say more than the command which shows what the rule
	// judges says anyway; all, where a rule leaves it out.
	Adds []string
	// Merge tells what a finding says from what its rule says of other containers:
	// findings of one rule with the same Merge say the same of replicas (see Replicas).
	Merge string
	// Now is what to type now, with what that does and interrupts where that is
	// known, and Cure what lasts; "" where there is nothing.
	Now, NowEffect, Cure string
}

// Look is what rules judge.
type Look struct {
	Index *inspect.Index
	// Before is an earlier look at the same host, nil if there was none.
	Before *inspect.Index
	// Containers are those to judge.
	Containers []*inspect.Container
	// Everything: they are all that run, so that what belongs to none of them is
	// to be judged too.
	Everything bool

	zombies   func() zombie.Report
	forecasts map[*inspect.Container]*signal.Forecast
	remarks   map[*inspect.Container][]namespace.Remark
}

// NewLook is a look at containers. What several rules judge by is found when the first
// asks for it.
func NewLook(index, before *inspect.Index, containers []*inspect.Container, everything bool) *Look {
	return &Look{
		Index: index, Before: before, Containers: containers, Everything: everything,
		zombies:   sync.OnceValue(func() zombie.Report { return zombie.Find(index, containers) }),
		forecasts: map[*inspect.Container]*signal.Forecast{}, remarks: map[*inspect.Container][]namespace.Remark{},
	}
}

// Forecast is what docker stop will do to the container, found once.
func (l *Look) Forecast(c *inspect.Container) *signal.Forecast {
	if l.forecasts[c] == nil {
		f := signal.ForecastOf(l.Index, c)
		l.forecasts[c] = &f
	}
	return l.forecasts[c]
}

// forecast is that; false where the engine did not say which signal it sends and how
// long it waits, and where the main process has ended but for a rest, of which other
// rules tell.
func (l *Look) forecast(c *inspect.Container) (*signal.Forecast, bool) {
	f := l.Forecast(c)
	return f, !c.Silent && !f.Process.MainThreadExited() && !signal.IsFinishing(l.Index, f.Process)
}

// mayTrace: what takes the right to trace was read.
func (l *Look) mayTrace() bool {
	return !slices.ContainsFunc(l.Containers, func(c *inspect.Container) bool { return !l.Index.MayTrace(l.Index.Binding(c).Main) })
}

// judges: the container is one of those to judge.
func (l *Look) judges(c *inspect.Container) bool { return slices.Contains(l.Containers, c) }

// All are the rules, in the order in which they are documented.
func All() []Rule { return slices.Clone(all) }

// IDs are the names of all rules.
func IDs() []string {
	var ids []string
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return ids
}

// Report is what the doctor found.
type Report struct {
	// Findings are sorted by severity, container and rule.
	Findings []Finding
	// Rules is how many were asked, and Blind how many of them saw only a part for
	// want of rights.
	Rules, Blind int
	// BlindRules are these.
	BlindRules []Rule
	// Skipped is how many findings a label on their container silenced.
	Skipped int
}

// SkipLabel is the label by which a container's owner silences rules: their
// IDs, separated by commas.
const SkipLabel = "pidns.skip"

// Check asks the rules with these IDs.
func Check(look *Look, ids []string) Report {
	var report Report
	for _, r := range all {
		if !slices.Contains(ids, r.ID) {
			continue
		}
		report.Rules++
		if r.NeedsTrace && !look.mayTrace() {
			report.Blind++
			report.BlindRules = append(report.BlindRules, r)
		}
		for _, f := range r.find(look) {
			if isSkipped(f) {
				report.Skipped++
				continue
			}
			report.Findings = append(report.Findings, f)
		}
	}
	sortFindings(report.Findings)
	return report
}

// Findings are what the rules of a command find. A label silences the doctor
// alone: what it is about is shown by the command all the same.
func Findings(look *Look, command string) []Finding {
	var list []Finding
	for _, r := range all {
		if r.Command != command {
			continue
		}
		list = append(list, r.find(look)...)
	}
	sortFindings(list)
	return list
}

// find completes what the check finds.
func (r *Rule) find(look *Look) []Finding {
	list := r.check(look)
	for i := range list {
		f := &list[i]
		f.Rule, f.Verdict = r.ID, cmp.Or(f.Verdict, inspect.Yes)
		f.Brief = cmp.Or(f.Brief, f.Evidence[0])
		if f.Adds == nil {
			f.Adds = f.Evidence
		}
	}
	return list
}

func sortFindings(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), strings.Compare(a.Container.Name, b.Container.Name), strings.Compare(a.Rule, b.Rule))
	})
}

func isSkipped(f Finding) bool {
	for id := range strings.SplitSeq(f.Container.Labels[SkipLabel], ",") {
		if strings.TrimSpace(id) == f.Rule {
			return true
		}
	}
	return false
}

// rank orders severities, the worst first.
func rank(s inspect.Severity) int {
	return slices.Index([]inspect.Severity{inspect.SeverityError, inspect.SeverityWarning, inspect.SeverityNote}, s)
}

// AtLeast reports whether severity a is as bad as b or worse.
func AtLeast(a, b inspect.Severity) bool { return rank(a) <= rank(b) }
