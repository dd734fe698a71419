package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// StopOutcome is what docker stop will come to.
type StopOutcome string

// The outcomes.
const (
	// OutcomeHandled: the main process ends by itself within the grace period.
	OutcomeHandled StopOutcome = "handled"
	// OutcomeIgnored: nothing happens until SIGKILL after the grace period.
	OutcomeIgnored StopOutcome = "ignored"
	// OutcomeDelayed: the signal is heard, but something else must end first.
	OutcomeDelayed StopOutcome = "delayed"
	// OutcomeUnknown: it cannot be told.
	OutcomeUnknown StopOutcome = "unknown"
)

// Forecast is what docker stop will do to a container, and how its PID 1 takes
// orphans.
type Forecast struct {
	Row
	// Signal is the number of the stop signal, and Timeout the grace period after
	// which SIGKILL follows; negative for none.
	Signal  int
	Timeout time.Duration
	Judgement
	// Reaps says whether the init of the PID namespace waits for the orphans that
	// it adopts, and ReapsWhy how that is known.
	Reaps    Verdict
	ReapsWhy string
	// Init is that init, nil for the host's namespace and where it cannot be told.
	Init *procfs.Process
	// Unheard are the processes in the main process's PID namespace to which
	// nobody is known to pass the signal on. When the namespace's init ends, the
	// kernel sends them SIGKILL. Empty where the main process is no init.
	Unheard []*procfs.Process
	// Cure is what lasts, "" where nothing is wrong.
	Cure string
	// Instead is a signal by which the main process can be asked to end where the
	// stop signal does nothing, 0 if none is known.
	Instead int
	// Lost are those of Unheard that have a handler for the stop signal and will
	// not come to use it: the one who is told ends without passing it on.
	Lost []*procfs.Process
	// Interactive: the main process is a shell on a terminal.
	Interactive bool
}

// Judgement is what a process will do about a signal.
type Judgement struct {
	Outcome   StopOutcome
	Certainty Certainty
	// Blocker is the process that holds it up, nil where none does.
	Blocker *procfs.Process
	// Evidence are sentences that say how it is known.
	Evidence []string
}

// settlingTime is the age from which a program is taken to have installed its
// handlers.
const settlingTime = 2 * time.Second

// StopSignalNumber is the signal that docker stop sends first.
func (c *Container) StopSignalNumber() int {
	if n, err := procfs.ParseSignal(c.StopSignal); err == nil {
		return n
	}
	return procfs.SIGTERM
}

// Forecast says what docker stop will do to a container that is bound to its
// main process.
func (ix *Index) Forecast(c *Container) Forecast {
	main := ix.bindings[c.ID].Main
	f := Forecast{Row: ix.RowOf(c, main), Signal: c.StopSignalNumber(), Timeout: c.StopTimeout}
	f.Judgement = ix.Judge(main, f.Signal)
	if f.Timeout == 0 && f.Signal != procfs.SIGKILL {
		f.Judgement = f.withoutGrace()
	}
	if f.Elapsed < settlingTime && f.Outcome == OutcomeIgnored && f.Certainty == Certain && f.Signal != procfs.SIGSTOP {
		f.Certainty = Likely
		f.Evidence = append(f.Evidence, "it has only just started, and may still install a handler")
	}
	f.Init = ix.InitOf(main)
	f.Reaps, f.ReapsWhy = ix.reaps(main)
	f.Unheard = ix.unheard(c, main)
	f.Instead, f.Lost, f.Interactive = ix.heardInstead(main, f.Signal), ix.lost(&f), ix.isInteractiveShell(main)
	f.Cure = ix.stopCure(&f)
	return f
}

// withoutGrace: SIGKILL follows at once, and mostly comes before a handler is
// through. What a default action ends has ended by then.
func (f *Forecast) withoutGrace() Judgement {
	certainty := Likely
	switch {
	case f.Outcome == OutcomeHandled && f.Certainty == Certain:
		return f.Judgement
	case f.Outcome == OutcomeIgnored:
		certainty = f.Certainty
	}
	return Judgement{OutcomeIgnored, certainty, nil, append(f.Evidence, "the grace period is 0: SIGKILL follows at once")}
}

