package rule

import (
	"fmt"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var healthCheckOverdue = Rule{
	ID:      "health-check-overdue",
	Worst:   inspect.SeverityError,
	Title:   "Processes of health checks still run after the checks are over",
	Means:   "The engine no longer waits for a health check, but processes of the check still run. When a check exceeds its timeout, the engine kills the command itself. It does not kill processes that the command started.",
	Matters: "Each run leaves another process, until the pids limit or the memory is used up. --init does not help. It reaps processes that exit, and kills none.",
	Proof:   "The processes are in the session of an exec. The first process of the session is gone, or has run longer than the timeout. The exec is a run of the health check. The engine's event, the time of a run in State.Health.Log, or the interval of the check shows this. In addition, the log says that a run exceeded its timeout, or several runs are alive at once.",
	Mend:    "Put timeout -s KILL N in front of the program that waits, so that the check exits within its timeout. Or set a --health-timeout that the check keeps. timeout of busybox kills only the program that it starts. It does not kill processes that this program started.",
	check:   checkOverdue,
}

func checkOverdue(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		runs := origin.OverdueChecks(l.Index, c)
		if len(runs) == 0 || len(runs) == 1 && origin.TimedOut(c.Health) == 0 {
			continue
		}
		list = append(list, l.overdueFinding(c, runs))
	}
	return list
}

func (l *Look) overdueFinding(c *inspect.Container, runs []origin.Overdue) Finding {
	var all []*procfs.Process
	for _, run := range runs {
		all = append(all, run.Processes...)
	}
	first := runs[0].Processes[0]
	f := Finding{Severity: inspect.SeverityWarning, Container: c, Process: first}
	if len(runs) == 1 {
		f.Severity = inspect.SeverityNote // it may be the only one, and may exit by itself
	}
	if limit, held := l.Index.Capture.PIDs[c.ID].Max.Get(); held && 2*len(all) >= limit {
		f.Severity = inspect.SeverityError
		f.Evidence = append(f.Evidence, fmt.Sprintf("They hold %d of %d PIDs", len(all), limit))
	}
	f.Evidence = append([]string{fmt.Sprintf("%s of %s still running, the oldest %s (%d) for %s", counted(len(all), "process"),
		overdueWords(c.Health, len(runs)), first.Comm, first.PID, span(l.Index.Capture.Snapshot.Elapsed(first.StartTicks)))}, f.Evidence...)
	if pace, ok := l.paceOf(runs); ok {
		f.Evidence = append(f.Evidence, "One more every "+pace.String())
	}
	if runs[0].Certainty != inspect.Certain {
		f.Evidence = append(f.Evidence, "The health check probably started them. Docker no longer shows its older runs")
	}
	f.Now, f.NowEffect = l.endOverdue(c, all)
	f.Cure = overdueCure(c, l.Forecast(c).Reaps == inspect.No && l.Forecast(c).NSInit)
	return f
}

// overdueWords name the number of runs.
func overdueWords(h *inspect.HealthCheck, n int) string {
	runs := counted(n, "health check")
	if origin.TimedOut(h) == 0 {
		return runs + " that have finished"
	}
	return fmt.Sprintf("%s that exceeded the timeout of %s", runs, h.Timeout)
}

// paceOf is the average time between two of the runs that are still alive.
func (l *Look) paceOf(runs []origin.Overdue) (time.Duration, bool) {
	if len(runs) < 2 {
		return 0, false
	}
	first, last := runs[0].Processes[0], runs[len(runs)-1].Processes[0]
	apart := procfs.TicksToDuration(last.StartTicks) - procfs.TicksToDuration(first.StartTicks)
	return (apart / time.Duration(len(runs)-1)).Round(time.Second), apart >= time.Second
}

// mostKilled is the maximum number of PIDs in a command to type.
const mostKilled = 20

// endOverdue is the command that kills the processes. If PID 1 does not reap, each would stay
// a zombie and keep its PID.
func (l *Look) endOverdue(c *inspect.Container, all []*procfs.Process) (now, effect string) {
	if init := l.Index.InitOf(all[0]); len(all) > mostKilled || init != nil && l.Index.MainOf(init) != nil && l.Forecast(c).Reaps == inspect.No {
		return signal.Restart(l.Index, c), "restarts the container"
	}
	pids := make([]string, len(all))
	for i, p := range all {
		pids[i] = fmt.Sprint(p.PID)
	}
	return l.Index.AsRoot("kill -9 " + strings.Join(pids, " ")), "kills only these processes"
}

// overdueCure is a check that exits within its timeout, and that leaves no zombie if PID 1
// does not reap. The process that kills a program of the check is its sibling or its parent,
// and can outlive it.
func overdueCure(c *inspect.Container, unreaped bool) string {
	const shortest = 2 * time.Second
	seconds, longer := int(c.Health.Timeout/time.Second)-1, ""
	if c.Health.Timeout < shortest {
		seconds, longer = 1, ", and set --health-timeout 3s"
	}
	cure := fmt.Sprintf("in the health check, put timeout -s KILL %d in front of the program that waits", seconds) + longer
	if unreaped {
		cure += ". Also " + manage.Do(c, manage.Init) + ", because PID 1 does not reap what a check leaves"
	}
	return cure
}
