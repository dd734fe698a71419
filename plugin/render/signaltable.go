package render

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var signalTableColumns = []column{
	{heading: "NO", right: true}, {heading: "SIGNAL"}, {heading: "DISPOSITION"}, {heading: "BY DEFAULT"}, {heading: "BLOCKED"}, {heading: "PENDING"}, {heading: "AWAITED"}, {heading: "IF SENT"},
}

// SignalTable writes what each signal does to one process.
func (s Screen) SignalTable(r *inspect.Row, stop int, judged signal.Judgement, lines []signal.Line, options ListOptions) error {
	if !options.Format.IsDefault() && !options.Format.IsPlainTable() {
		rows := make([]signalKeys, len(lines))
		for i := range lines {
			rows[i] = signalRowOf(r, &lines[i], s.hostName(r.Container, options.Host))
		}
		return writeRows(s, options.Format, rows)
	}
	if options.Format.IsDefault() {
		title := Say("%s  %s (%d, inside %s)", s.paint(bold, s.name(r.Container)), Escape(r.Process.Comm), r.Process.PID, containerPID(r))
		s.print("%s: %s %s (%s)\n\n", title, procfs.SignalName(stop), comesTo(judged.Outcome, stop, lines), judged.Certainty)
	}
	columns, host := signalTableColumns, func(cells []Safe) []Safe { return cells }
	if options.Format.IsPlainTable() { // it has no title
		columns, host = s.columns(columns), func(cells []Safe) []Safe { return s.cells(r.Container, cells) }
	}
	rows := make([][]Safe, len(lines))
	for i, line := range lines {
		rows[i] = host([]Safe{
			Say("%v", line.Number), Safe(procfs.SignalName(line.Number)), Safe(line.Disposition), Safe(line.Action),
			mark(line.Blocked), mark(line.Pending), awaitedCell(line.Awaited), effectCell(line.Heard.How),
		})
	}
	s.writeTable(columns, rows)
	return nil
}

// comesTo is what the stop signal does to the process.
func comesTo(outcome signal.Outcome, stop int, lines []signal.Line) Safe {
	switch outcome {
	case signal.OutcomeHandled:
		for _, line := range lines {
			if line.Number == stop && line.Heard.How == signal.HearingKills {
				return "terminates it"
			}
		}
		return "stops it"
	case signal.OutcomeIgnored:
		return "has no effect"
	case signal.OutcomeDelayed:
		return "takes effect later"
	case signal.OutcomeHangs:
		return "cannot be sent"
	default:
		return "has an unknown effect"
	}
}

// effectCell is the effect of a signal in the word of the sentences.
func effectCell(how signal.Hearing) Safe {
	if how == signal.HearingDropped {
		return "discarded"
	}
	return Safe(how)
}

func mark(is bool) Safe {
	if is {
		return "yes"
	}
	return "-"
}

func awaitedCell(is procfs.Opt[bool]) Safe {
	if v, ok := is.Get(); ok {
		return mark(v)
	}
	return "?"
}

// signalKeys are the keys of one signal of one process.
type signalKeys struct {
	containerKeys
	// HostPID is the PID of the process in the /proc that was read.
	HostPID int
	// Number is the signal's number, 1 to 64.
	Number int
	// Signal is the signal's name, such as SIGTERM.
	Signal string
	// Disposition is default, ignored or caught.
	Disposition string
	// DefaultAction is terminate, core, ignore, stop or continue (signal(7)).
	DefaultAction string
	// Blocked is true where the main thread blocks the signal.
	Blocked bool
	// Pending is true where the signal was sent and not yet delivered.
	Pending bool
	// Awaited (bool) is true where a thread takes the signal from sigtimedwait(2), or it is
	// read from a signalfd.
	Awaited any
	// Hears is what becomes of the signal if it is sent from outside of the container:
	// kills, stops, dropped, caught, awaited, signalfd, pends or unknown.
	Hears string
	// Absent says why a value is null.
	Absent absences
}

func signalRowOf(r *inspect.Row, line *signal.Line, host string) signalKeys {
	k := signalKeys{
		containerKeys: containerKeysOf(host, r.Container), HostPID: r.Process.PID, Number: line.Number, Signal: procfs.SignalName(line.Number),
		Disposition: string(line.Disposition), DefaultAction: string(line.Action), Blocked: line.Blocked, Pending: line.Pending,
		Hears: string(line.Heard.How), Absent: absences{},
	}
	k.Awaited = orAbsent(k.Absent, "Awaited", line.Awaited)
	return k
}
