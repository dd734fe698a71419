package signal_test

import (
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The masks show what the kernel does with a signal. The sentence names the mask. It is certain
// only if nothing could be missed.
func TestHear(t *testing.T) {
	fdsDenied := func(a *procfs.Attention) { a.SignalFDs = procfs.None[[]procfs.SignalSet](procfs.Denied) }
	awaitedIs := func(why procfs.Absence) Attending {
		return func(a *procfs.Attention) { a.Threads[0].Awaited = procfs.None[procfs.SignalSet](why) }
	}
	unblocked := func(a *procfs.Attention) {
		// Other threads do not block the signal.
		a.Threads = []procfs.ThreadAttention{Sleeping("pause"), Sleeping("pause")}
	}
	const (
		inInit = "x is PID 1 and has no SIGTERM handler, so the kernel discards the signal"
		ends   = "x is not PID 1 and has no SIGTERM handler, so the signal terminates it"
		pends  = "Every thread blocks SIGTERM and none waits for it now"
		unread = "SIGTERM has no handler. Whether a thread waits for it cannot be determined without the right to trace the process"
	)
	for name, test := range map[string]struct {
		world *World
		n     int
		want  string
		why   string
	}{
		"SIGKILL, ignored and blocked":   {Alone("x", Ignored(procfs.SIGKILL), Blocked(procfs.SIGKILL)).Attend(101), procfs.SIGKILL, "kills certain", "SIGKILL from outside the PID namespace kills every process"},
		"SIGKILL, nothing could be read": {Alone("x").Attend(101, Denied), procfs.SIGKILL, "kills certain", "SIGKILL from outside the PID namespace kills every process"},
		"SIGSTOP, caught":                {Alone("x", Caught(procfs.SIGSTOP)).Attend(101), procfs.SIGSTOP, "stops certain", "SIGSTOP from outside the PID namespace stops every process"},
		"a zombie":                       {Alone("x", Exited(0), Caught(Term)).Attend(101), Term, "dropped certain", "It is a zombie, so it has already exited"},
		"a zombie, and SIGKILL":          {Alone("x", Exited(0)), procfs.SIGKILL, "dropped certain", "It is a zombie, so it has already exited"},

		"awaited":                        {Alone("x").Attend(101, Asleep(Awaiting(Term))), Term, "awaited certain", "A thread waits for SIGTERM in sigtimedwait"},
		"awaited, by the kernel's word":  {Alone("x", Internal(Awaits(Term))).Attend(101), Term, "awaited certain", "A thread waits for SIGTERM in sigtimedwait (real_blocked, read from the kernel)"},
		"awaited, though ignored":        {Alone("x", Ignored(Term)).Attend(101, Asleep(Awaiting(Term))), Term, "awaited certain", "A thread waits for SIGTERM in sigtimedwait"},
		"awaited elsewhere, but ignored": {Alone("x", Ignored(Term)).Attend(101, Asleep(Sleeping("pause"), Awaiting(Term))), Term, "dropped certain", "SIGTERM is ignored"},
		"awaited elsewhere, no init":     {Alone("x", noInit).Attend(101, Asleep(Sleeping("pause"), Awaiting(Term))), Term, "kills certain", ends},
		"another signal is awaited":      {Alone("x").Attend(101, Asleep(Awaiting(hup))), Term, "dropped certain", inInit},
		"read from a signalfd":           {Alone("x", Blocked(Term)).Attend(101, WithSignalFD(Term), Asleep(Sleeping("epoll_wait"))), Term, "signalfd certain", "SIGTERM is read from a signalfd"},
		"a signalfd, and what it does now is unread": {Alone("x", Blocked(Term)).Attend(101, WithSignalFD(Term), func(a *procfs.Attention) {
			a.Threads[0].Syscall = procfs.None[procfs.Syscall](procfs.Denied)
		}), Term, "signalfd certain", "SIGTERM is read from a signalfd"},
		"a signalfd, not blocked": {Alone("x").Attend(101, WithSignalFD(Term), Asleep(Sleeping("epoll_wait"))), Term, "dropped certain", inInit},
		"a signalfd in second place": {Alone("x", Blocked(Term)).Attend(101, Asleep(Sleeping("poll")), func(a *procfs.Attention) {
			a.SignalFDs = procfs.Some([]procfs.SignalSet{Signals(hup), Signals(Term)})
		}), Term, "signalfd certain", "SIGTERM is read from a signalfd"},

		"blocked":                             {Alone("x", Blocked(Term)).Attend(101), Term, "pends certain", pends},
		"blocked, and ignored":                {Alone("x", Blocked(Term), Ignored(Term)).Attend(101), Term, "pends certain", pends},
		"blocked, signalfds unread":           {Alone("x", Blocked(Term)).Attend(101, fdsDenied), Term, "pends likely", pends},
		"blocked, nobody asked":               {Alone("x", Blocked(Term)), Term, "pends likely", pends},
		"blocked by the main thread, caught":  {Alone("x", Blocked(Term), Caught(Term)).Attend(101, unblocked), Term, "caught certain", "SIGTERM has a handler"},
		"blocked by the main thread, no init": {Alone("x", Blocked(Term), noInit).Attend(101, unblocked), Term, "kills certain", ends},

		"ignored":                      {Alone("x", Ignored(Term)).Attend(101), Term, "dropped certain", "SIGTERM is ignored"},
		"ignored, no rights":           {Alone("x", Ignored(Term)).Attend(101, Denied), Term, "dropped likely", "SIGTERM is ignored"},
		"ignored, not at rest":         {Alone("x", Ignored(Term)).Attend(101, Unsettled), Term, "dropped likely", "SIGTERM is ignored"},
		"ignored only a moment later":  {Alone("x", Caught(Term)).Attend(101, Later(0, Signals(Term))), Term, "dropped likely", "SIGTERM is ignored"},
		"caught":                       {Alone("x", Caught(Term)).Attend(101), Term, "caught certain", "SIGTERM has a handler"},
		"caught, no rights":            {Alone("x", Caught(Term)).Attend(101, Denied), Term, "caught certain", "SIGTERM has a handler"},
		"caught only a moment later":   {Alone("x").Attend(101, Later(Signals(Term), 0)), Term, "caught certain", "SIGTERM has a handler"},
		"the same at both looks":       {Alone("x", Caught(hup)).Attend(101, Later(Signals(hup), 0)), Term, "dropped certain", inInit},
		"no handler at the later look": {Alone("x", Caught(hup)).Attend(101, Later(0, 0)), Term, "dropped likely", inInit},

		"an init, no rights":               {Alone("x").Attend(101, Denied), Term, "unknown unknown", unread},
		"an init that nobody asked":        {Alone("x"), Term, "unknown unknown", unread},
		"an init, signalfds unread":        {Alone("x").Attend(101, fdsDenied), Term, "unknown unknown", unread},
		"an init, awaited unread":          {Alone("x").Attend(101, awaitedIs(procfs.Denied)), Term, "unknown unknown", unread},
		"an init, awaited gone":            {Alone("x").Attend(101, awaitedIs(procfs.Gone)), Term, "unknown unknown", unread},
		"an init, awaits nothing":          {Alone("x").Attend(101, awaitedIs(procfs.NotHeld)), Term, "dropped certain", inInit},
		"an init without threads":          {Alone("x").Attend(101, Asleep()), Term, "unknown unknown", unread},
		"an init, SIGCHLD, no rights":      {Alone("x").Attend(101, Denied), procfs.SIGCHLD, "unknown unknown", "SIGCHLD has no handler. Whether a thread waits for it cannot be determined without the right to trace the process"},
		"an init, not at rest":             {Alone("x").Attend(101, Unsettled), Term, "dropped likely", inInit},
		"tini, not at rest":                {Alone("tini").Attend(101, Runs(TiniMarks...), Unsettled), Term, "awaited likely", "tini was not seen at rest, where it waits for SIGTERM"},
		"tini, not at rest, SIGCHLD":       {Alone("tini").Attend(101, Runs(TiniMarks...), Unsettled), procfs.SIGCHLD, "dropped likely", "SIGCHLD has no handler and has no effect by default"},
		"tini at rest that awaits nothing": {Alone("x").Attend(101, Runs(TiniMarks...)), Term, "dropped certain", inInit},

		"an init and SIGTSTP":            {Alone("x").Attend(101), tstp, "dropped certain", "x is PID 1 and has no SIGTSTP handler, so the kernel discards the signal"},
		"no init and SIGTSTP":            {Alone("x", noInit).Attend(101), tstp, "stops certain", "SIGTSTP has no handler and stops a process by default"},
		"no init and SIGCHLD":            {Alone("x", noInit).Attend(101), procfs.SIGCHLD, "dropped certain", "SIGCHLD has no handler and has no effect by default"},
		"no init and SIGCONT":            {Alone("x", noInit).Attend(101), procfs.SIGCONT, "dropped certain", "SIGCONT has no handler and has no effect by default"},
		"no init, SIGWINCH, no rights":   {Alone("x", noInit).Attend(101, Denied), winch, "dropped likely", "SIGWINCH has no handler and has no effect by default"},
		"no init":                        {Alone("x", noInit).Attend(101), Term, "kills certain", ends},
		"no init, no rights":             {Alone("x", noInit).Attend(101, Denied), Term, "kills likely", ends},
		"no init, not at rest":           {Alone("x", noInit).Attend(101, Unsettled), Term, "kills likely", ends},
		"no init and SIGQUIT":            {Alone("x", noInit).Attend(101), procfs.SIGQUIT, "kills certain", "x is not PID 1 and has no SIGQUIT handler, so the signal terminates it"},
		"who is in the host's namespace": {Alone("x", func(p *procfs.Process) { p.NSPIDs = []int{101} }).Attend(101), Term, "kills certain", ends},
	} {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			heard := signal.Hear(ix, ix.ProcessAt(101), test.n)
			if got := fmt.Sprint(heard.How, " ", heard.Certainty); got != test.want || heard.Why != test.why {
				t.Errorf("got %s (%s), want %s (%s)", got, heard.Why, test.want, test.why)
			}
		})
	}
}

