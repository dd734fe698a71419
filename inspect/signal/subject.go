package signal

import (
	"math"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// subject is a process to which signals are sent, with all facts that decide their effect. A
// question makes one subject, and one for each process below it that matters.
type subject struct {
	ix      *inspect.Index
	process *procfs.Process
	// attention is nil if the process's signal handling was not read.
	attention *procfs.Attention
	program   program
	// script is what a shell executes: what follows -c, or a file. It is "" if there is none
	// or it could not be read. It is called for few of the processes that a question reaches.
	script func() string
	// init is true if the kernel protects the process as the init of a PID namespace.
	init bool
	// assumed is a change that is assumed for the process and for the processes below it.
	assumed
}

func subjectOf(ix *inspect.Index, p *procfs.Process) *subject {
	s := &subject{ix: ix, process: p, attention: ix.Attention(p), init: ix.IsNSInit(p)}
	s.program = programOf(p, s.attention)
	s.script = sync.OnceValue(func() string { return scriptOf(p, s.attention) })
	return s
}

// delivery is one signal on its way to a subject. The outcome is found in one pass: what the
// kernel does with the signal (heard), whether the subject can act at all, what its program
// does, to which process it forwards the signal, and the outcome there.
type delivery struct {
	*subject
	// n is the number of the signal.
	n     int
	heard Heard
	// forwards is how many more inits in a row may follow.
	forwards int
}

// mostForwards is how many inits in a row are followed.
const mostForwards = 5

// deliver sends signal n from outside the subject's PID namespace.
func (s *subject) deliver(n int) *delivery { return s.deliverBehind(n, mostForwards) }

func (s *subject) deliverBehind(n, forwards int) *delivery {
	d := &delivery{subject: s, n: n, forwards: forwards}
	d.heard = d.hear()
	return d
}

// name is the name of the signal.
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

// comesTo is an outcome, with the evidence of the kernel and with further evidence.
func (d *delivery) comesTo(outcome Outcome, certainty inspect.Certainty, more ...string) Judgement {
	return Judgement{Outcome: outcome, Certainty: certainty, Evidence: append([]string{d.heard.Why}, more...)}
}

// heldUpBy is an outcome that another process decides.
func (d *delivery) heldUpBy(blocker *subject, outcome Outcome, certainty inspect.Certainty, more ...string) Judgement {
	j := d.comesTo(outcome, certainty, more...)
	j.Blocker = blocker.process
	return j
}

// children are the subject's living children, the oldest first.
func (s *subject) children() []*subject {
	living := s.ix.LivingChildren(s.process)
	list := make([]*subject, len(living))
	for i, child := range living {
		list[i] = subjectOf(s.ix, child)
		list[i].assumed = s.assumed
	}
	return list
}

// describe names the process, and the program if it has another name. For example, docker-init
// is tini.
func (s *subject) describe() string {
	if s.program.name == s.process.Comm {
		return s.program.name
	}
	return s.process.Comm + " (" + s.program.name + ")"
}

// handling is the signal handling of the process at the later look.
func (s *subject) handling() procfs.Handling {
	if s.attention != nil && s.attention.Handling != nil {
		return *s.attention.Handling
	}
	return procfs.Handling{Ignored: s.process.Signals.Ignored, Caught: s.process.Signals.Caught}
}

// threads are the threads at the later look, the main thread first. There are none if they
// were not read.
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

// executable is what the executable file says of itself. It is empty if the file could not be
// read.
func (s *subject) executable() procfs.Program {
	if s.attention == nil {
		return procfs.Program{}
	}
	return s.attention.Program.Or(procfs.Program{})
}

// assumed is what a change of the container would change for its processes.
type assumed struct {
	// mayKill is true if they have CAP_KILL.
	mayKill bool
	// grace is the grace period, 0 for the present one.
	grace time.Duration
}

// gracePeriod is the grace period of the process's container. If it is unlimited, it is the
// longest duration.
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

// wakesWithin reports whether the main thread sleeps for less than that, or was not seen
// asleep.
func (s *subject) wakesWithin(most time.Duration) bool {
	threads := s.threads()
	if len(threads) == 0 {
		return false
	}
	ns, timed := threads[0].TimeoutNS.Get()
	return threads[0].Unsettled || timed && time.Duration(ns) < most
}

// sleepsAtLeast reports whether every thread is in a system call that returns only on an
// event, or after that time.
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
