package render

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/docker-pidns/docker-pidns/inspect/trace"
)

// Trace writes rows of a trace as they come.
type Trace struct {
	screen Screen
	format Format
	// widths are those of the columns so far.
	widths [3]int
}

// The widths of the columns at the beginning, and at most: of the container, of what happened, and
// of where it came from.
var (
	leastTrace = [3]int{9, 36, 40}
	mostTrace  = [3]int{24, 48, 64}
)

// NewTrace writes to the screen. names are those of the containers that are known at the beginning.
func (s Screen) NewTrace(format Format, names []string) *Trace {
	t := &Trace{screen: s, format: format, widths: leastTrace}
	for _, name := range names {
		t.widen(0, Escape(name))
	}
	return t
}

func (t *Trace) widen(column int, text Safe) {
	t.widths[column] = min(max(t.widths[column], utf8.RuneCountInString(string(text))), mostTrace[column])
}

// Row writes one row.
func (t *Trace) Row(row trace.Row) error {
	if !t.format.IsDefault() {
		return writeRows(t.screen, t.format, []traceKeys{traceKeysOf(&row)})
	}
	return t.screen.writeLine(t.line(&row))
}

// clockLayout is the time of day with milliseconds.
const clockLayout = "15:04:05.000"

// line is the row in columns. If it does not fit, what belongs to what happened is in lines below.
func (t *Trace) line(row *trace.Row) Safe {
	cells := []Safe{Escape(row.Container), Escape(row.What()), Escape(row.From()), Escape(row.Ending())}
	for i := range t.widths {
		t.widen(i, cells[i])
	}
	begin := Safe(row.Time.Local().Format(clockLayout)) + "  " + t.pad(0, cells[0])
	whole := begin + "  " + t.pad(1, cells[1]) + "  " + t.pad(2, cells[2]) + "  " + cells[3]
	whole = Safe(strings.TrimRight(string(whole), " "))
	if t.screen.Width == 0 || utf8.RuneCountInString(string(whole)) <= t.screen.Width {
		return whole
	}
	return begin + "  " + cells[1] + t.below(cells[2:])
}

// below are cells in lines of their own, or in one if they fit.
func (t *Trace) below(cells []Safe) Safe {
	const indent = len(clockLayout) + 2
	lines, used := Safe(""), 0
	for _, cell := range cells {
		length := utf8.RuneCountInString(string(cell))
		switch {
		case length == 0:
		case used > 0 && used+2+length <= t.screen.Width:
			lines, used = lines+", "+cell, used+2+length
		default:
			lines, used = lines+"\n"+Safe(strings.Repeat(" ", indent))+cell, indent+length
		}
	}
	return lines
}

func (t *Trace) pad(column int, text Safe) Safe {
	return Say("%s", text) + Safe(strings.Repeat(" ", max(t.widths[column]-utf8.RuneCountInString(string(text)), 0)))
}

// Summary writes how many events there were, of which containers, and how many were lost.
func (t *Trace) Summary(told map[string]int, lost uint64) []Safe {
	total := 0
	var names []string
	for name, n := range told {
		total += n
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if told[a] != told[b] {
			return told[b] - told[a]
		}
		return strings.Compare(a, b)
	})
	line := Say("%s", counted(total, "event"))
	for i, name := range names {
		if i == mostOfSummary {
			line += Say(", %s", counted(len(names)-i, "more container"))
			break
		}
		separator := Safe(", ")
		if i == 0 {
			separator = ": "
		}
		line += separator + Escape(fmt.Sprintf("%s %d", name, told[name]))
	}
	lines := []Safe{line}
	if lost > 0 {
		lines = append(lines, Say("%s lost, because they were not read fast enough: some rows are missing", counted(int(min(lost, 1<<62)), "event")))
	}
	return lines
}

// mostOfSummary is the number of containers in a summary.
const mostOfSummary = 10

