package render

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var signalTableColumns = []column{
	{"NO", true}, {"SIGNAL", false}, {"DISPOSITION", false}, {"BY DEFAULT", false}, {"BLOCKED", false}, {"PENDING", false}, {"AWAITED", false}, {"IF SENT", false},
}

// SignalTable writes every signal as one process takes it.
func (s Screen) SignalTable(r *inspect.Row, stop int, judged signal.Judgement, lines []signal.Line, options ListOptions) error {
	if !options.Format.IsDefault() && !options.Format.IsPlainTable() {
		rows := make([]signalKeys, len(lines))
		for i := range lines {
			rows[i] = signalRowOf(r, &lines[i], options.Host)
		}
		return writeRows(s, options.Format, rows)
	}
	if options.Format.IsDefault() {
		title := fmt.Sprintf("%s  %s (%d, inside %s)", s.paint(bold, Escape(r.Container.Name)), Escape(r.Process.Comm), r.Process.PID, containerPID(r))
		_, _ = fmt.Fprintf(s.Out, "%s: %s %s (%s)\n\n", title, procfs.SignalName(stop), comesTo(judged.Outcome, stop, lines), judged.Certainty)
	}
	rows := make([][]string, len(lines))
	for i, line := range lines {
		rows[i] = []string{
			fmt.Sprint(line.Number), procfs.SignalName(line.Number), string(line.Disposition), string(line.Action),
			mark(line.Blocked), mark(line.Pending), awaitedCell(line.Awaited), string(line.Heard.How),
		}
	}
	s.writeTable(signalTableColumns, rows)
	return nil
}

// comesTo is what comes of the stop signal: what has no handler for it ends as well.
func comesTo(outcome signal.Outcome, stop int, lines []signal.Line) string {
	for _, line := range lines {
		if line.Number == stop && line.Heard.How == signal.HearingKills && outcome == signal.OutcomeHandled {
			return "ends it"
		}
	}
	return "is " + string(outcome)
}

func mark(is bool) string {
	if is {
		return "yes"
	}
	return "-"
}

func awaitedCell(is procfs.Opt[bool]) string {
	if v, ok := is.Get(); ok {
		return mark(v)
	}
	return "?"
}

// signalKeys are the keys of one signal of one process.
type signalKeys struct {
	containerKeys
	HostPID int
	// Number is 1 to 64, Signal its name.
	Number int
	Signal string
	// Disposition is default, ignored or caught; DefaultAction what it does by
	// default: terminate, core, ignore, stop or continue.
	Disposition, DefaultAction string
	Blocked, Pending           bool
	// Awaited (bool): a thread takes it from sigtimedwait, or it is read from a
	// signalfd.
	Awaited any
	// Hears is what becomes of it if it is sent from outside: kills, stops,
	// dropped, caught, awaited, signalfd, pends or unknown.
	Hears string
	// Absent says why a value is null.
	Absent map[string]procfs.Absence
}

func signalRowOf(r *inspect.Row, line *signal.Line, host string) signalKeys {
	k := signalKeys{
		containerKeys: containerKeysOf(host, r.Container), HostPID: r.Process.PID, Number: line.Number, Signal: procfs.SignalName(line.Number),
		Disposition: string(line.Disposition), DefaultAction: string(line.Action), Blocked: line.Blocked, Pending: line.Pending,
		Hears: string(line.Heard.How), Absent: map[string]procfs.Absence{},
	}
	if is, ok := line.Awaited.Get(); ok {
		k.Awaited = is
	} else {
		k.Absent["Awaited"] = line.Awaited.Absence()
	}
	return k
}