// A signalfd is not read while every thread is in a call that does not wait for files. In other
// calls it is assumed to be read.
func TestHearOfAnIdleSignalFD(t *testing.T) {
	for call, want := range map[string]signal.Hearing{
		"nanosleep": signal.HearingPends, "clock_nanosleep": signal.HearingPends, "futex": signal.HearingPends, "pause": signal.HearingPends,
		"rt_sigsuspend": signal.HearingPends, "rt_sigtimedwait": signal.HearingPends, "wait4": signal.HearingPends, "waitid": signal.HearingPends,
		"epoll_wait": signal.HearingRead, "poll": signal.HearingRead, "read": signal.HearingRead, "": signal.HearingRead,
	} {
		ix := Alone("x", Blocked(Term)).Attend(101, WithSignalFD(Term), Asleep(Sleeping(call))).Index()
		if heard := signal.Hear(ix, ix.ProcessAt(101), Term); heard.How != want {
			t.Errorf("%s: got %+v, want %s", call, heard, want)
		}
	}
}

// The kernel's own masks and those of /proc complete each other, and neither hides what the
// other shows.
func TestHearByBothLooks(t *testing.T) {
	blocksNow := func(n ...int) func(*procfs.Internals) {
		return func(i *procfs.Internals) { i.Threads[0].Blocked = Signals(n...) }
	}
	noThreads := func(i *procfs.Internals) { i.Threads, i.Partial = nil, true }
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"awaited by /proc only":               {Alone("x", Internal()).Attend(101, Asleep(Awaiting(Term))), "awaited certain"},
		"blocked by /proc, not by the kernel": {Alone("x", Blocked(Term), Internal(blocksNow())).Attend(101), "dropped certain"},
		"blocked by the kernel, not by /proc": {Alone("x", Internal(blocksNow(Term))).Attend(101), "dropped certain"},
		"blocked by the kernel, proc unread":  {Alone("x", Internal(blocksNow(Term))), "pends likely"},
		"not blocked, proc unread":            {Alone("x", Internal()), "dropped certain"},
		"not blocked, and a survey":           {Alone("x", Internal(noThreads)), "unknown unknown"},
	} {
		ix := test.world.Index()
		heard := signal.Hear(ix, ix.ProcessAt(101), Term)
		if got := fmt.Sprint(heard.How, " ", heard.Certainty); got != test.want {
			t.Errorf("%s: got %s (%s), want %s", name, got, heard.Why, test.want)
		}
	}
}

// A zombie's masks no longer matter: no signal has an effect, not even SIGKILL.
func TestHearOfAZombie(t *testing.T) {
	ix := Alone("x").Process(102, 101, "dead", In("a", 2), NS(7), Exited(0), Caught(Term)).Index()
	_, p := Find(t, ix, "demo", 102)
	for _, n := range []int{Term, procfs.SIGKILL, procfs.SIGSTOP} {
		if heard := signal.Hear(ix, p, n); heard.How != signal.HearingDropped || heard.Certainty != inspect.Certain {
			t.Errorf("%s: got %+v", procfs.SignalName(n), heard)
		}
	}
}
