package signal

import (
	"fmt"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Outcome is what docker stop will come to.
type Outcome string

// The outcomes.
const (
	// OutcomeHandled: the main process ends by itself within the grace period.
	OutcomeHandled Outcome = "handled"
	// OutcomeIgnored: nothing happens until SIGKILL after the grace period.
	OutcomeIgnored Outcome = "ignored"
	// OutcomeDelayed: the signal is heard, but something else must end first.
	OutcomeDelayed Outcome = "delayed"
	// OutcomeHangs: docker stop does not come as far as to send a signal, and does not
	// come back.
	OutcomeHangs Outcome = "hangs"
	// OutcomeUnknown: it cannot be told.
	OutcomeUnknown Outcome = "unknown"
)

// Forecast is what docker stop will do to a container, and how its PID 1 takes
// orphans.
type Forecast struct {
	inspect.Row
	// Signal is the number of the stop signal, and Timeout the grace period after
	// which SIGKILL follows; negative for none.
	Signal  int
	Timeout time.Duration
	Judgement
	// Reaps says whether the init of the PID namespace waits for the orphans that
	// it adopts, and ReapsWhy how that is known.
	Reaps    inspect.Verdict
	ReapsWhy string
	// Init is that init, nil for the host's namespace and where it cannot be told.
	Init *procfs.Process
	// Unheard are the processes in the main process's PID namespace to which
	// nobody is known to pass the signal on. When the namespace's init ends, the
	// kernel sends them SIGKILL. Empty where the main process is no init.
	Unheard []*procfs.Process
	// OthersUnread is why there may be more of them, as it could not be read which
	// processes are in the namespace; "" if it could.
	OthersUnread procfs.Absence
	// Now is the command that lets go on who was stopped and would have to act, "" where
	// that is not what is in the way.
	Now string
	// Cure is what lasts, none where nothing is wrong.
	Cure Cure
	// Instead is a signal by which the main process can be asked to end where the
	// stop signal does nothing, 0 if none is known.
	Instead int
	// Lost are those below the main process that have a handler for the stop signal and
	// will not come to use it: the one who is told ends before.
	Lost Lost
	// Barred is who has to pass the stop signal on and may not, nil for nobody.
	Barred *Barred
	// Interactive: the main process is a shell on a terminal, or an init that has
	// started one.
	Interactive bool
	// KillFromHost and KillFromInside are sentences on what kill -9 does to the main
	// process.
	KillFromHost, KillFromInside string
	// Comeback says whether the restart policy starts the container again after that.
	Comeback inspect.Comeback
	// AskKernel: what is open is decided by what the kernel's own iterator knows,
	// which was not asked.
	AskKernel bool

	// delivery is the stop signal on its way to the main process.
	delivery *delivery
}

// Judgement is what a process will do about a signal.
type Judgement struct {
	Outcome   Outcome
	Certainty inspect.Certainty
	// Blocker is the process that holds it up, nil where none does.
	Blocker *procfs.Process
	// Evidence are sentences that say how it is known.
	Evidence []string
}

// settlingTime is the age from which a program is taken to have installed its
// handlers.
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

// ofStop is what docker stop makes of the delivery: its shim must run, and SIGKILL
// follows when the grace period is over.
func (f *Forecast) ofStop(d *delivery) Judgement {
	if shim := d.ix.StoppedShim(f.Container); shim != nil {
		return Judgement{OutcomeHangs, inspect.Certain, shim, []string{fmt.Sprintf("Its shim (%d) is stopped (State T), and the shim must send the signal", shim.PID)}}
	}
	j := f.inGrace(d)
	if f.Container.GraceAssumed && j.Outcome == OutcomeIgnored && f.Signal != procfs.SIGKILL {
		j = j.atMostLikely()
		j.Evidence = append(j.Evidence, "This engine does not say its default grace period. 10s is likely")
	}
	if m := manage.Of(f.Container); m.Replaces() && j.Outcome == OutcomeIgnored && f.Signal != procfs.SIGKILL {
		j.Evidence = append(j.Evidence, inspect.Capital(m.Title())+" stops it with its own grace period, which the container does not show")
	}
	if f.Elapsed < settlingTime && j.Outcome == OutcomeIgnored && j.Certainty == inspect.Certain && f.Signal != procfs.SIGSTOP {
		j.Certainty = inspect.Likely
		j.Evidence = append(j.Evidence, "It has just started and may still install a handler")
	}
	return j
}

// inGrace is what the delivery comes to in the container's grace period.
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

// withoutGrace: SIGKILL follows at once, and mostly comes before a handler is
// through. What a default action ends has ended by then.
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
