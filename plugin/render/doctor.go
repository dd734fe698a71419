package render

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// DoctorReport is what was found on a host.
type DoctorReport struct {
	rule.Report
	// Host is the host's name, and Collector is what its processes were read with.
	Host      string
	Collector inspect.Collector
}

// DoctorOptions are those of the doctor command.
type DoctorOptions struct {
	ListOptions
	// Notes shows notes, and does not only count them.
	Notes bool
	// All shows every finding of a rule, however many there are.
	All bool
	// Verbose shows the evidence of each finding.
	Verbose bool
	// Incomplete is true if something could not be read. Then an all-clear is only about what
	// was read.
	Incomplete bool
	// Containers and Processes are how much was looked at.
	Containers, Processes int
}

// merged are the findings of all hosts. A rule is blind if it is on one of them.
func merged(reports []DoctorReport) rule.Report {
	var all rule.Report
	for i := range reports {
		r := &reports[i].Report
		all.Findings = append(all.Findings, r.Findings...)
		all.Rules, all.Blind = max(all.Rules, r.Rules), max(all.Blind, r.Blind)
		all.Skipped += r.Skipped
		all.BlindRules, all.Unasked = withRules(all.BlindRules, r.BlindRules), withRules(all.Unasked, r.Unasked)
	}
	all.Blind = max(all.Blind, len(all.BlindRules))
	return all
}

// withRules are the rules and those of more that are not among them.
func withRules(rules, more []rule.Rule) []rule.Rule {
	for _, r := range more {
		if !slices.ContainsFunc(rules, func(known rule.Rule) bool { return known.ID == r.ID }) {
			rules = append(rules, r)
		}
	}
	return rules
}

// Doctor writes the findings of one host or several, the worst first, and what was looked at.
func (s Screen) Doctor(reports []DoctorReport, options DoctorOptions) error {
	report := merged(reports)
	switch {
	case options.Quiet:
		return s.quietDoctor(report, options)
	case options.Format.IsPlainTable():
		s.doctorTable(report, options)
		return nil
	case !options.Format.IsDefault():
		return writeRows(s, options.Format, s.doctorRows(reports))
	case options.Containers == 0 && len(report.Findings) == 0:
		return nil // nothing was looked at, so there is no all-clear
	}
	groups, ruleWidth := s.ruleGroups(report.Findings, options), 0
	for _, group := range groups {
		ruleWidth = max(ruleWidth, len(group.rule))
	}
	for _, group := range groups {
		s.ruleGroup(group, ruleWidth, options)
	}
	if len(groups) > 0 {
		s.Line("")
	}
	s.doctorSummary(report, options)
	return nil
}

func (s Screen) quietDoctor(report rule.Report, options DoctorOptions) error {
	seen := map[Safe]bool{}
	var keys []quietKey
	for _, f := range report.Findings {
		if name := s.name(f.Container); (f.Severity != inspect.SeverityNote || options.Notes) && !seen[name] {
			seen[name] = true
			keys = append(keys, quietKey{f.Container, Escape(f.Container.Name)})
		}
	}
	return s.writeQuiet(keys)
}

// severityWords and severitySigns name severities. Signs are used if the screen shows them.
var (
	severityWords = map[inspect.Severity]Safe{inspect.SeverityError: "ERROR", inspect.SeverityWarning: "WARN", inspect.SeverityNote: "note"}
	severitySigns = map[inspect.Severity]Safe{inspect.SeverityError: "✗", inspect.SeverityWarning: "!", inspect.SeverityNote: "·"}
)

var severityColours = map[inspect.Severity]text.Colors{inspect.SeverityError: red, inspect.SeverityWarning: yellow, inspect.SeverityNote: dim}

// severity is the mark of a severity on the screen.
func (s Screen) severity(severity inspect.Severity) Safe {
	if s.ASCII {
		return s.paint(severityColours[severity], severityWords[severity].padded(len("ERROR")))
	}
	return s.paint(severityColours[severity], severitySigns[severity])
}

// doctorIndent is how far lines below the name of a rule are indented.
const doctorIndent = 2

