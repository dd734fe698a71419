package signal

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Disposition is what is set for a signal in a process.
type Disposition string

// The dispositions of signal(7).
const (
	DispositionDefault Disposition = "default"
	DispositionIgnored Disposition = "ignored"
	DispositionCaught  Disposition = "caught"
)

// Line is how a process takes one signal.
type Line struct {
	// Number is the number of the signal, 1 to 64.
	Number      int
	Disposition Disposition
	// Action is the default action of the signal.
	Action procfs.SignalAction
	// Blocked is true if the main thread blocks it. Pending is true if it waits to be
	// delivered, to the process or to a thread.
	Blocked, Pending bool
	// Awaited is true if a thread takes it from sigtimedwait, or the process reads it from a
	// signalfd. It is absent if that could not be read.
	Awaited procfs.Opt[bool]
	// Heard is the effect of the signal if it is sent from outside.
	Heard Heard
}

// Table has a line for every signal.
func Table(ix *inspect.Index, p *procfs.Process) []Line {
	subject := subjectOf(ix, p)
	var lines []Line
	for n := 1; n <= procfs.MaxSignal; n++ {
		lines = append(lines, subject.deliver(n).line())
	}
	return lines
}

func (d *delivery) line() Line {
	p, n := d.process, d.n
	line := Line{Number: n, Disposition: DispositionDefault, Action: procfs.DefaultAction(n), Heard: d.heard}
	switch handling := d.handling(); {
	case handling.Caught.Has(n):
		line.Disposition = DispositionCaught
	case handling.Ignored.Has(n):
		line.Disposition = DispositionIgnored
	}
	line.Blocked, line.Pending = p.Signals.Blocked.Has(n), p.Signals.Pending.Has(n)
	if d.attention == nil {
		line.Awaited = procfs.None[bool](procfs.Unread)
		return line
	}
	for _, t := range d.threads() {
		line.Pending = line.Pending || t.Pending.Has(n)
	}
	line.Awaited = d.isAwaited()
	return line
}

func (d *delivery) isAwaited() procfs.Opt[bool] {
	l := d.listening()
	switch {
	case l.awaited || l.read:
		return procfs.Some(true)
	case l.known:
		return procfs.Some(false)
	case !d.attention.SignalFDs.Held():
		return procfs.None[bool](d.attention.SignalFDs.Absence())
	default:
		return procfs.None[bool](procfs.Unread)
	}
}
