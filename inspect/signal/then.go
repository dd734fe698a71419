package signal

import (
	"cmp"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Then is what docker stop would do with the change, judged by the same code as without it,
// and with a shim that runs. What has not been observed is not certain.
func (f *Forecast) Then(c Change) Promise {
	then := f.changed(c)
	if c.Init && !c.Kill && execMaySignal(f.Container, then.process) == inspect.No {
		// docker-init starts as docker exec does, as the container's user and with the
		// container's capabilities.
		return Promise{Judgement: then.comesTo(OutcomeUnknown, inspect.Uncertain, then.ix.InitProgram(f.Container)+" could not signal it (no CAP_KILL)")}
	}
	if child := then.barredFrom(then.children(), then.n); c.PassOn && child != nil {
		return Promise{Judgement: then.comesTo(OutcomeUnknown, inspect.Uncertain, then.mayNotTell(child, then.n))}
	}
	if c.PassOn {
		return f.passedOn(then)
	}
	j := f.inGrace(then).atMostLikely()
	promise := Promise{Judgement: j}
	if j.Outcome == OutcomeHandled {
		promise.Lost = f.lostBy(then)
	}
	return promise
}

// changed is the stop signal on its way to the changed container.
func (f *Forecast) changed(c Change) *delivery {
	d := f.delivery
	first, n := *d.subject, cmp.Or(c.Signal, d.n)
	behind := c.Init
	if c.Exec != nil || c.PassOn {
		told := d.passage().told
		behind = behind || told.process != d.process // the shell was started by an init
		if c.Signal == 0 {
			n = told.n
		}
		first = *told.subject
		if c.Exec != nil {
			first = *subjectOf(d.ix, c.Exec)
		}
		first.init = d.init
	}
	first.process = awake(first.process)
	first.init = first.init && !behind
	first.assumed = assumed{mayKill: c.Kill, grace: c.Timeout}
	return first.deliver(n)
}

// awake is the process as it would be if it were not stopped.
func awake(p *procfs.Process) *procfs.Process {
	if p.State != procfs.StateStopped {
		return p
	}
	other := *p
	other.State = "S"
	return &other
}

// passedOn is the outcome of a shell that sends the signal to its children and waits for them.
// The first child that does not exit decides.
func (f *Forecast) passedOn(shell *delivery) Promise {
	promise := Promise{Judgement: Judgement{Outcome: OutcomeHandled, Certainty: inspect.Likely}}
	for _, child := range shell.children() {
		told := child.deliver(shell.n)
		if j := f.inGrace(told).atMostLikely(); j.Outcome != OutcomeHandled {
			return Promise{Judgement: j}
		}
		if lost := f.lostBy(told); len(lost.Processes) > 0 && len(promise.Lost.Processes) == 0 {
			promise.Lost = lost
		}
	}
	return promise
}

// atMostLikely makes a certain judgement likely, because it has not been observed.
func (j Judgement) atMostLikely() Judgement {
	if j.Certainty == inspect.Certain {
		j.Certainty = inspect.Likely
	}
	return j
}

// changes are the changes that could help, the smallest first.
func (d *delivery) changes(f *Forecast) []Change {
	told := d.passage()
	shell := told.told.program.isShell() && !f.Interactive
	switch {
	case f.Interactive && d.mayGetInit():
		return []Change{{Signal: sigHUP}, {Init: true, Signal: sigHUP}}
	case f.Interactive:
		return []Change{{Signal: sigHUP}}
	case told.barred != nil:
		return []Change{{Kill: true}}
	case f.Container.GraceOverflows, f.Timeout == 0:
		list := []Change{{Timeout: usualGrace}}
		for _, change := range d.initAlone() {
			change.Timeout = usualGrace
			list = append(list, change)
		}
		return list
	case told.told.knownAs() == gunicorn && told.told.worksFirst():
		return []Change{{Timeout: withRoom(told.told.gracefulTimeout())}}
	case f.Outcome == OutcomeUnknown:
		return append(d.knownSignals(), d.initIfItRaises()...)
	}
	if lingers := told.told.program.lingers; lingers > 0 && f.Outcome == OutcomeDelayed {
		return []Change{{Timeout: withRoom(lingers)}}
	}
	list := d.knownSignals()
	if shell && d.n != procfs.SIGTERM && told.told.deliver(procfs.SIGTERM).listens() {
		list = append(list, Change{Signal: procfs.SIGTERM})
	}
	if shell || f.Outcome == OutcomeIgnored {
		list = append(list, d.initAlone()...)
	}
	if shell {
		list = append(list, told.told.scriptChanges(d.mayGetInit())...)
	}
	if lost := f.Lost.Processes; len(lost) > 0 && !shell {
		list = append(list, Change{Exec: lost[0]})
	}
	if f.Outcome == OutcomeIgnored {
		list = append(list, d.otherSignals(told.told)...)
	}
	return list
}

// withRoom adds a fifth to a time, so that work that takes a little longer is still in time.
func withRoom(d time.Duration) time.Duration { return d + d/5 }

// usualGrace is the engine's own default of the grace period in every version so far.
const usualGrace = 10 * second

// mayGetInit reports whether docker-init can be put in front of the subject. In front of
// another init it does not help, and the engine ignores --init if the container has no PID
// namespace of its own.
func (d *delivery) mayGetInit() bool { return d.init && d.program.kind != kindInit }

// initAlone is --init without another change. Behind docker-init, the default action terminates
// a process that has no handler.
func (d *delivery) initAlone() []Change {
	if d.mayGetInit() && diesBy(d.n) && !d.program.first {
		return []Change{{Init: true}, {Init: true, Kill: true}}
	}
	return nil
}

// initIfItRaises is --init for a program whose handler raises the signal again. The kernel
// discards that signal for PID 1, but it terminates any other process.
func (d *delivery) initIfItRaises() []Change {
	if d.program.kind == kindNode || d.resetsItself() {
		return d.initAlone()
	}
	return nil
}

// knownSignals are changes to the signals that make the program exit, if these are known.
func (d *delivery) knownSignals() []Change {
	var list []Change
	for _, n := range d.passage().told.endsOn() {
		if n != d.n {
			list = append(list, Change{Signal: n})
		}
	}
	return list
}

// scriptChanges are changes of a shell's script.
func (d *delivery) scriptChanges(mayGetInit bool) []Change {
	var list []Change
	for child := d.foregroundChild(); child != nil; child = child.foregroundChild() {
		list = append(list, Change{Exec: child.process})
		if mayGetInit {
			list = append(list, Change{Exec: child.process, Init: true})
		}
		if !child.program.isShell() || len(list) > mostExecs {
			return list
		}
	}
	if len(d.ix.LivingChildren(d.process)) > 0 {
		list = append(list, Change{PassOn: true})
	}
	return list
}

// mostExecs is the maximum number of scripts that start each other and are followed.
const mostExecs = 10

// usual are the signals that ask programs to exit. SIGHUP is not one of them: it asks a program
// without a terminal to reopen its files.
var usual = []int{procfs.SIGTERM, procfs.SIGINT, procfs.SIGQUIT}

// signalsToTry are the usual signals, then SIGHUP if the program has no handler for it. For a
// shell they are SIGTERM, and SIGHUP and SIGQUIT if it has no handler for them. A shell's
// SIGINT is for its terminal.
func (d *delivery) signalsToTry() []int {
	has := func(n int) bool { how := d.deliver(n).heard.How; return how != HearingDropped && how != HearingKills }
	switch {
	case d.program.isShell():
		return append([]int{procfs.SIGTERM}, slices.DeleteFunc([]int{sigHUP, procfs.SIGQUIT}, has)...)
	case has(sigHUP):
		return usual
	default:
		return append(slices.Clone(usual), sigHUP)
	}
}

// otherSignals are changes to another stop signal for the program that finally receives it,
// without and with docker-init in front.
func (d *delivery) otherSignals(told *delivery) []Change {
	var alone, behind []Change
	for _, n := range told.signalsToTry() {
		if n == d.n {
			continue
		}
		alone = append(alone, Change{Signal: n})
		if d.mayGetInit() && !d.program.first {
			behind = append(behind, Change{Init: true, Signal: n})
		}
	}
	return append(alone, behind...)
}

// diesBy reports whether the default action of the signal terminates a process that is not an
// init.
func diesBy(n int) bool {
	action := procfs.DefaultAction(n)
	return action == procfs.ActionTerminate || action == procfs.ActionCore
}

// heardInstead is a signal that makes the subject exit if the stop signal has no effect. It is
// 0 if none is known.
func (d *delivery) heardInstead(f *Forecast) int {
	if d.heard.How != HearingDropped || d.program.isShell() {
		return 0
	}
	for _, n := range usual {
		if n == d.n || !d.deliver(n).listens() {
			continue
		}
		if promise := f.Then(Change{Signal: n}); promise.Outcome == OutcomeHandled {
			return n
		}
	}
	return 0
}

// haltedBy is the stopped process (SIGSTOP) that would have to act. It is nil if being stopped
// is not the obstacle: a process that ignores the signal also ignores it after SIGCONT.
func (d *delivery) haltedBy(f *Forecast) *procfs.Process {
	switch {
	case f.Outcome == OutcomeHangs:
		return f.Blocker
	case f.Outcome != OutcomeIgnored:
		return nil
	}
	for _, p := range []*procfs.Process{f.Blocker, f.Process} {
		if p != nil && p.State == procfs.StateStopped {
			if how := Hear(d.ix, p, d.n).How; how != HearingDropped && how != HearingUnknown {
				return p
			}
		}
	}
	return nil
}
