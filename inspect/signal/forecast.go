package signal

import (
	"fmt"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Outcome is what docker stop will do.
type Outcome string

// The outcomes.
const (
	// OutcomeHandled means that the main process exits by itself within the grace period.
	OutcomeHandled Outcome = "handled"
	// OutcomeIgnored means that nothing happens until SIGKILL after the grace period.
	OutcomeIgnored Outcome = "ignored"
	// OutcomeDelayed means that the process receives the signal, but another process must exit
	// first.
	OutcomeDelayed Outcome = "delayed"
	// OutcomeHangs means that docker stop hangs before it sends a signal.
	OutcomeHangs Outcome = "hangs"
	// OutcomeUnknown means that it cannot be determined.
	OutcomeUnknown Outcome = "unknown"
)

// Forecast is what docker stop will do to a container, and whether its PID 1 reaps orphans.
type Forecast struct {
	inspect.Row
	// Signal is the number of the stop signal. Timeout is the grace period after which SIGKILL
	// follows, negative for none.
	Signal  int
	Timeout time.Duration
	Judgement
	// Reaps says whether the init of the PID namespace reaps orphans, and ReapsWhy how that is
	// known.
	Reaps    inspect.Verdict
	ReapsWhy string
	// Init is that init. It is nil for the host's namespace, and if it cannot be determined.
	Init *procfs.Process
	// Unheard are the processes in the main process's PID namespace to which no process is
	// known to forward the signal. When the namespace's init exits, the kernel sends them
	// SIGKILL. It is empty if the main process is not an init.
	Unheard []*procfs.Process
	// OthersUnread is why there may be more of them: the processes in the namespace could not
	// all be read. It is "" if they were.
	OthersUnread procfs.Absence
	// Now is the command that resumes a stopped process which would have to act. It is "" if
	// no stopped process is the obstacle.
	Now string
	// Cure is the lasting fix, none if nothing is wrong.
	Cure Cure
	// Instead is a signal that makes the main process exit if the stop signal has no effect.
	// It is 0 if none is known.
	Instead int
	// Lost are processes below the main process that have a handler for the stop signal and
	// cannot use it, because the receiver of the signal exits first.
	Lost Lost
	// Barred is the process that must forward the stop signal and may not, nil for none.
	Barred *Barred
	// Interactive is true if the main process is a shell on a terminal, or an init that has
	// started one.
	Interactive bool
	// KillFromHost and KillFromInside are sentences on the effect of kill -9 on the main
	// process.
	KillFromHost, KillFromInside string
	// Comeback says whether the restart policy starts the container again afterwards.
	Comeback inspect.Comeback
	// AskKernel is true if the kernel's own iterator would decide what is open, and was not
	// used.
	AskKernel bool

	// delivery is the stop signal on its way to the main process.
	delivery *delivery
}

// Judgement is what a process will do about a signal.
type Judgement struct {
	Outcome   Outcome
	Certainty inspect.Certainty
	// Blocker is the process that delays it, nil for none.
	Blocker *procfs.Process
	// Evidence are sentences that say how it is known.
	Evidence []string
}

// settlingTime is the age from which a program is assumed to have installed its handlers.
const settlingTime = time.Second

// ForecastOf says what docker stop will do to a container that is bound to its
// main process.
func ForecastOf(ix *inspect.Index, c *inspect.Container) Forecast {
	main := ix.Main(c)
	f := Forecast{Row: ix.RowOf(c, main), Signal: c.StopSignalNumber(), Timeout: c.StopTimeout}
	d := subjectOf(ix, main).deliver(f.Signal)
	f.delivery, f.Judgement = d, f.ofStop(d)
	f.Init = ix.InitOf(main)
	f.Reaps, f.ReapsWhy = reaps(ix, main)
	f.Unheard = d.unheard(c)
	if f.NSInit {
		f.OthersUnread = othersUnread(ix, main)
	}
	f.Instead, f.Interactive, f.Barred = d.heardInstead(&f), d.lastTold().isInteractiveShell(), d.passage().barred
	if f.Outcome == OutcomeHandled {
		f.Lost = f.lostBy(d)
	}
	if halted := d.haltedBy(&f); halted != nil {
		f.Now = ix.KillCommand(halted, "-CONT ")
	}
	f.Cure, f.AskKernel = d.cure(&f), d.kernelWouldDecide(&f)
	f.Comeback = ix.ComebackOf(c, 128+procfs.SIGKILL)
	f.KillFromHost, f.KillFromInside = killWords(ix, &f)
	return f
}

// ofStop is what docker stop makes of the delivery. Its shim must run, and SIGKILL follows
// after the grace period.
func (f *Forecast) ofStop(d *delivery) Judgement {
	if shim := d.ix.StoppedShim(f.Container); shim != nil {
		return Judgement{OutcomeHangs, inspect.Certain, shim, []string{fmt.Sprintf("Its shim (%d) is stopped (State T), and the shim must send the signal", shim.PID)}}
	}
	j := f.inGrace(d)
	if f.Container.GraceAssumed && j.Outcome == OutcomeIgnored && f.Signal != procfs.SIGKILL {
		j = j.atMostLikely()
		j.Evidence = append(j.Evidence, fmt.Sprintf("This engine does not say its default grace period. %ss is likely", seconds(f.Timeout)))
	}
	if f.Container.Silent && j.Outcome != OutcomeUnknown {
		j = j.atMostLikely()
		j.Evidence = append(j.Evidence, fmt.Sprintf("Its stop signal and grace period could not be read. SIGTERM and %ss are likely", seconds(f.Timeout)))
	}
	if m := manage.Of(f.Container); m.Replaces() && j.Outcome == OutcomeIgnored && f.Signal != procfs.SIGKILL {
		j.Evidence = append(j.Evidence, capital(m.Title())+" stops it with its own grace period, which the container does not show")
	}
	if f.Elapsed < settlingTime && j.Outcome == OutcomeIgnored && j.Certainty == inspect.Certain && f.Signal != procfs.SIGSTOP {
		j.Certainty = inspect.Likely
		j.Evidence = append(j.Evidence, "It has just started and may still install a handler")
	}
	return j
}

// inGrace is the outcome of the delivery within the container's grace period.
func (f *Forecast) inGrace(d *delivery) Judgement {
	j := d.judge()
	if f.Container.GraceOverflows && d.assumed.grace == 0 && d.heard.How != HearingKills {
		return Judgement{OutcomeUnknown, inspect.Uncertain, j.Blocker, append(j.Evidence, "Its --stop-timeout is more seconds than the engine can count. When SIGKILL follows cannot be determined")}
	}
	if f.Timeout == 0 && d.assumed.grace == 0 && d.n != procfs.SIGKILL {
		return j.withoutGrace()
	}
	return j
}

// withoutGrace is the judgement if SIGKILL follows at once. SIGKILL usually comes before a
// handler is finished. A process that the default action terminates has exited by then.
func (j Judgement) withoutGrace() Judgement {
	certainty := inspect.Likely
	switch {
	case j.Outcome == OutcomeHandled && j.Certainty == inspect.Certain:
		return j
	case j.Outcome == OutcomeIgnored:
		certainty = j.Certainty
	}
	return Judgement{OutcomeIgnored, certainty, nil, append(j.Evidence, "The grace period is 0, so SIGKILL follows at once")}
}

// Judge says what a process will do about signal n.
func Judge(ix *inspect.Index, p *procfs.Process, n int) Judgement {
	return subjectOf(ix, p).deliver(n).judge()
}