// mostForwards is how many inits may stand in front of one another.
const mostForwards = 5

// Judge says what a process will do about signal n.
func (ix *Index) Judge(p *procfs.Process, n int) Judgement { return ix.judgeSignal(p, n, mostForwards) }

func (ix *Index) judgeSignal(p *procfs.Process, n, forwards int) Judgement {
	heard := ix.Hear(p, n)
	if j, halted := ix.haltedJudgement(p, n, heard); halted {
		return j
	}
	why := []string{heard.Why}
	switch heard.How {
	case HearingKills:
		return Judgement{OutcomeHandled, heard.Certainty, nil, why}
	case HearingDropped, HearingStops:
		return Judgement{OutcomeIgnored, heard.Certainty, nil, why}
	case HearingPends:
		return ix.judgePending(p, n, heard, forwards)
	case HearingUnknown:
		return Judgement{OutcomeUnknown, Uncertain, nil, why}
	default:
		return ix.judgeProgram(p, n, heard, forwards)
	}
}

// haltedJudgement: a process that does not run cannot act. SIGKILL reaches it
// all the same.
func (ix *Index) haltedJudgement(p *procfs.Process, n int, heard Heard) (Judgement, bool) {
	switch {
	case p.MainThreadExited() && ix.IsNSInit(p):
		return Judgement{OutcomeDelayed, Likely, nil, []string{
			"its main thread has exited while others live: the engine takes it for ended, and docker stop waits in vain",
		}}, true
	case p.TracerPID != 0 && n != procfs.SIGKILL:
		return Judgement{OutcomeUnknown, Uncertain, nil, []string{fmt.Sprintf("process %d traces it, and decides what it hears", p.TracerPID)}}, true
	case n == procfs.SIGKILL || heard.How == HearingDropped || heard.How == HearingUnknown:
		return Judgement{}, false
	case p.State == procfs.StateStopped:
		return Judgement{OutcomeIgnored, Likely, p, []string{"it is stopped (State T), and hears nothing but SIGCONT and SIGKILL"}}, true
	case heard.How == HearingKills && ix.mainCall(p).Name == "vfork":
		return Judgement{}, false // a default action ends that sleep
	case p.State == procfs.StateUninterruptible && !ix.isPaused(p):
		return ix.judgeUninterruptible(p), true
	default:
		return Judgement{}, false
	}
}

// isPaused: docker stop lets a paused container go on, so it is judged as if it
// ran.
func (ix *Index) isPaused(p *procfs.Process) bool {
	c := ix.OwnerOf(p).Container
	return c != nil && c.Status == "paused"
}

// judgeUninterruptible: a process in uninterruptible sleep runs no handler. One
// that has called vfork sleeps so until its child is another program.
func (ix *Index) judgeUninterruptible(p *procfs.Process) Judgement {
	children := ix.livingChildren(p)
	if ix.mainCall(p).Name == "vfork" && len(children) > 0 {
		child := children[len(children)-1]
		return Judgement{OutcomeDelayed, Likely, child, []string{fmt.Sprintf("it is in vfork until its child %d starts a program or ends", child.PID)}}
	}
	return Judgement{OutcomeUnknown, Uncertain, nil, []string{"it is in uninterruptible sleep (State D), and acts only when that is over"}}
}

// patience is how many times the grace period a thread must sleep for it to be
// likely that it does not wake in time.
const patience = 10

// judgePending: a signal that waits is taken only by a thread that wakes for
// another reason. What blocks a signal for which it has a handler, or is an init,
// takes it when it wakes.
func (ix *Index) judgePending(p *procfs.Process, n int, heard Heard, forwards int) Judgement {
	what := ix.programOf(p)
	takes := p.Signals.Caught.Has(n) || what.kind == kindInit || what.kind == kindSupervisor
	switch grace := ix.graceOf(p); {
	case takes && ix.wakesWithin(p, grace):
		heard.Why += ", but it wakes up again and again"
		return ix.judgeProgram(p, n, heard, forwards)
	case ix.sleepsAtLeast(p, patience*grace):
		return Judgement{OutcomeIgnored, Likely, nil, []string{heard.Why, "every thread sleeps, and will for longer than the grace period"}}
	default:
		return Judgement{OutcomeUnknown, Uncertain, nil, []string{heard.Why, "whether it will be taken later cannot be told"}}
	}
}

