package render

import (
	"slices"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// DoctorOptions are those of the doctor command.
type DoctorOptions struct {
	ListOptions
	// Notes: notes are shown, not only counted.
	Notes bool
	// All: every finding of a rule, however many there are.
	All bool
	// Incomplete: something could not be read, so an all-clear holds for what was
	// read only.
	Incomplete bool
	// Containers and Processes are how much was looked at, and Collector is what with.
	Containers, Processes int
	Collector             inspect.Collector
}

// Doctor writes the findings, the worst first, and what was looked at.
func (s Screen) Doctor(report rule.Report, options DoctorOptions) error {
	switch {
	case options.Quiet:
		s.quietDoctor(report)
		return nil
	case options.Format.IsPlainTable():
		s.doctorTable(report, options)
		return nil
	case !options.Format.IsDefault():
		return writeRows(s, options.Format, s.doctorRows(report, options))
	case options.Containers == 0 && len(report.Findings) == 0:
		return nil // nothing was looked at, which is no all-clear
	}
	for _, group := range shownGroups(report.Findings, options) {
		s.findings(group, options)
	}
	s.doctorSummary(report, options)
	return nil
}

func (s Screen) quietDoctor(report rule.Report) {
	seen := map[string]bool{}
	for _, f := range report.Findings {
		if name := f.Container.Name; f.Severity != inspect.SeverityNote && !seen[name] {
			seen[name] = true
			s.Line(Escape(name))
		}
	}
}

// findingGroup are findings that say the same of equal containers.
type findingGroup struct {
	findings []rule.Finding
	// more is how many groups of the same rule are not shown after this one.
	more int
}

// mostOfARule is how many groups of one rule are shown without --all.
const mostOfARule = 10

func shownGroups(findings []rule.Finding, options DoctorOptions) []findingGroup {
	var groups []findingGroup
	shown, last := map[string]int{}, map[string]int{}
	for _, group := range equalFindings(findings, options) {
		key := string(group[0].Severity) + group[0].Rule
		if shown[key]++; shown[key] > mostOfARule && !options.All {
			groups[last[key]].more += len(group)
			continue
		}
		last[key] = len(groups)
		groups = append(groups, findingGroup{findings: group})
	}
	return groups
}

// equalFindings are the findings that are shown, those of replicas together.
func equalFindings(findings []rule.Finding, options DoctorOptions) [][]rule.Finding {
	shown := slices.DeleteFunc(slices.Clone(findings), func(f rule.Finding) bool {
		return f.Severity == inspect.SeverityNote && !options.Notes
	})
	if !options.NoTrunc {
		return rule.Replicas(shown)
	}
	var groups [][]rule.Finding
	for i := range shown {
		groups = append(groups, shown[i:i+1])
	}
	return groups
}

var severityWords = map[inspect.Severity]string{inspect.SeverityError: "ERROR", inspect.SeverityWarning: "WARN", inspect.SeverityNote: "note"}

var severityColours = map[inspect.Severity]text.Colors{inspect.SeverityError: red, inspect.SeverityWarning: yellow, inspect.SeverityNote: dim}

func (s Screen) findings(group findingGroup, options DoctorOptions) {
	first := group.findings[0]
	const indent = len("ERROR") + gap
	lead := s.paint(severityColours[first.Severity], Say("%-*s", indent-gap, severityWords[first.Severity])) + blanks(gap)
	s.writeWrapped(lead, indent, s.paint(bold, Escape(first.Container.Name))+"  "+Escape(first.Rule)+replicas(group.findings, options.NoTrunc))
	pad := blanks(indent)
	s.writeWrapped(pad, indent, join(first.Evidence, "; "))
	s.nowAndCure(first, indent)
	if group.more > 0 {
		s.print("%sand %s more of %s: --all\n", pad, count(group.more), first.Rule)
	}
	s.Line("")
}

// nowAndCure says below a finding what to type now, with what that interrupts, and
// what lasts.
func (s Screen) nowAndCure(f rule.Finding, indent int) {
	pad, width := blanks(indent), indent+len("cure")+gap
	if now := s.nextHere(f.Now); now != "" {
		s.advice(pad+s.paint(yellow, "now")+blanks(gap+1), width, Escape(now), Escape(f.NowEffect))
	}
	if f.Cure != "" {
		s.writeWrapped(pad+s.paint(yellow, "cure")+blanks(gap), width, Escape(f.Cure))
	}
}

// mostReplicas is how many replicas are named.
const mostReplicas = 10

func replicas(findings []rule.Finding, all bool) Safe {
	if len(findings) == 1 {
		return ""
	}
	var names []Safe
	for i := range findings[1:] {
		if i == mostReplicas && !all {
			names = append(names, Say("and %s more", count(len(findings)-1-i)))
			break
		}
		names = append(names, Escape(findings[1+i].Container.Name))
	}
	return Say("  x %s (%s)", count(len(findings)), join(names, ", "))
}

// doctorSummary says what was found and what was looked at; never that all is
// well where that was not earned.
func (s Screen) doctorSummary(report rule.Report, options DoctorOptions) {
	counts := map[inspect.Severity]int{}
	for _, f := range report.Findings {
		counts[f.Severity]++
	}
	errors, warnings, notes := counts[inspect.SeverityError], counts[inspect.SeverityWarning], counts[inspect.SeverityNote]
	looked := Say("in %s, %s, %s", counted(options.Containers, "container"), counted(options.Processes, "process"), counted(report.Rules, "rule"))
	if report.Blind > 0 {
		looked += Say(", %s of them in part", count(report.Blind))
	}
	if options.Incomplete {
		looked += ", as far as they could be read"
	}
	rest := Safe("")
	if notes > 0 && !options.Notes {
		rest = Say(" %s: --notes", counted(notes, "note"))
	}
	if report.Skipped > 0 {
		rest += Say(" %s silenced by labels.", counted(report.Skipped, "finding"))
	}
	said := Safe("Nothing wrong")
	switch {
	case errors+warnings > 0:
		said = Say("%s, %s", counted(errors, "error"), counted(warnings, "warning"))
	case report.Blind > 0 || options.Incomplete:
		said = "No errors or warnings"
	}
	s.writeWrapped("", 0, said+" "+looked+"."+rest)
}

func (s Screen) doctorTable(report rule.Report, options DoctorOptions) {
	columns := []column{{heading: "SEVERITY"}, {heading: "CONTAINER"}, {heading: "RULE"}}
	var rows [][]Safe
	for _, f := range report.Findings {
		rows = append(rows, []Safe{Safe(f.Severity), Escape(f.Container.Name), Escape(f.Rule)})
	}
	width := s.widthLeft(columns, rows)
	if options.NoTrunc {
		width = 0
	}
	for i, f := range report.Findings {
		rows[i] = append(rows[i], s.cut(Escape(f.Evidence[0]), width))
	}
	s.writeTable(append(columns, column{heading: "EVIDENCE"}), rows)
}

// doctorKeys are the keys of one finding.
type doctorKeys struct {
	containerKeys
	Rule string
	// Severity is error, warning or note.
	Severity string
	// Verdict is yes, or unknown where it cannot be told. A rule that could not be
	// checked for want of rights has a row with unknown that names no container.
	Verdict string
	// HostPID (int) and StartTicks (uint) are the process that it is about.
	HostPID, StartTicks any
	Evidence            []string
	// Now is what to type now, "" where nothing helps or a saved host is shown,
	// NowEffect what it does and interrupts, and Cure what lasts.
	Now, NowEffect, Cure string
	// Collector is proc or bpf, what read the processes; CollectorReason why it was
	// not bpf where that would have been taken, or "".
	Collector, CollectorReason string
	// Absent says why a value is null.
	Absent absences
}

func (s Screen) doctorRows(report rule.Report, options DoctorOptions) []doctorKeys {
	var rows []doctorKeys
	for _, f := range report.Findings {
		k := doctorKeys{
			containerKeys: containerKeysOf(options.Host, f.Container), Rule: f.Rule, Severity: string(f.Severity), Verdict: string(f.Verdict),
			Evidence: f.Evidence, Now: s.nextHere(f.Now), NowEffect: f.NowEffect, Cure: f.Cure, Absent: absences{},
		}
		k.HostPID, k.StartTicks = orAbsent(k.Absent, "HostPID", pidOf(f.Process)), orAbsent(k.Absent, "StartTicks", startOf(f.Process))
		rows = append(rows, k)
	}
	for _, r := range report.BlindRules {
		rows = append(rows, doctorKeys{
			containerKeys: containerKeys{Host: options.Host}, Rule: r.ID, Severity: string(r.Worst), Verdict: string(inspect.Unknown),
			Evidence: []string{"it takes the right to trace processes"}, Absent: absences{"HostPID": procfs.Denied, "StartTicks": procfs.Denied},
		})
	}
	for i := range rows {
		rows[i].Collector, rows[i].CollectorReason = string(options.Collector.Name), options.Collector.Reason
	}
	return rows
}
