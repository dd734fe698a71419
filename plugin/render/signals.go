package render

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// SignalsOptions are those of the signals command.
type SignalsOptions struct {
	ListOptions
	// Named: the containers were asked for by name, and all that is known is
	// wanted.
	Named bool
	// All: every explanation, however many there are.
	All bool
	// Findings are those of the command's rules.
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

// Signals writes what docker stop will do to each container, and below it why
// where something is in the way.
func (s Screen) Signals(forecasts []signal.Forecast, options SignalsOptions) error {
	switch {
	case options.Quiet:
		for i := range forecasts {
			if c := forecasts[i].Container; len(options.findingsOf(c)) > 0 {
				s.Line(Escape(c.Name))
			}
		}
		return nil
	case !options.Format.IsDefault() && !options.Format.IsPlainTable():
		return writeRows(s, options.Format, signalsRows(forecasts, options.Host))
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
		rows[i] = []Safe{Escape(f.Container.Name), mainCommand(f), stopCell(f), Escape(f.Will()), sure(f.Judgement), reapsCell(f.Reaps)}
	}
	if !noTrunc {
		command := at(signalsColumns, "PID 1")
		for _, row := range rows {
			row[command] = s.cut(row[command], widestCommand)
		}
		s.cutWidest(signalsColumns, rows)
	}
	will := at(signalsColumns, "DOCKER STOP WILL")
	for i, row := range rows {
		switch forecasts[i].Outcome {
		case signal.OutcomeIgnored, signal.OutcomeDelayed, signal.OutcomeHangs:
			row[will] = s.paint(yellow, row[will])
		}
	}
	s.writeTable(signalsColumns, rows)
}

// widestCommand is how much of a command a terminal gets where much stands
// beside it.
const widestCommand = 24

// mainCommand names the main process, with its PID where that is not 1.
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

// signalsWords explains what is in the way, or for containers that were asked
// for by name all that is known.
func (s Screen) signalsWords(forecasts []signal.Forecast, options SignalsOptions) {
	var explained []*signal.Forecast
	width := 0
	for i := range forecasts {
		if f := &forecasts[i]; options.Named || f.Outcome != signal.OutcomeHandled || len(options.findingsOf(f.Container)) > 0 {
			explained = append(explained, f)
		}
	}
	rest := 0
	if !options.Named && !options.All && len(explained) > mostExplained {
		rest, explained = len(explained)-mostExplained, explained[:mostExplained]
	}
	for _, f := range explained {
		width = min(max(width, Escape(f.Container.Name).width()), widestName)
	}
	for _, f := range explained {
		s.Line("")
		s.explainForecast(f, width, options)
	}
	if rest > 0 {
		s.Line("")
		s.adviceLine(notSureToStop(rest), "docker pidns signals --all")
	}
}

func notSureToStop(more int) Safe {
	if more == 1 {
		return "1 more container is not sure to stop"
	}
	return Say("%d more containers are not sure to stop", more)
}

func (s Screen) explainForecast(f *signal.Forecast, width int, options SignalsOptions) {
	name := Escape(f.Container.Name)
	indent := width + gap
	findings := options.findingsOf(f.Container)
	lead := s.paint(bold, name) + blanks(max(indent-name.width(), gap))
	s.writeWrapped(lead, indent, join(reasons(f, findings), "; "))
	for _, line := range s.forecastLines(f, findings, options) {
		const widestLabel = len("kill -9")
		label := blanks(indent) + line.label.padded(widestLabel) + blanks(gap)
		if line.isCommand { // which is never broken
			s.Line(label + line.text)
			continue
		}
		s.writeWrapped(label, indent+widestLabel+gap, line.text)
	}
}

// reasons are what the row above does not say: how it is known, and what else was
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

// forecastLine is a line below the reasons with its label.
type forecastLine struct {
	label, text Safe
	isCommand   bool
}

// forecastLines are what stands below the reasons.
func (s Screen) forecastLines(f *signal.Forecast, findings []rule.Finding, options SignalsOptions) []forecastLine {
	var lines []forecastLine
	add := func(line forecastLine) {
		if line.text != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	for _, found := range findings {
		add(forecastLine{"now", Escape(s.nextHere(found.Now)), true})
	}
	add(forecastLine{"now", Escape(s.nextHere(f.Now)), true})
	for _, found := range findings {
		add(forecastLine{"cure", Escape(found.Cure), false})
	}
	add(forecastLine{"cure", Escape(f.Cure.Text), false})
	if f.AskKernel && s.From == "" { // what a saved host's kernel was not asked is lost
		add(forecastLine{"next", Say("docker pidns signals --collector bpf %s", f.Container.Name), true})
	}
	if !options.Named {
		return lines
	}
	add(forecastLine{"reaps", Say("%s: %s", reapsCell(f.Reaps), f.ReapsWhy), false})
	add(forecastLine{"unheard", unheardWords(f), false})
	add(forecastLine{"kill -9", Say("%s; %s", f.KillFromInside, f.KillFromHost), false})
	return lines
}

// mostUnheard is how many processes are named.
const mostUnheard = 3

func unheardWords(f *signal.Forecast) Safe {
	if !f.NSInit {
		return ""
	}
	if len(f.Unheard) == 0 && f.OthersUnread != "" {
		return "nobody who is known: whether others have entered its PID namespace could not be read"
	}
	if len(f.Unheard) == 0 {
		return "nobody: no other process would have to be told"
	}
	var list []Safe
	for _, p := range f.Unheard[:min(len(f.Unheard), mostUnheard)] {
		list = append(list, Say("%s (%d)", p.Comm, p.PID))
	}
	if rest := len(f.Unheard) - len(list); rest > 0 {
		list = append(list, count(rest)+" more")
	}
	verbs := [2]string{"hear", "are"}
	if len(f.Unheard) == 1 {
		verbs = [2]string{"hears", "is"}
	}
	words := Say("docker tells PID 1 alone; %s %s of it only from there, and %s SIGKILLed when PID 1 ends: %s", counted(len(f.Unheard), "process"), verbs[0], verbs[1], join(list, ", "))
	if f.OthersUnread != "" {
		words += "; whether others have entered its PID namespace could not be read"
	}
	return words
}