// traceKeys are the keys of one row of a trace. A key that does not apply to the event is null.
type traceKeys struct {
	// Time (string) is when it happened (RFC 3339).
	Time string
	// Event is signal, exit, fork, exec, adoption or reaping.
	Event string
	// Container is the name of the container, or the beginning of its ID if it is not known.
	Container string
	// ContainerID is the whole ID.
	ContainerID string
	// HostPID (int) is the PID of the process on the host.
	HostPID int
	// ContainerPID (int) is its PID in the container's PID namespace. It is null if it is not known.
	ContainerPID any
	// Command is its name (comm).
	Command string
	// Main is true if it is the container's main process.
	Main bool
	// Signal (string) is the signal. For an exit it is the last reported one before it.
	Signal any
	// Sender (string) is engine, container, itself, host, oom-killer, namespace-end, parent-death,
	// terminal or unknown.
	Sender any
	// SenderHow (string) is how it was sent if not by kill(2) or a call like it: fault, cgroup-kill,
	// shim, shared-memory, timer or kernel.
	SenderHow any
	// SenderContainer (string) is the container that the sender is in.
	SenderContainer any
	// SenderCommand (string) is the name of the sender's process. For a fork, an adoption or a
	// reaping it is the parent's.
	SenderCommand any
	// SenderHostPID (int) is its PID on the host.
	SenderHostPID any
	// SenderUser (string) is its user: the name on the host, or the number.
	SenderUser any
	// SenderAncestors ([string]) are its ancestors, the parent first.
	SenderAncestors any
	// EngineAction (string) is what the engine was asked for, by its events until the row was
	// written: stop (or a restart whose start came later), kill, restart, stop-or-kill (it could be
	// any of these), remove (or a kill with a removal), exec-end, or other-client if no client of
	// the engine asked.
	EngineAction any
	// GraceOver (bool) is true if the engine had sent another signal before.
	GraceOver any
	// Dropped (bool) is true if the signal had no effect.
	Dropped any
	// DroppedReason (string) is no-handler, from-inside, ignored, ignored-by-default, already-pending
	// or already-exiting.
	DroppedReason any
	// Outcome (string) is exited, killed, dropped, blocked, stopped, continued, or still-runs after a
	// second.
	Outcome any
	// ExitCode (int) is the exit code as the engine reports it, 128 plus the signal's number if a
	// signal ended the process.
	ExitCode any
	// Seconds (float) is the time from the signal to the exit, or from the exit to the reaping.
	Seconds any
	// Certainty (string) is how sure the sender is: certain, likely or unknown.
	Certainty any
	// Text is the row in words.
	Text string
}

// FullHeader makes it a row for docker's formatter, which asks headed for the headings.
func (traceKeys) FullHeader() any { return nil }

func traceKeysOf(row *trace.Row) traceKeys {
	k := traceKeys{
		Time: row.Time.UTC().Format(timeLayout), Event: string(row.Event), Container: row.Container, ContainerID: row.ContainerID,
		HostPID: row.HostPID, ContainerPID: unlessZero(row.ContainerPID), Command: row.Command, Main: row.Main,
		Signal: unlessZero(row.Signal), Sender: unlessZero(row.Sender), SenderHow: unlessZero(row.SenderHow), SenderContainer: unlessZero(row.SenderContainer),
		SenderCommand: unlessZero(row.SenderCommand), SenderHostPID: unlessZero(row.SenderHostPID), SenderUser: unlessZero(row.SenderUser),
		EngineAction: unlessZero(row.EngineAction), DroppedReason: unlessZero(row.DroppedReason), Outcome: unlessZero(row.Outcome),
		Certainty: unlessZero(row.Certainty), Text: row.Text,
	}
	if row.Event == trace.SignalSent {
		k.Dropped, k.GraceOver = row.Dropped, row.GraceOver
	}
	if row.SenderAncestors != nil {
		k.SenderAncestors = row.SenderAncestors
	}
	if row.ExitCode != nil {
		k.ExitCode = *row.ExitCode
	}
	if row.Seconds != nil {
		k.Seconds = *row.Seconds
	}
	return k
}

// timeLayout has nanoseconds, so that events stay in their order.
const timeLayout = "2006-01-02T15:04:05.000000000Z07:00"

// unlessZero is the value, nil if it says nothing.
func unlessZero[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}
