package render

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// SignalsOptions are the options of the signals command.
type SignalsOptions struct {
	ListOptions
	// Named is true if the containers were named. Then everything that is known is shown.
	Named bool
	// All shows every explanation, however many there are.
	All bool
	// Findings are the findings of the command's rules.
	Findings []rule.Finding
}

func (o SignalsOptions) findingsOf(c *inspect.Container) []rule.Finding {
	return slices.DeleteFunc(slices.Clone(o.Findings), func(f rule.Finding) bool { return f.Container != c })
}

var signalsColumns = []column{
	{heading: "CONTAINER", cut: 1}, {heading: "PID 1", cut: 2}, {heading: "STOP"}, {heading: "DOCKER STOP WILL"}, {heading: "SURE"}, {heading: "REAPS"},
}

// mostExplained is how many containers are explained without --all.
const mostExplained = 10

// Signals writes what docker stop will do to each container, and below it what prevents a clean
// stop.
func (s Screen) Signals(forecasts []signal.Forecast, options SignalsOptions) error {
	switch {
	case options.Quiet:
		var keys []quietKey
		for i := range forecasts {
			if c := forecasts[i].Container; len(options.findingsOf(c)) > 0 {
				keys = append(keys, quietKey{c, Escape(c.Name)})
			}
		}
		return s.writeQuiet(keys)
	case !options.Format.IsDefault() && !options.Format.IsPlainTable():
		return writeRows(s, options.Format, s.signalsRows(forecasts, options.Host))
	case len(forecasts) == 0:
		return nil
	}
	s.signalsTable(forecasts, options.NoTrunc)
	if options.Format.IsDefault() {
		s.signalsWords(forecasts, options)
	}
	return nil
}

func (s Screen) signalsTable(forecasts []signal.Forecast, noTrunc bool) {
	rows := make([][]Safe, len(forecasts))
	for i := range forecasts {
		f := &forecasts[i]
		rows[i] = s.cells(f.Container, []Safe{Escape(f.Container.Name), mainCommand(f), stopCell(f), Escape(f.Will()), sure(f.Judgement), reapsCell(f.Reaps)})
	}
	columns := s.columns(signalsColumns)
	if !noTrunc {
		command := at(columns, "PID 1")
		for _, row := range rows {
			row[command] = s.cut(row[command], widestCommand)
		}
		s.cutWidest(columns, rows)
	}
	will := at(columns, "DOCKER STOP WILL")
	for i, row := range rows {
		switch forecasts[i].Outcome {
		case signal.OutcomeIgnored, signal.OutcomeDelayed, signal.OutcomeHangs:
			row[will] = s.paint(yellow, row[will])
		}
	}
	s.writeTable(columns, rows)
}

// widestCommand is the greatest width of a command on a terminal with many other columns.
const widestCommand = 24

// mainCommand names the main process, with its PID if that is not 1.
func mainCommand(f *signal.Forecast) Safe {
	text := command(&f.Row)
	if !f.NSInit {
		return text + " (PID " + containerPID(&f.Row) + ")"
	}
	return text
}

// stopCell is the stop signal and the grace period: "TERM 10s".
func stopCell(f *signal.Forecast) Safe {
	return Say("%s %s", strings.TrimPrefix(procfs.SignalName(f.Signal), "SIG"), f.Grace())
}

func sure(j signal.Judgement) Safe {
	if j.Certainty == inspect.Uncertain {
		return "-"
	}
	return Safe(j.Certainty)
}

func reapsCell(v inspect.Verdict) Safe {
	if v == inspect.Unknown {
		return "?"
	}
	return Safe(v)
}

// signalsWords explains what prevents a clean stop. For named containers it writes everything
// that is known.
func (s Screen) signalsWords(forecasts []signal.Forecast, options SignalsOptions) {
	groups := explained(forecasts, options)
	rest := 0
	if !options.Named && !options.All && len(groups) > mostExplained {
		for _, group := range groups[mostExplained:] {
			rest += len(group)
		}
		groups = groups[:mostExplained]
	}
	names := make([]Safe, len(groups))
	for i, group := range groups {
		names[i] = someNames(s, group, func(f *signal.Forecast) *inspect.Container { return f.Container }, options.All || options.NoTrunc)
	}
	width := nameColumn(names)
	for i, group := range groups {
		s.Line("")
		s.explainForecast(group[0], names[i], width, options)
	}
	if rest > 0 {
		s.Line("")
		s.Line(notSureToStop(rest) + ".")
		s.nextCommand("docker pidns signals --all")
	}
}

