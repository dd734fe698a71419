package signal

import (
	"fmt"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Will is what docker stop will do: "stop it", "wait 10s, then kill (137)", "wait
// for sleep (max 10s), then kill".
func (f *Forecast) Will() string {
	switch {
	case f.Outcome == OutcomeHandled:
		return "stop it"
	case f.Outcome == OutcomeHangs:
		return "hang"
	case f.Outcome == OutcomeIgnored && f.Timeout < 0:
		return "wait forever"
	case f.Outcome == OutcomeIgnored:
		return "wait " + f.Grace() + ", then kill (137)"
	case f.Outcome == OutcomeDelayed && f.Blocker != nil && f.Timeout < 0:
		return "wait for " + f.Blocker.Comm + ", without a limit"
	case f.Outcome == OutcomeDelayed && f.Blocker != nil:
		return fmt.Sprintf("wait for %s (max %s), then kill", f.Blocker.Comm, f.Grace())
	case f.Outcome == OutcomeDelayed && !f.worksFirst():
		return "fail for a while"
	case f.Outcome == OutcomeDelayed && f.Timeout < 0:
		return "wait for its work, without a limit"
	case f.Outcome == OutcomeDelayed:
		return "wait for its work (max " + f.Grace() + "), then kill"
	default:
		return "unknown"
	}
}

// worksFirst reports whether the exit is delayed by the program's own work.
func (f *Forecast) worksFirst() bool {
	return f.delivery != nil && f.delivery.passage().told.worksFirst()
}

// Grace is the time after which SIGKILL follows: "10s", "forever", or "?" if it is larger than
// the engine can count.
func (f *Forecast) Grace() string {
	if f.Container != nil && f.Container.GraceOverflows {
		return "?"
	}
	if f.Timeout < 0 {
		return "forever"
	}
	return f.Timeout.Round(time.Millisecond).String()
}

// Sentence is what docker stop will do in a whole sentence.
func (f *Forecast) Sentence() string {
	stop := "docker stop (" + procfs.SignalName(f.Signal) + ")"
	if f.Outcome == OutcomeUnknown {
		return "What " + stop + " will do cannot be determined"
	}
	return stop + " will " + f.Will()
}

// Brief is the shortest sentence that says why docker stop has that outcome.
func (f *Forecast) Brief() string {
	if f.delivery == nil || len(f.Evidence) == 0 {
		return ""
	}
	brief := f.Evidence[len(f.Evidence)-1]
	told := f.delivery.passage().told
	handling := told.handling()
	switch comm, name := told.process.Comm, told.name(); {
	case f.Outcome != OutcomeIgnored || told.heard.How != HearingDropped || !slices.Contains(f.Evidence, told.heard.Why):
	case handling.Ignored.Has(told.n):
		brief = comm + " ignores " + name
	case told.init:
		brief = fmt.Sprintf("PID 1 (%s) has no %s handler", comm, name)
	}
	if f.Certainty == inspect.Likely {
		return brief + " (likely)"
	}
	return brief
}

// killWords say what kill -9 does to the main process, from the host and from
// inside.
func killWords(ix *inspect.Index, f *Forecast) (fromHost, fromInside string) {
	kill := ix.KillCommand(f.Process, "-9 ")
	exec := execWords(f.Container)
	if f.Container.Own {
		return "kill -9 from the host kills it" + afterKill(ix, f.Container, f.Comeback), "kill -9 1 in the container has no effect: the kernel protects PID 1 from its own PID namespace"
	}
	if IsFinishing(ix, f.Process) {
		return kill + " on the host has no effect: the process has exited and waits until its PID namespace is empty", "No process can be started in it any more"
	}
	fromHost = kill + " on the host kills it" + afterKill(ix, f.Container, f.Comeback)
	if f.Outcome == OutcomeHangs {
		return kill + " on the host kills it. The engine notices when its shim continues", exec + " hangs too"
	}
	switch {
	case ix.IsPaused(f.Process) && isInFreezer(f.Process):
		return fmt.Sprintf("%s on the host kills it only after docker unpause: cgroup v1 holds it in its freezer", kill), exec + " is refused while it is paused"
	case ix.IsPaused(f.Process):
		return fromHost, exec + " is refused while it is paused"
	case f.Process.MainThreadExited():
		return fromHost, exec + " is refused: its main thread has exited, and Docker considers it exited"
	case f.NSInit:
		return fromHost, exec + " kill -9 1 has no effect: the kernel protects PID 1 from its own PID namespace"
	default:
		return fromHost, f.killedByExec()
	}
}

// execWords is the command that starts a process in the container, or says where it would be
// started.
func execWords(c *inspect.Container) string {
	if manage.CLI(c) == "" {
		return "Inside " + c.Name + ":"
	}
	return manage.CLI(c) + " exec " + c.Name
}

// afterKill says what happens to the container after SIGKILL from the host: it is removed, it
// stays Exited, or its restart policy starts it again.
func afterKill(ix *inspect.Index, c *inspect.Container, back inspect.Comeback) string {
	policy := fmt.Sprintf(". Its restart policy (%s) then ", c.Policy())
	again := manage.RunsAgain(c)
	if again != "" {
		again = ". " + again
	}
	switch {
	case c.AutoRemove:
		return fmt.Sprintf(", and Docker removes %s with its logs and anonymous volumes (--rm). Only docker wait and docker events show the 137%s", c.Name, again)
	case manage.Of(c).Replaces():
		return fmt.Sprintf(", and %s is Exited (137). %s decides what replaces it", c.Name, capital(manage.Of(c).Title()))
	case !c.IsRestartedAfter(128 + procfs.SIGKILL):
		return fmt.Sprintf(", and %s is Exited (137)%s", c.Name, again)
	case back.Cancelled != nil:
		return policy + fmt.Sprintf("does not start %s again: docker sent it %s %s, which cancels the policy until docker restart", c.Name, signalOr(back.Cancelled.Signal), inspect.Ago(ix.Capture.Snapshot.TakenAt, back.Cancelled.At))
	case back.Missing != "":
		return policy + fmt.Sprintf("tries to start %s again and fails, because %s, whose namespace it joins, does not run", c.Name, ix.NameOfRef(back.Missing))
	case back.Certainty == inspect.Certain:
		return policy + fmt.Sprintf("starts %s again", c.Name)
	default:
		return policy + fmt.Sprintf("starts %s again unless docker kill has cancelled the policy", c.Name)
	}
}

// signalOr names a signal. 0 is a signal that the engine did not report.
func signalOr(n int) string {
	if n == 0 {
		return "a signal"
	}
	return procfs.SignalName(n)
}

// isInFreezer reports whether the process is paused by the freezer of cgroup v1. With the
// freezer of v2, SIGKILL still terminates it (cgroup-v2.rst, cgroup.freeze).
func isInFreezer(p *procfs.Process) bool {
	return slices.ContainsFunc(p.Cgroups.Or(nil), func(g procfs.Cgroup) bool { return slices.Contains(g.Controllers, "freezer") })
}
