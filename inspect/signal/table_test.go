package signal_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// line is signal n of the table of process 101.
func line(w *World, n int) signal.Line {
	ix := w.Index()
	return signal.Table(ix, ix.ProcessAt(101))[n-1]
}

// The table has every signal in order, with its default action and its effect, the same as for a
// single signal.
func TestTable(t *testing.T) {
	ix := Alone("x", Caught(Term, 37), Ignored(hup), Blocked(usr1)).Attend(101, Runs(), Asleep(Awaiting(procfs.SIGINT))).Index()
	p := ix.ProcessAt(101)
	lines := signal.Table(ix, p)
	if len(lines) != procfs.MaxSignal {
		t.Fatalf("got %d lines", len(lines))
	}
	for i, line := range lines {
		if n := i + 1; line.Number != n || line.Action != procfs.DefaultAction(n) || line.Heard != signal.Hear(ix, p, n) {
			t.Errorf("signal %d: got %+v", n, line)
		}
	}
}

// The table shows the handlers of the later look.
func TestDisposition(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		want  signal.Disposition
	}{
		"nothing":                {Alone("x").Attend(101), signal.DispositionDefault},
		"caught":                 {Alone("x", Caught(Term)).Attend(101), signal.DispositionCaught},
		"ignored":                {Alone("x", Ignored(Term)).Attend(101), signal.DispositionIgnored},
		"another is caught":      {Alone("x", Caught(hup)).Attend(101), signal.DispositionDefault},
		"caught, nobody asked":   {Alone("x", Caught(Term)), signal.DispositionCaught},
		"caught a moment later":  {Alone("x", Ignored(Term)).Attend(101, Later(Signals(Term), 0)), signal.DispositionCaught},
		"ignored a moment later": {Alone("x", Caught(Term)).Attend(101, Later(0, Signals(Term))), signal.DispositionIgnored},
		"neither a moment later": {Alone("x", Caught(Term)).Attend(101, Later(0, 0)), signal.DispositionDefault},
	} {
		if got := line(test.world, Term).Disposition; got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// A signal is pending for the process, or for one of its threads.
func TestBlockedAndPending(t *testing.T) {
	inThread := func(a *procfs.Attention) {
		a.Threads = []procfs.ThreadAttention{Sleeping("pause"), Sleeping("pause")}
		a.Threads[1].Pending = Signals(Term)
	}
	for name, test := range map[string]struct {
		world            *World
		blocked, pending bool
	}{
		"nothing":               {Alone("x").Attend(101), false, false},
		"blocked":               {Alone("x", Blocked(Term)).Attend(101), true, false},
		"blocked and pending":   {Alone("x", Blocked(Term), Pending(Term)).Attend(101), true, true},
		"the same, unasked":     {Alone("x", Blocked(Term), Pending(Term)), true, true},
		"pending for a thread":  {Alone("x").Attend(101, inThread), false, true},
		"another is blocked":    {Alone("x", Blocked(hup), Pending(hup)).Attend(101), false, false},
		"pending, not held up":  {Alone("x", Pending(Term)).Attend(101), false, true},
		"of a thread, and both": {Alone("x", Blocked(Term), Pending(hup)).Attend(101, inThread), true, true},
	} {
		if got := line(test.world, Term); got.Blocked != test.blocked || got.Pending != test.pending {
			t.Errorf("%s: got blocked %t, pending %t", name, got.Blocked, got.Pending)
		}
	}
}

// Whether a signal is awaited is yes, no, or why that could not be read. It is never no if it
// was not read.
func TestAwaited(t *testing.T) {
	yes, no, none := procfs.Some(true), procfs.Some(false), procfs.None[bool]
	fds := func(why procfs.Absence) Attending {
		return func(a *procfs.Attention) { a.SignalFDs = procfs.None[[]procfs.SignalSet](why) }
	}
	threadDenied := func(a *procfs.Attention) {
		a.Threads = append(a.Threads, Sleeping("futex"))
		a.Threads[1].Awaited = procfs.None[procfs.SignalSet](procfs.Denied)
	}
	for name, test := range map[string]struct {
		world *World
		want  procfs.Opt[bool]
	}{
		"nobody asked":                    {Alone("x"), none(procfs.Unread)},
		"it awaits none":                  {Alone("x").Attend(101), no},
		"it awaits another":               {Alone("x").Attend(101, Asleep(Awaiting(hup))), no},
		"it awaits it":                    {Alone("x").Attend(101, Asleep(Awaiting(Term))), yes},
		"a thread awaits it":              {Alone("x").Attend(101, Asleep(Sleeping("pause"), Awaiting(Term))), yes},
		"it has a signalfd":               {Alone("x").Attend(101, WithSignalFD(Term)), yes},
		"a signalfd for another":          {Alone("x").Attend(101, WithSignalFD(hup)), no},
		"denied":                          {Alone("x").Attend(101, Denied), none(procfs.Denied)},
		"signalfds denied":                {Alone("x").Attend(101, fds(procfs.Denied)), none(procfs.Denied)},
		"signalfds gone":                  {Alone("x").Attend(101, fds(procfs.Gone)), none(procfs.Gone)},
		"signalfds denied, but it awaits": {Alone("x").Attend(101, fds(procfs.Denied), Asleep(Awaiting(Term))), yes},
		"one thread denied":               {Alone("x").Attend(101, threadDenied), none(procfs.Unread)},
		"the kernel says so":              {Alone("x", Internal(Awaits(Term))).Attend(101, Denied), yes},
		"the kernel says it is open":      {Alone("x", Internal()).Attend(101, Denied), no},
	} {
		if got := line(test.world, Term).Awaited; got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}
