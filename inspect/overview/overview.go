package overview

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Row is one container.
type Row struct {
	Container *inspect.Container
	// Count are its processes. It is absent if some could not be read. Its orphans are not proved
	// by a quick look.
	Count procfs.Opt[Count]
	// Zombies are those that two looks have seen. It is absent if there was only one look, or if
	// processes could not be read. Passing are those that only the last look has seen.
	Zombies procfs.Opt[int]
	Passing int
	// PIDs is the use of the container's control group.
	PIDs inspect.PIDsUse
	// Problem is why nothing else is known of the container, nil if it is.
	Problem *inspect.Problem
	// Verdict is nil if the container was not judged since it was started.
	Verdict *Verdict
}

// Verdict is what was found at the last thorough look.
type Verdict struct {
	// Count are the processes, as in a Row. Zombies are those that two looks had seen.
	Count   procfs.Opt[Count]
	Zombies int
	// Stop is what docker stop does, and whether PID 1 reaps.
	Stop *signal.Forecast
	// Findings are those of all rules, the worst first, without notes.
	Findings []rule.Finding
	// Checked is false if a rule could not be checked, or only partly. Then no finding is not an
	// all-clear.
	Checked bool
}

// Worst is the worst finding, nil if there is none.
func (v *Verdict) Worst() *rule.Finding {
	if v == nil || len(v.Findings) == 0 {
		return nil
	}
	return &v.Findings[0]
}

// Judged are verdicts by container.
type Judged struct {
	// At is the time of the look.
	At time.Time
	// Report is what all rules found.
	Report rule.Report
	of     map[life]*Verdict
}

// life is one run of a container. Its main process is another one after a restart.
type life struct {
	id   string
	main int
	at   time.Time
}

func lifeOf(c *inspect.Container) life { return life{c.ID, c.HostPID, c.StartedAt} }

// Judge looks at everything that rules look at. The index must hold what need.Doctor asks for.
func Judge(ix *inspect.Index, chosen []*inspect.Container, everything bool) *Judged {
	look := rule.NewLook(ix, nil, chosen, everything)
	j := &Judged{At: ix.Capture.Snapshot.TakenAt, Report: rule.Check(look, rule.IDs()), of: map[life]*Verdict{}}
	gaps, checked := GapsOf(ix), j.Report.Blind == 0 && len(j.Report.Unasked) == 0
	for _, c := range chosen {
		v := &Verdict{Stop: look.Forecast(c), Checked: checked && !c.Silent && !gaps.Any(), Count: gaps.count(ix, c)}
		v.Zombies, _ = zombiesOf(ix, c)
		for _, f := range j.Report.Findings { // the worst first
			if f.Container == c && f.Severity != inspect.SeverityNote {
				v.Findings = append(v.Findings, f)
			}
		}
		j.of[lifeOf(c)] = v
	}
	return j
}

// Of is the verdict on a container, nil if it was not judged since it was started.
func (j *Judged) Of(c *inspect.Container) *Verdict {
	if j == nil {
		return nil
	}
	return j.of[lifeOf(c)]
}

// Rows are the named containers, or all that the filter selects, the worst first. Containers that
// cannot be shown have a row with the reason.
func Rows(ix *inspect.Index, names []string, filter inspect.Filter, judged *Judged) []Row {
	chosen, problems := ix.Choose(names, filter)
	gaps, rows := GapsOf(ix), make([]Row, 0, len(chosen))
	for _, c := range chosen {
		rows = append(rows, gaps.rowOf(ix, c, judged))
	}
	if len(names) == 0 {
		problems = append(problems, ix.Resting(filter)...)
	}
	for i := range problems {
		if c := containerOf(ix, &problems[i]); c != nil && !slices.Contains(chosen, c) {
			rows = append(rows, Row{Container: c, Problem: &problems[i]})
		}
	}
	Sort(rows, WorstFirst)
	return rows
}

// containerOf is the container that a problem is about, nil if it is not about one. One that is
// not known has only what the user typed.
func containerOf(ix *inspect.Index, p *inspect.Problem) *inspect.Container {
	if p.Ref == "" {
		return nil
	}
	for i := range ix.Capture.Containers {
		if c := &ix.Capture.Containers[i]; c.Name == p.Ref || c.ID == p.Ref {
			return c
		}
	}
	return &inspect.Container{ID: p.Ref, Name: p.Ref}
}

func (g *Gaps) rowOf(ix *inspect.Index, c *inspect.Container, judged *Judged) Row {
	r := Row{Container: c, PIDs: ix.Capture.PIDs[c.ID], Verdict: judged.Of(c), Count: g.count(ix, c)}
	settled, passing := zombiesOf(ix, c)
	r.Zombies, r.Passing = procfs.Some(settled), passing
	if g.In(c) || ix.Capture.SecondLook == nil {
		r.Zombies = procfs.None[int](procfs.Unread)
	}
	return r
}

// count counts the processes of a container, if all could be read.
func (g *Gaps) count(ix *inspect.Index, c *inspect.Container) procfs.Opt[Count] {
	if g.In(c) {
		return procfs.None[Count](procfs.Unread)
	}
	return procfs.Some(CountOf(ix, c))
}

// zombiesOf counts the zombies that two looks have seen, and those that only one has.
func zombiesOf(ix *inspect.Index, c *inspect.Container) (settled, passing int) {
	for _, p := range ix.ProcessesOf(c) {
		switch _, again := ix.SeenAgain(p); {
		case !p.IsZombie():
		case again:
			settled++
		default:
			passing++
		}
	}
	return settled, passing
}
