package signal

import (
	"math"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// subject is a process as one that signals are sent to, with all that decides what it
// makes of them. A question makes one, and one for each process below that it comes to.
type subject struct {
	ix      *inspect.Index
	process *procfs.Process
	// attention is nil where it was not asked what the process listens to.
	attention *procfs.Attention
	program   program
	// script is what a shell executes: what follows -c, or a file; "" where it has none
	// or that could not be read. Few of those that a question comes to are asked for it.
	script func() string
	// init: the kernel protects it as the init of a PID namespace.
	init bool
	// assumed is how it is looked at as if it were otherwise, and those below it too.
	assumed
}

func subjectOf(ix *inspect.Index, p *procfs.Process) *subject {
	s := &subject{ix: ix, process: p, attention: ix.Attention(p), init: ix.IsNSInit(p)}
	s.program = programOf(p, s.attention)
	s.script = sync.OnceValue(func() string { return scriptOf(p, s.attention) })
	return s
}

// delivery is one signal on its way to a subject. What becomes of it is found in one walk:
// what the kernel makes of it (heard), whether the subject can act at all, what its
// program does, whom it passes the signal on to, and the outcome of that.
type delivery struct {
	*subject
	// n is the number of the signal.
	n     int
	heard Heard
	// forwards is how many inits may still stand in front of one another.
	forwards int
}

// mostForwards is how many inits may stand in front of one another.
const mostForwards = 5

// deliver sends signal n, from outside of the subject's PID namespace.
func (s *subject) deliver(n int) *delivery { return s.deliverBehind(n, mostForwards) }

func (s *subject) deliverBehind(n, forwards int) *delivery {
	d := &delivery{subject: s, n: n, forwards: forwards}
	d.heard = d.hear()
	return d
}

// name is the signal's.
func (d *delivery) name() string { return procfs.SignalName(d.n) }

// judge says what the subject will do about the signal.
func (d *delivery) judge() Judgement {
	if j, halted := d.halted(); halted {
		return j
	}
	switch d.heard.How {
	case HearingKills:
		return d.comesTo(OutcomeHandled, d.heard.Certainty)
	case HearingDropped, HearingStops:
		return d.comesTo(OutcomeIgnored, d.heard.Certainty)
	case HearingPends:
		return d.pending()
	case HearingUnknown:
		return d.comesTo(OutcomeUnknown, inspect.Uncertain)
	default:
		return d.byProgram()
	}
}

// comesTo is an outcome, for what the kernel shows and for what else is given.
func (d *delivery) comesTo(outcome Outcome, certainty inspect.Certainty, more ...string) Judgement {
	return Judgement{Outcome: outcome, Certainty: certainty, Evidence: append([]string{d.heard.Why}, more...)}
}

// heldUpBy is an outcome that another process decides.
func (d *delivery) heldUpBy(blocker *subject, outcome Outcome, certainty inspect.Certainty, more ...string) Judgement {
	j := d.comesTo(outcome, certainty, more...)
	j.Blocker = blocker.process
	return j
}

// children are the subject's living ones, the oldest first.
func (s *subject) children() []*subject {
	living := s.ix.LivingChildren(s.process)
	list := make([]*subject, len(living))
	for i, child := range living {
		list[i] = subjectOf(s.ix, child)
		list[i].assumed = s.assumed
	}
	return list
}

// describe names the process, and the program where that has another name:
// docker-init is tini.
func (s *subject) describe() string {
	if s.program.name == s.process.Comm {
		return s.program.name
	}
	return s.process.Comm + " (" + s.program.name + ")"
}

// handling is what the process has told the kernel, as of the later look.
func (s *subject) handling() procfs.Handling {
	if s.attention != nil && s.attention.Handling != nil {
		return *s.attention.Handling
	}
	return procfs.Handling{Ignored: s.process.Signals.Ignored, Caught: s.process.Signals.Caught}
}

// threads are those of the later look, the main one first; none where it was not asked.
func (s *subject) threads() []procfs.ThreadAttention {
	if s.attention == nil {
		return nil
	}
	return s.attention.Threads
}

// mainCall is the system call in which the main thread sleeps.
func (s *subject) mainCall() procfs.Syscall {
	if threads := s.threads(); len(threads) > 0 {
		return threads[0].Syscall.Or(procfs.Syscall{})
	}
	return procfs.Syscall{}
}

// executable is what its executable file says of itself, empty where that could not be
// read.
func (s *subject) executable() procfs.Program {
	if s.attention == nil {
		return procfs.Program{}
	}
	return s.attention.Program.Or(procfs.Program{})
}

// assumed is what a change of the container would make of its processes.
type assumed struct {
	// mayKill: they have CAP_KILL.
	mayKill bool
	// grace is the grace period, 0 for the present one.
	grace time.Duration
}

// gracePeriod is the grace period of the process's container, as long as can be where
// there is no end to it.
func (s *subject) gracePeriod() time.Duration {
	c := s.ix.OwnerOf(s.process).Container
	switch {
	case s.assumed.grace != 0:
		return s.assumed.grace
	case c == nil:
		return 0
	case c.StopTimeout < 0:
		return math.MaxInt64
	default:
		return c.StopTimeout
	}
}

// wakesWithin reports whether the main thread sleeps for less than that, or was not
// seen at rest.
func (s *subject) wakesWithin(most time.Duration) bool {
	threads := s.threads()
	if len(threads) == 0 {
		return false
	}
	ns, timed := threads[0].TimeoutNS.Get()
	return threads[0].Unsettled || timed && time.Duration(ns) < most
}

// sleepsAtLeast: every thread is in a system call that ends only when something
// happens, or after that time.
func (s *subject) sleepsAtLeast(least time.Duration) bool {
	for _, t := range s.threads() {
		call, known := t.Syscall.Get()
		ns, timed := t.TimeoutNS.Get()
		switch {
		case !known, call.Name == "", t.Unsettled, timed && time.Duration(ns) < least, !timed && t.TimeoutNS.Absence() != procfs.NotHeld:
			return false
		}
	}
	return len(s.threads()) > 0 && !s.attention.ThreadsCut
}
