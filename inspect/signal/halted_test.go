package signal_test

import (
	"slices"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A halted process cannot act, whatever handlers it has. The reason is reported. SIGKILL kills
// every process that has not exited.
func TestHalted(t *testing.T) {
	const (
		zapped  = "It has exited and waits in the kernel until its PID namespace is empty (zap_pid_ns_processes). SIGKILL has no effect"
		exited  = "Its main thread has exited while other threads run. Docker considers it exited, and docker stop waits in vain"
		traced  = "Process 9 traces it and decides which signals it receives"
		stopped = "It is stopped (State T) and reacts only to SIGCONT and SIGKILL"
		asleep  = "It is in uninterruptible sleep (State D) and reacts only after that sleep"
		killed  = "SIGKILL from outside the PID namespace kills every process"
		ignored = "SIGTERM is ignored"
		ends    = "x is not PID 1 and has no SIGTERM handler, so the signal terminates it"
		unread  = "SIGTERM has no handler. Whether a thread waits for it cannot be determined without the right to trace the process"
	)
	mainGone := func(p *procfs.Process) { p.State, p.Threads = procfs.StateZombie, 3 }
	d, vfork := StateOf("D"), Asleep(Sleeping("vfork"))
	blocks := func(a *procfs.Attention) { a.Threads[0].Blocked = Signals(Term) }
	alone := func(change ...Change) *World { return Alone("x", change...).Attend(101, Runs()) }
	withChildren := func(w *World) *World {
		return w.Process(102, 101, "y", inside(2)).Process(103, 101, "z", inside(3)).Process(104, 101, "dead", inside(4), Exited(0))
	}
	paused := func(w *World) *World {
		w.Containers[0].Status = "paused"
		return w
	}
	for name, test := range map[string]struct {
		world *World
		n     int
		want  string
		why   string
	}{
		"finishing":                    {Alone("x").Attend(101, Finishing), Term, "delayed likely", zapped},
		"finishing, and others inside": {withChildren(Alone("x", Caught(Term))).Attend(101, Finishing), Term, "delayed likely by 102", zapped},
		"finishing, and SIGKILL":       {Alone("x").Attend(101, Finishing), procfs.SIGKILL, "delayed likely", zapped},
		"it waits elsewhere in the kernel": {Alone("x", Ignored(Term)).Attend(101, func(a *procfs.Attention) {
			a.Threads[0].WaitChannel = procfs.Some("do_wait")
		}), Term, "ignored certain", ignored},
		"its main thread has exited":              {alone(mainGone, Caught(Term)), Term, "delayed likely", exited},
		"its main thread has exited, and SIGKILL": {alone(mainGone), procfs.SIGKILL, "delayed likely", exited},
		"its main thread has exited, no init":     {alone(mainGone, noInit), Term, "handled certain", ends},

		"traced":                 {alone(Caught(Term), TracedBy(9)), Term, "unknown unknown", traced},
		"traced, and ignores it": {alone(Ignored(Term), TracedBy(9)), Term, "unknown unknown", traced},
		"traced, and SIGKILL":    {alone(TracedBy(9)), procfs.SIGKILL, "handled certain", killed},

		"stopped":                      {alone(Caught(Term), StateOf("T")), Term, "ignored likely by 101", stopped},
		"stopped, no init":             {alone(noInit, StateOf("T")), Term, "ignored likely by 101", stopped},
		"stopped, and ignores it":      {alone(Ignored(Term), StateOf("T")), Term, "ignored certain", ignored},
		"stopped, hearing unknown":     {Alone("x", StateOf("T")).Attend(101, Denied), Term, "unknown unknown", unread},
		"stopped, and SIGKILL":         {alone(Caught(Term), StateOf("T")), procfs.SIGKILL, "handled certain", killed},
		"uninterruptible":              {alone(Caught(Term), d), Term, "unknown unknown", asleep},
		"uninterruptible, no init":     {alone(noInit, d), Term, "unknown unknown", asleep},
		"uninterruptible, and ignores": {alone(Ignored(Term), d), Term, "ignored certain", ignored},
		"uninterruptible, and SIGKILL": {alone(d), procfs.SIGKILL, "handled certain", killed},
		"in the freezer of a pause":    {paused(alone(noInit, d)), Term, "handled certain", ends},

		"in vfork":                       {withChildren(Alone("x", Caught(Term), d)).Attend(101, Runs(), vfork), Term, "delayed likely by 103", "It is in vfork until its child 103 starts a program or exits"},
		"in vfork since it was read":     {withChildren(Alone("x", Caught(Term))).Attend(101, Runs(), vfork), Term, "delayed likely by 103", "It is in vfork until its child 103 starts a program or exits"},
		"in vfork, blocks all, no child": {Alone("x", Caught(Term)).Attend(101, Runs(), vfork, blocks), Term, "unknown unknown", asleep},
		"in vfork, its child is gone":    {Alone("x", Caught(Term), d).Attend(101, Runs(), vfork), Term, "unknown unknown", asleep},
		"in vfork, and it would die":     {withChildren(Alone("x", noInit, d)).Attend(101, Runs(), vfork), Term, "handled certain", ends},
		"children, but another call":     {withChildren(alone(Caught(Term), d)), Term, "unknown unknown", asleep},
		"in vfork, what it does unread":  {withChildren(Alone("x", Caught(Term), d)).Attend(101, Denied), Term, "unknown unknown", asleep},
	} {
		t.Run(name, func(t *testing.T) {
			if j := judge(t, test.world, 101, test.n); short(j) != test.want || !slices.Equal(j.Evidence, []string{test.why}) {
				t.Errorf("got %s (%s), want %s (%s)", short(j), because(j), test.want, test.why)
			}
		})
	}
}

// A blocked signal is received by a process that wakes and has a handler for it, but not by one
// that sleeps far beyond the grace period. Between the two it cannot be determined.
func TestPending(t *testing.T) {
	const (
		pends  = "Every thread blocks SIGTERM and none waits for it now"
		wakes  = pends + ", but a thread wakes up repeatedly; "
		sleeps = pends + "; Every thread sleeps for longer than the grace period"
		open   = pends + "; Whether it is delivered later cannot be determined"
	)
	asleep := func(d time.Duration) procfs.ThreadAttention { return SleepingFor("epoll_wait", d) }
	world := func(list []procfs.ThreadAttention, change ...Change) *World {
		return Alone("x", append([]Change{Blocked(Term)}, change...)...).Attend(101, Runs(), Asleep(list...), func(a *procfs.Attention) {
			for i := range a.Threads {
				a.Threads[i].Blocked = Signals(Term)
			}
		})
	}
	one := func(t procfs.ThreadAttention) []procfs.ThreadAttention { return []procfs.ThreadAttention{t} }
	running := procfs.ThreadAttention{Syscall: procfs.Some(procfs.Syscall{}), TimeoutNS: procfs.None[int64](procfs.NotHeld), Awaited: procfs.None[procfs.SignalSet](procfs.NotHeld)}
	moving := func(t procfs.ThreadAttention) procfs.ThreadAttention {
		t.Unsettled = true
		return t
	}
	second, hour := time.Second, time.Hour
	for name, test := range map[string]struct {
		world *World
		want  string
		why   string
	}{
		"a handler, and it wakes":          {world(one(asleep(9*second)), Caught(Term)), "handled likely", wakes + listens},
		"a handler, just too late":         {world(one(asleep(10*second)), Caught(Term)), "unknown unknown", open},
		"a handler, ten times the grace":   {world(one(asleep(100*second)), Caught(Term)), "ignored likely", sleeps},
		"a handler, and it sleeps on":      {world(one(Sleeping("pause")), Caught(Term)), "ignored likely", sleeps},
		"no handler, and it wakes":         {world(one(asleep(second))), "unknown unknown", open},
		"no handler, almost long enough":   {world(one(asleep(99 * second))), "unknown unknown", open},
		"no handler, long enough":          {world(one(asleep(100 * second))), "ignored likely", sleeps},
		"a handler, not at rest":           {world(one(moving(Sleeping("pause"))), Caught(Term)), "handled likely", wakes + listens},
		"no handler, not at rest":          {world(one(moving(Sleeping("pause")))), "unknown unknown", open},
		"another thread wakes":             {world([]procfs.ThreadAttention{Sleeping("futex"), asleep(second)}), "unknown unknown", open},
		"all threads sleep on":             {world([]procfs.ThreadAttention{Sleeping("futex"), asleep(hour)}), "ignored likely", sleeps},
		"a thread runs":                    {world([]procfs.ThreadAttention{Sleeping("futex"), running}), "unknown unknown", open},
		"how much is left is not known":    {world(one(Resumed())), "unknown unknown", open},
		"a handler only at the later look": {Alone("x", Blocked(Term)).Attend(101, Runs(), Asleep(asleep(second)), Later(Signals(Term), 0)), "handled likely", wakes + listens},
		"nobody asked":                     {Alone("x", Blocked(Term), Caught(Term)), "unknown unknown", open},
		"what it does is denied":           {Alone("x", Blocked(Term), Caught(Term)).Attend(101, Denied), "unknown unknown", open},
		"an init takes it without a handler": {Alone("tini", Blocked(Term)).Attend(101, Runs(TiniMarks...), Asleep(SleepingFor("poll", second))), "handled likely",
			wakes + "tini has no child left to wait for"},
		"a supervisor does as well": {Alone("x", Blocked(Term)).Attend(101, Runs("s6-svscan"), Asleep(SleepingFor("poll", second))), "handled likely", wakes + "s6-svscan stops its services on SIGTERM, and exits"},
	} {
		t.Run(name, func(t *testing.T) {
			if j := judge(t, test.world, 101, Term); short(j) != test.want || because(j) != test.why {
				t.Errorf("got %s (%s), want %s (%s)", short(j), because(j), test.want, test.why)
			}
		})
	}
}

// How long is too long depends on the container's own grace period.
func TestPendingByTheGrace(t *testing.T) {
	for grace, want := range map[time.Duration]string{2 * time.Second: "ignored likely", 10 * time.Second: "unknown unknown", time.Minute: "handled likely"} {
		w := Alone("x", Blocked(Term), Caught(Term)).Attend(101, Runs(), Asleep(SleepingFor("poll", 20*time.Second)))
		w.Containers[0].StopTimeout = grace
		if j := judge(t, w, 101, Term); short(j) != want {
			t.Errorf("%s: got %s (%s), want %s", grace, short(j), because(j), want)
		}
	}
}

// If the grace period is unknown, as for a process of no container, a shell's child is not
// assumed to exit in time.
func TestWithoutAContainer(t *testing.T) {
	ix := NewWorld().Process(50, 1, "sh", SID(50), Caught(Term)).Process(51, 50, "sleep", SID(50)).
		Attend(50, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(51, Asleep(SleepingFor("nanosleep", time.Second))).Index()
	shell := ix.ProcessAt(50)
	if owner := ix.OwnerOf(shell).Container; owner != nil {
		t.Fatalf("it is of %s", owner.Name)
	}
	if j := signal.Judge(ix, shell, Term); short(j) != "delayed likely by 51" {
		t.Errorf("got %s (%s)", short(j), because(j))
	}
}
