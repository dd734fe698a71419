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
	// Command is the command that shows what the rule judges, and prints what the rule
	// finds. It is "" if only the doctor does.
	Command string
	// Worst is the worst severity of the rule's findings.
	Worst inspect.Severity
	// Title says what happens to the user, as a heading of findings: at most 70 characters,
	// without a final full stop.
	Title string
	// Means, Matters, Proof and Mend are sentences: what a finding means, why it matters,
	// how it is proved, and how to fix it.
	Means, Matters, Proof, Mend string
	// NeedsTrace is true if the rule can be checked only partly without the right to trace
	// processes.
	NeedsTrace bool
	// NeedsEngine is true if the rule judges what only an engine says: containers that do not
	// run, exec sessions, restarts, and what it still shows of containers that have exited.
	NeedsEngine bool

	check func(*Look) []Finding
}

// Finding is one case of a rule.
type Finding struct {
	// Rule is the ID of the rule.
	Rule     string
	Severity inspect.Severity
	// Verdict is yes, or unknown if it cannot be determined whether anything is wrong.
	// Rules may leave it out for yes.
	Verdict inspect.Verdict
	// Container is the container that the finding is about.
	Container *inspect.Container
	// Process is the process that the finding is about, nil for the container as a whole.
	Process *procfs.Process
	// Evidence are sentences. The first sentence is the result. They may hold text that a
	// process chose.
	Evidence []string
	// Brief is what a list shows: sentences that are enough together with the rule's title. If
	// a rule leaves it out, it is the first sentence of Evidence.
	Brief string
	// Weight orders findings of one rule and severity, the largest first. It has no unit.
	Weight float64
	// Adds are the sentences of Evidence that the rule's command does not print by itself.
	// A rule that leaves it out has all of Evidence here.
	Adds []string
	// Now is the command to type now, and NowEffect what it does and interrupts, if known.
	// Cure is the lasting fix. Each is "" if there is none.
	Now, NowEffect, Cure string
}

// Look is what rules judge.
type Look struct {
	Index *inspect.Index
	// Before is an earlier look at the same host, nil if there was none.
	Before *inspect.Index
	// Containers are the containers to judge.
	Containers []*inspect.Container
	// Everything is true if Containers are all running containers. Then processes that
	// belong to none of them are judged too.
	Everything bool

	zombies   func() zombie.Report
	forecasts map[*inspect.Container]*signal.Forecast
	remarks   map[*inspect.Container][]namespace.Remark
}

// NewLook is a look at containers. Facts that several rules use are found once, when the
// first rule needs them.
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

// forecast is Forecast. It is false if the engine did not answer about the container, because
// its stop signal is then unknown. If no engine was asked, the forecast is at most likely. It
// is also false if the main process has partly exited, because other rules report that.
func (l *Look) forecast(c *inspect.Container) (*signal.Forecast, bool) {
	f := l.Forecast(c)
	return f, (!c.Silent || c.Client != "") && !f.Process.MainThreadExited() && !signal.IsFinishing(l.Index, f.Process)
}

// Zombies are the zombies of the containers, found once.
func (l *Look) Zombies() zombie.Report { return l.zombies() }

// mayTrace reports whether all facts were read that need the right to trace processes.
func (l *Look) mayTrace() bool {
	return !slices.ContainsFunc(l.Containers, func(c *inspect.Container) bool { return !l.Index.MayTrace(l.Index.Binding(c).Main) })
}

// hasEngine reports whether an engine answered.
func (l *Look) hasEngine() bool {
	engine := l.Index.Capture.Engine
	return !engine.Absent && !engine.Silent
}

// judges reports whether the container is one of the containers to judge.
func (l *Look) judges(c *inspect.Container) bool { return slices.Contains(l.Containers, c) }

// All are the rules, in the order in which they are documented.
func All() []Rule { return slices.Clone(all) }

// IDs are the IDs of all rules.
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
	// Rules is the number of rules that were checked. Blind is the number of rules that
	// could be checked only partly for lack of rights.
	Rules, Blind int
	// BlindRules are the rules that Blind counts.
	BlindRules []Rule
	// Unasked are the rules that could not be checked because no engine answered. Rules does
	// not count them.
	Unasked []Rule
	// Skipped is the number of findings that a label on their container silenced.
	Skipped int
}

// SkipLabel is the label by which a container's owner silences rules. Its value has
// their IDs, separated by commas.
const SkipLabel = "pidns.skip"

// Check runs the rules with these IDs.
func Check(look *Look, ids []string) Report {
	var report Report
	for _, r := range all {
		if !slices.Contains(ids, r.ID) {
			continue
		}
		if r.NeedsEngine && !look.hasEngine() {
			report.Unasked = append(report.Unasked, r)
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

// Findings are what the rules of a command find. A label silences only the doctor. The
// command shows the finding anyway.
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

// find runs the check and completes its findings.
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
		return cmp.Or(cmp.Compare(Rank(a.Severity), Rank(b.Severity)), strings.Compare(a.Container.Name, b.Container.Name), strings.Compare(a.Rule, b.Rule))
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

// Rank orders severities: 0 for the worst, -1 for none of them.
func Rank(s inspect.Severity) int {
	return slices.Index([]inspect.Severity{inspect.SeverityError, inspect.SeverityWarning, inspect.SeverityNote}, s)
}

// AtLeast reports whether severity a is as bad as b or worse.
func AtLeast(a, b inspect.Severity) bool { return Rank(a) <= Rank(b) }
