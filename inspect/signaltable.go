package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// Disposition is what a process has told the kernel to do about a signal.
type Disposition string

// The dispositions of signal(7).
const (
	DispositionDefault Disposition = "default"
	DispositionIgnored Disposition = "ignored"
	DispositionCaught  Disposition = "caught"
)

// SignalLine is one signal as a process takes it.
type SignalLine struct {
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

// SignalTable is every signal as the process takes it.
func (ix *Index) SignalTable(p *procfs.Process) []SignalLine {
	var lines []SignalLine
	for n := 1; n <= procfs.MaxSignal; n++ {
		lines = append(lines, ix.signalLine(p, n))
	}
	return lines
}

func (ix *Index) signalLine(p *procfs.Process, n int) SignalLine {
	line := SignalLine{Number: n, Disposition: DispositionDefault, Action: procfs.DefaultAction(n), Heard: ix.Hear(p, n)}
	switch handling := ix.handling(p); {
	case handling.Caught.Has(n):
		line.Disposition = DispositionCaught
	case handling.Ignored.Has(n):
		line.Disposition = DispositionIgnored
	}
	line.Blocked, line.Pending = p.Signals.Blocked.Has(n), p.Signals.Pending.Has(n)
	a := ix.Attention(p)
	if a == nil {
		line.Awaited = procfs.None[bool](procfs.Unread)
		return line
	}
	for _, t := range a.Threads {
		line.Pending = line.Pending || t.Pending.Has(n)
	}
	line.Awaited = ix.isAwaited(a, p, n)
	return line
}

func (ix *Index) isAwaited(a *procfs.Attention, p *procfs.Process, n int) procfs.Opt[bool] {
	l := ix.listening(p, n)
	switch {
	case l.awaited || l.read:
		return procfs.Some(true)
	case l.known:
		return procfs.Some(false)
	case !a.SignalFDs.Held():
		return procfs.None[bool](a.SignalFDs.Absence())
	default:
		return procfs.None[bool](procfs.Unread)
	}
}
