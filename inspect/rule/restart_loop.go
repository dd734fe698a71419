package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
)

var restartLoop = Rule{
	ID:          "restart-loop",
	Worst:       inspect.SeverityError,
	Title:       "The container exits soon after each start, and Docker restarts it",
	Means:       "The restart policy has restarted the container several times, and its last run was short. The engine waits longer before each start, up to a minute, and continues.",
	Matters:     "The container does not do its work. Between the runs it has no process, so nothing else shows the loop.",
	Proof:       "RestartCount is three or more. The last run (State.StartedAt, FinishedAt) took less than ten seconds, or began less than ten seconds ago. The last output can show two causes. Either the program was never executed (messages of runc, crun or tini). Or the program believes that it already runs. rsyslogd does so, and servers that find the pid file of the previous run. PIDs start again in each PID namespace, and the number now belongs to another process.",
	Mend:        "docker logs --tail 20 NAME shows why it exits. docker stop NAME stops the loop. If a pid file is the cause, remove it before the program starts. Or keep its folder in memory, where it is empty at each start (--tmpfs /run).",
	NeedsEngine: true,
	check:       checkRestartLoop,
}

func checkRestartLoop(l *Look) []Finding {
	var list []Finding
	for i := range l.Index.Capture.Containers {
		c := &l.Index.Capture.Containers[i]
		// A container without a process is not among the containers to judge. It is judged only
		// if all containers are.
		if !l.judges(c) && (!l.Everything || c.Status != "restarting") || !c.IsInRestartLoop(l.Index.Capture.Snapshot.TakenAt) {
			continue
		}
		list = append(list, l.loopFinding(c))
	}
	return list
}

func (l *Look) loopFinding(c *inspect.Container) Finding {
	f := Finding{
		Severity: inspect.SeverityError, Container: c, Process: l.Index.Main(c),
		Now: "docker logs --tail 20 " + c.Name, NowEffect: "shows its last output",
		Cure: "fix what makes it exit. docker stop " + c.Name + " ends the loop",
	}
	times := "Docker has restarted it " + inspect.Times(c.RestartCount)
	if c.Status == "restarting" {
		f.Evidence = append(f.Evidence, fmt.Sprintf("%s. Its last run took %s and exited with %d%s", times, span(c.FinishedAt.Sub(c.StartedAt)), c.ExitCode, inspect.SignalWords(c.ExitCode)))
	} else {
		f.Evidence = append(f.Evidence, fmt.Sprintf("%s. This run began %s", times, inspect.Ago(l.Index.Capture.Snapshot.TakenAt, c.StartedAt)))
	}
	if words, _ := c.NeverExecuted(); words != "" {
		f.Evidence = append(f.Evidence, fmt.Sprintf("Its program was probably never executed: %q", words))
		f.Now, f.NowEffect = "docker pidns explain "+c.Name, "shows why"
	}
	if file, says := c.RunsAlready(); says {
		f.Evidence = append(f.Evidence, "It says that it is already running. Probably a pid file of its last run names another process now")
		f.Cure = "remove its pid file before it starts, or keep the file's folder in memory (--tmpfs /run)"
		if file != "" {
			f.Cure = fmt.Sprintf("remove %s before it starts, or keep its folder in memory (--tmpfs)", file)
		}
	}
	return f
}
