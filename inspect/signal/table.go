package signal

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Disposition is what a process has told the kernel to do about a signal.
type Disposition string

// The dispositions of signal(7).
const (
	DispositionDefault Disposition = "default"
	DispositionIgnored Disposition = "ignored"
	DispositionCaught  Disposition = "caught"
)

// Line is one signal as a process takes it.
type Line struct {
	// Number is 1 to 64.
	Number      int
	Disposition Disposition
	// Action is what the signal does by default.
	Action procfs.SignalAction
	// Blocked: the main thread blocks it; Pending: it waits to be delivered, to
	// the process or to a thread.
	Blocked, Pending bool
	// Awaited: a thread takes it from sigtimedwait, or the process reads it from a
	// signalfd; absent where that could not be read.
	Awaited procfs.Opt[bool]
	// Heard is what becomes of it if it is sent from outside.
	Heard Heard
}

// Table is every signal as the process takes it.
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