// explained are the forecasts that are explained, grouped if the same is said about them.
func explained(forecasts []signal.Forecast, options SignalsOptions) [][]*signal.Forecast {
	var groups [][]*signal.Forecast
	at := map[string]int{}
	for i := range forecasts {
		f := &forecasts[i]
		findings := options.findingsOf(f.Container)
		if !options.Named && f.Outcome == signal.OutcomeHandled && len(findings) == 0 {
			continue
		}
		key := strings.Join(slices.Concat(reasons(f, findings), curesOf(findings), []string{f.Cure.Text}), "\x00")
		alone := options.Named || options.NoTrunc || f.Now != "" || f.AskKernel || slices.ContainsFunc(findings, func(found rule.Finding) bool { return found.Now != "" })
		if n, seen := at[key]; seen && !alone {
			groups[n] = append(groups[n], f)
			continue
		}
		if !alone {
			at[key] = len(groups)
		}
		groups = append(groups, []*signal.Forecast{f})
	}
	return groups
}

func notSureToStop(more int) Safe {
	if more == 1 {
		return "1 more container may not stop cleanly"
	}
	return Say("%d more containers may not stop cleanly", more)
}

func (s Screen) explainForecast(f *signal.Forecast, names Safe, width int, options SignalsOptions) {
	indent := width + gap
	s = s.on(f.Container)
	findings := options.findingsOf(f.Container)
	lead := names.padded(width) + blanks(gap)
	if names.width() > width {
		s.writeWrapped("", 0, names)
		lead = blanks(indent)
	}
	s.writeWrapped(lead, indent, sentences(reasons(f, findings)))
	s.forecastFixes(f, findings, indent)
	if f.AskKernel && !s.isSaved() { // what a saved host's kernel was not asked is lost
		s.commandLine(blanks(indent), lookOn, s.about("docker pidns signals --collector bpf "+inspect.ShellWord(f.Container.Name)), "")
	}
	if !options.Named {
		return
	}
	for _, said := range []Safe{reapsWords(f), unheardWords(f), Escape(f.KillFromInside), Escape(f.KillFromHost)} {
		if said != "" {
			s.writeWrapped(blanks(indent), indent, fullStop(said))
		}
	}
}

// forecastFixes writes what to type now, and the lasting fixes, each once.
func (s Screen) forecastFixes(f *signal.Forecast, findings []rule.Finding, indent int) {
	commands, fixes := map[string]bool{}, map[string]bool{"": true}
	now := func(command, effect string) {
		if !commands[command] {
			s.fixLines(blanks(indent), command, effect, "")
		}
		commands[command] = true
	}
	for _, found := range findings {
		now(found.Now, found.NowEffect)
	}
	now(f.Now, "")
	for _, fix := range append(curesOf(findings), f.Cure.Text) {
		if !fixes[fix] {
			s.fixLines(blanks(indent), "", "", fix)
		}
		fixes[fix] = true
	}
}

func curesOf(findings []rule.Finding) []string {
	var list []string
	for i := range findings {
		list = append(list, findings[i].Cure)
	}
	return list
}

// reapsWords say whether orphaned processes are reaped, and how that is known.
func reapsWords(f *signal.Forecast) Safe {
	verdict := map[inspect.Verdict]Safe{
		inspect.Yes: "Reaps orphaned processes: yes.", inspect.No: "Reaps orphaned processes: no.", inspect.Unknown: "Reaps orphaned processes: cannot be determined.",
	}[f.Reaps]
	return verdict + " " + Escape(f.ReapsWhy)
}

// reasons are what the row above does not show: how the forecast is known, and what else was
// found.
func reasons(f *signal.Forecast, findings []rule.Finding) []string {
	list := slices.Clone(f.Evidence)
	for _, found := range findings {
		for _, said := range found.Adds {
			if !slices.Contains(list, said) {
				list = append(list, said)
			}
		}
	}
	return list
}

// mostUnheard is how many processes are named.
const mostUnheard = 3

func unheardWords(f *signal.Forecast) Safe {
	const unread = "Whether others have entered its PID namespace could not be read"
	switch {
	case !f.NSInit:
		return ""
	case len(f.Unheard) == 0 && f.OthersUnread != "":
		return "docker stop signals only PID 1. " + unread
	case len(f.Unheard) == 0:
		return ""
	}
	var list []Safe
	for _, p := range f.Unheard[:min(len(f.Unheard), mostUnheard)] {
		list = append(list, Say("%s (%d)", p.Comm, p.PID))
	}
	names := join(list, ", ")
	if rest := len(f.Unheard) - len(list); rest > 0 {
		names += " and " + count(rest) + " more"
	}
	verb := Safe("are")
	if len(f.Unheard) == 1 {
		verb = "is"
	}
	words := Say("docker stop signals only PID 1. Unless PID 1 forwards the signal, %s %s killed when PID 1 exits: %s", counted(len(f.Unheard), "process"), verb, names)
	if f.OthersUnread != "" {
		words += ". " + unread
	}
	return words
}
