package rule

import (
	"fmt"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var healthCheckOverdue = Rule{
	ID:      "health-check-overdue",
	Worst:   inspect.SeverityError,
	Title:   "health checks that are over leave processes",
	Means:   "Processes of a health check still run although the engine waits for it no longer. When a check exceeds its timeout, the engine ends the command itself, and not what that has started.",
	Matters: "Each run leaves one more, until the pids limit or the memory is used up. --init does not help: it waits for processes that end, and ends none.",
	Proof:   "Processes in the session of an exec whose first process has gone, or has run for longer than the timeout, and which is a run of the health check: by the engine's event, by the time of a run in State.Health.Log, or by the check's pace. And the log says of a run that it exceeded its timeout, or several runs live at once.",
	Mend:    "Have the check end by itself within its timeout: timeout -s KILL N in front of the program in it that waits. Or give it a --health-timeout that it keeps. timeout of busybox ends the program that it starts, and none that this has started.",
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
	f := Finding{Severity: inspect.SeverityWarning, Container: c, Process: first, Merge: strings.Join(c.Health.Command, " ")}
	if len(runs) == 1 {
		f.Severity = inspect.SeverityNote // it may be the only one, and end by itself
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

// overdueWords name so many runs.
func overdueWords(h *inspect.HealthCheck, n int) string {
	runs := counted(n, "health check")
	if origin.TimedOut(h) == 0 {
		return runs + " that have finished"
	}
	return fmt.Sprintf("%s that exceeded the timeout of %s", runs, h.Timeout)
}

// paceOf is how much time lies between two of the runs that live, on average.
func (l *Look) paceOf(runs []origin.Overdue) (time.Duration, bool) {
	if len(runs) < 2 {
		return 0, false
	}
	first, last := runs[0].Processes[0], runs[len(runs)-1].Processes[0]
	apart := procfs.TicksToDuration(last.StartTicks) - procfs.TicksToDuration(first.StartTicks)
	return (apart / time.Duration(len(runs)-1)).Round(time.Second), apart >= time.Second
}

// mostKilled is how many PIDs a command to type holds at most.
const mostKilled = 20

// endOverdue is what ends the processes. Where PID 1 does not reap, each would stay as a
// zombie, and keep its PID.
func (l *Look) endOverdue(c *inspect.Container, all []*procfs.Process) (now, effect string) {
	if init := l.Index.InitOf(all[0]); len(all) > mostKilled || init != nil && l.Index.MainOf(init) != nil && l.Forecast(c).Reaps == inspect.No {
		return manage.Restart(c), manage.RestartIf(c, "restarts the container")
	}
	pids := make([]string, len(all))
	for i, p := range all {
		pids[i] = fmt.Sprint(p.PID)
	}
	return l.Index.AsRoot("kill -9 " + strings.Join(pids, " ")), "kills only these processes"
}

// overdueCure is a check that ends, and that leaves no zombie where PID 1 does not reap:
// what ends a program of the check is its sibling or its parent, and can outlive it.
func overdueCure(c *inspect.Container, unreaped bool) string {
	const shortest = 2 * time.Second
	seconds, longer := int(c.Health.Timeout/time.Second)-1, ""
	if c.Health.Timeout < shortest {
		seconds, longer = 1, ", and set --health-timeout 3s"
	}
	cure := fmt.Sprintf("In the health check, put timeout -s KILL %d in front of the program that waits", seconds) + longer
	if unreaped {
		cure += ". Also " + manage.Do(c, manage.Init) + ", because PID 1 does not reap what a check leaves"
	}
	return cure
}