// ruleGroup writes the findings of a rule: what is common to all once, then a line for each that
// differs.
func (s Screen) ruleGroup(group *ruleGroup, ruleWidth int, options DoctorOptions) {
	lead := s.severity(group.severity) + " " + s.paint(bold, s.linked(group.rule, "rules.md#"+group.rule)) + blanks(ruleWidth-len(group.rule)+gap)
	s.writeWrapped(lead, lead.width(), fullStop(Escape(group.title())))
	names := make([]Safe, len(group.lines))
	for i, line := range group.lines {
		names[i] = someNames(s, pointers(line), func(f *rule.Finding) *inspect.Container { return f.Container }, options.All || options.NoTrunc)
	}
	width := nameColumn(names)
	cure, common := group.commonFix()
	for i, line := range group.lines {
		s.findingLine(line, names[i], width, options)
		if !common {
			s.fixLines(blanks(doctorIndent+width+gap), "", "", line[0].Cure)
		}
	}
	if group.more > 0 {
		s.print("%sand %s more: %s\n", blanks(doctorIndent), count(group.more), s.about("docker pidns doctor --all"))
	}
	if common {
		s.fixLines(blanks(doctorIndent), "", "", cure)
	}
	if check := group.check(); !s.isSaved() && check != "" {
		s.commandLine(blanks(doctorIndent), checkIt, s.about(check), "")
	}
}

// findingLine is a line about containers, with the command that helps now after it or below it.
func (s Screen) findingLine(line []rule.Finding, names Safe, width int, options DoctorOptions) {
	indent := doctorIndent + width + gap
	lead := blanks(doctorIndent) + names.padded(width) + blanks(gap)
	said := fullStop(Escape(line[0].Brief))
	if names.width() > width {
		s.writeWrapped(blanks(doctorIndent), doctorIndent, names)
		lead = blanks(indent)
	}
	effect := line[0].NowEffect
	if len(line) > 1 && line[0].Now != "" {
		effect = strings.TrimPrefix(effect+". Type the same for each other host", ". ")
	}
	s = s.on(line[0].Container)
	now := s.fixNowWords(line[0].Now, effect)
	if now != "" && indent+(said+blanks(gap)+now).width() <= s.layoutWidth() {
		s.Line(lead + said + blanks(gap) + now)
		now = ""
	} else {
		s.writeWrapped(lead, indent, said)
	}
	if options.Verbose {
		for _, evidence := range line[0].Evidence {
			if evidence == line[0].Brief {
				continue
			}
			s.writeWrapped(blanks(indent)+"- ", indent+2, s.paint(dim, fullStop(Escape(evidence))))
		}
	}
	if now != "" {
		s.fixLines(blanks(indent), line[0].Now, effect, "")
	}
}

// layoutWidth is the width of the screen, or a usual width if nothing is cut.
func (s Screen) layoutWidth() int {
	if s.Width > 0 {
		return s.Width
	}
	return usualWidth
}

const usualWidth = 100

// doctorSummary says what was found and what was looked at, and names the worst containers. It
// never says that all is well if something could not be checked.
func (s Screen) doctorSummary(report rule.Report, options DoctorOptions) {
	if report.Blind > 0 {
		s.writeWrapped("", 0, Say("%s of %s could be checked only partly.", count(report.Blind), counted(report.Rules, "rule")))
	}
	if len(report.Unasked) > 0 {
		s.writeWrapped("", 0, Say("Not checked, because no engine answered: %s.", join(ruleIDs(report.Unasked), ", ")))
	}
	if report.Skipped > 0 {
		s.writeWrapped("", 0, Say("%s silenced by labels.", counted(report.Skipped, "finding")))
	}
	bySeverity := map[inspect.Severity][]rule.Finding{}
	for _, f := range report.Findings {
		bySeverity[f.Severity] = append(bySeverity[f.Severity], f)
	}
	errors, warnings, notes := bySeverity[inspect.SeverityError], bySeverity[inspect.SeverityWarning], bySeverity[inspect.SeverityNote]
	looked := Say(" in %s, %s", counted(options.Containers, "container"), counted(options.Processes, "process")) + s.onHosts()
	if options.Incomplete {
		looked += ", as far as they could be read"
	}
	rest, noted := Safe(""), Safe("")
	if len(notes) > 0 && !options.Notes {
		rest = Say(", %s (--notes)", counted(len(notes), "note"))
		noted = Say(" %s (--notes).", counted(len(notes), "note"))
	}
	switch {
	case len(errors) > 0:
		names := " (" + join(s.someContainers(errors), ", ") + ")"
		s.writeWrapped("", 0, s.paint(red, counted(len(errors), "error"))+names+Say(", %s", counted(len(warnings), "warning"))+rest+looked+".")
	case len(warnings) > 0:
		s.writeWrapped("", 0, Say("No errors, %s", counted(len(warnings), "warning"))+rest+looked+".")
	case report.Blind > 0 || len(report.Unasked) > 0 || options.Incomplete:
		s.writeWrapped("", 0, "No errors or warnings"+looked+"."+noted)
	default:
		s.writeWrapped("", 0, s.allClear()+"Nothing wrong"+looked+Say(", %s.", counted(report.Rules, "rule"))+noted)
	}
	if worst := slices.Concat(errors, warnings); len(worst) > 0 {
		s.on(worst[0].Container).nextCommand("docker pidns explain " + worst[0].Container.Name)
	}
}