// wakesWithin: the main thread sleeps for less than that.
func (ix *Index) wakesWithin(p *procfs.Process, most time.Duration) bool {
	a := ix.attention[p.Key]
	if a == nil || len(a.Threads) == 0 {
		return false
	}
	ns, timed := a.Threads[0].TimeoutNS.Get()
	return timed && time.Duration(ns) < most
}

// sleepsAtLeast: every thread is in a system call that ends only when something
// happens, or after that time.
func (ix *Index) sleepsAtLeast(p *procfs.Process, least time.Duration) bool {
	a := ix.attention[p.Key]
	return a != nil && len(a.Threads) > 0 && !slices.ContainsFunc(a.Threads, func(t procfs.ThreadAttention) bool {
		call, known := t.Syscall.Get()
		if !known || call.Name == "" {
			return true
		}
		ns, timed := t.TimeoutNS.Get()
		return timed && time.Duration(ns) < least || !timed && t.TimeoutNS.Absence() != procfs.NotHeld
	})
}

// livingChildren are the process's children that are no zombies, the oldest
// first.
func (ix *Index) livingChildren(p *procfs.Process) []*procfs.Process {
	var list []*procfs.Process
	for _, child := range ix.children[p.PID] {
		if !child.IsZombie() && child != p {
			list = append(list, child)
		}
	}
	slices.SortFunc(list, func(a, b *procfs.Process) int {
		return cmp.Or(cmp.Compare(a.StartTicks, b.StartTicks), cmp.Compare(a.PID, b.PID))
	})
	return list
}

// Listeners are the processes of which it matters what they listen to, in this
// order: the main process, the init of its PID namespace, and what lives below
// the main process, generation by generation.
func (ix *Index) Listeners(c *Container) []*procfs.Process {
	main := ix.bindings[c.ID].Main
	if main == nil {
		return nil
	}
	list := []*procfs.Process{main}
	if init := ix.InitOf(main); init != nil && init != main {
		list = append(list, init)
	}
	seen := map[*procfs.Process]bool{}
	for queue := []*procfs.Process{main}; len(queue) > 0; queue = queue[1:] {
		for _, child := range ix.livingChildren(queue[0]) {
			if !seen[child] {
				seen[child] = true
				list, queue = append(list, child), append(queue, child)
			}
		}
	}
	return list
}

// lost are the processes with a handler that those who are told leave behind: a
// shell that ends by the signal, or by a trap that kills nobody, below an init
// that does not signal groups or as PID 1 itself.
func (ix *Index) lost(f *Forecast) []*procfs.Process {
	if f.Outcome != OutcomeHandled {
		return nil
	}
	told := ix.lastTold(f.Process)
	if !ix.programOf(told).isShell() || ix.mayPassOn(told, f.Signal) || ix.signalsGroups(f.Process) {
		return nil
	}
	var list []*procfs.Process
	for _, p := range f.Unheard {
		if p.Signals.Caught.Has(f.Signal) && !ix.programOf(p).isShell() {
			list = append(list, p)
		}
	}
	return list
}

// lastTold is the process that a signal to the main process comes to: behind
// inits, the program that they have started.
func (ix *Index) lastTold(p *procfs.Process) *procfs.Process {
	for range mostForwards {
		children := ix.livingChildren(p)
		if ix.programOf(p).kind != kindInit || len(children) == 0 {
			break
		}
		p = children[0]
	}
	return p
}

// unheard are those that live in the PID namespace whose init is the main
// process, without itself and the program to which an init passes signals on.
func (ix *Index) unheard(c *Container, main *procfs.Process) []*procfs.Process {
	if !ix.IsNSInit(main) {
		return nil
	}
	told := map[*procfs.Process]bool{main: true}
	for p := ix.lastTold(main); p != nil && !told[p]; p = ix.Parent(p) {
		told[p] = true
	}
	var list []*procfs.Process
	for _, p := range ix.Visible(c) {
		if !told[p] && !p.IsZombie() {
			list = append(list, p)
		}
	}
	return list
}