func ruleIDs(rules []rule.Rule) []Safe {
	ids := make([]Safe, len(rules))
	for i, r := range rules {
		ids[i] = Escape(r.ID)
	}
	return ids
}

// allClear is the sign of an all-clear that was earned.
func (s Screen) allClear() Safe {
	if s.ASCII {
		return ""
	}
	return s.paint(green, "✓") + " "
}

// someContainers are the first names of the containers that the findings are about.
func (s Screen) someContainers(findings []rule.Finding) []Safe {
	var names []Safe
	for i := range findings {
		if name := s.name(findings[i].Container); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if more := len(names) - mostErrors; more > 0 {
		names = append(names[:mostErrors], count(more)+" more")
	}
	return names
}

// mostErrors is how many containers with errors the last line names.
const mostErrors = 5

func (s Screen) doctorTable(report rule.Report, options DoctorOptions) {
	columns := s.columns([]column{{heading: "SEVERITY"}, {heading: "CONTAINER"}, {heading: "RULE"}})
	var rows [][]Safe
	for _, f := range report.Findings {
		rows = append(rows, s.cells(f.Container, []Safe{Safe(f.Severity), Escape(f.Container.Name), Escape(f.Rule)}))
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
	// Rule is the ID of the rule; rules.md describes it.
	Rule string
	// Severity is error, warning or note.
	Severity string
	// Verdict is yes, or unknown where it cannot be determined. A rule that could not be
	// checked for want of rights, or of an engine, has a row with unknown that names no
	// container.
	Verdict string
	// HostPID (int) is the process that the finding is about.
	HostPID any
	// StartTicks (uint) is the start of that process, in clock ticks after the boot.
	StartTicks any
	// Evidence are the facts on which the finding rests.
	Evidence []string
	// Now is the command that helps now. It is empty where none does, and for a snapshot.
	Now string
	// NowEffect is what Now does, and what it interrupts.
	NowEffect string
	// Cure is the lasting fix.
	Cure string
	// Collector is proc or bpf: what read the processes.
	Collector string
	// CollectorReason says why it was not bpf where bpf was preferred; else it is empty.
	CollectorReason string
	// Absent says why a value is null.
	Absent absences
}

func (s Screen) doctorRows(reports []DoctorReport) []doctorKeys {
	var rows []doctorKeys
	for i := range reports {
		rows = append(rows, s.hostRows(&reports[i])...)
	}
	return rows
}

func (s Screen) hostRows(report *DoctorReport) []doctorKeys {
	var rows []doctorKeys
	for _, f := range report.Findings {
		k := doctorKeys{
			containerKeys: containerKeysOf(report.Host, f.Container), Rule: f.Rule, Severity: string(f.Severity), Verdict: string(f.Verdict),
			Evidence: f.Evidence, Now: s.on(f.Container).nextHere(f.Now), NowEffect: f.NowEffect, Cure: f.Cure, Absent: absences{},
		}
		k.HostPID, k.StartTicks = orAbsent(k.Absent, "HostPID", pidOf(f.Process)), orAbsent(k.Absent, "StartTicks", startOf(f.Process))
		rows = append(rows, k)
	}
	for _, r := range report.BlindRules {
		rows = append(rows, doctorKeys{
			containerKeys: containerKeys{Host: report.Host}, Rule: r.ID, Severity: string(r.Worst), Verdict: string(inspect.Unknown),
			Evidence: []string{"needs the right to trace processes"}, Absent: absences{"HostPID": procfs.Denied, "StartTicks": procfs.Denied},
		})
	}
	for _, r := range report.Unasked {
		rows = append(rows, doctorKeys{
			containerKeys: containerKeys{Host: report.Host}, Rule: r.ID, Severity: string(r.Worst), Verdict: string(inspect.Unknown),
			Evidence: []string{"needs an engine that answers"}, Absent: absences{"HostPID": procfs.Unread, "StartTicks": procfs.Unread},
		})
	}
	for i := range rows {
		rows[i].Collector, rows[i].CollectorReason = string(report.Collector.Name), report.Collector.Reason
	}
	return rows
}
