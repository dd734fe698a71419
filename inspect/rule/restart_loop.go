package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
)

var restartLoop = Rule{
	ID:      "restart-loop",
	Worst:   inspect.SeverityError,
	Title:   "a container ends soon after each start",
	Means:   "The restart policy has started it again several times, and its last run was short. The engine waits longer before each start, up to a minute, and goes on.",
	Matters: "What it is for is not done. Between the runs it has no process, so that nothing else shows it.",
	Proof:   "RestartCount is three or more, and the last run (State.StartedAt, FinishedAt) took less than ten seconds, or began less than ten seconds ago. What it wrote last tells of two causes: its program was never executed (the words of runc, crun or tini), or it takes itself for running already, as rsyslogd does, and servers that find the pid file of the run before: PIDs begin anew in each PID namespace, and the number is another process's now.",
	Mend:    "docker logs --tail 20 NAME shows why it ends; docker stop NAME ends the loop. Where a pid file is the cause, remove it before the program starts, or keep its folder in memory (--tmpfs /run), which is empty at each start.",
	check:   checkRestartLoop,
}

func checkRestartLoop(l *Look) []Finding {
	var list []Finding
	for i := range l.Index.Capture.Containers {
		c := &l.Index.Capture.Containers[i]
		// One that has no process now is none of those to judge, but belongs to all.
		if !l.judges(c) && (!l.Everything || c.Status != "restarting") || !c.IsInRestartLoop(l.Index.Capture.Snapshot.TakenAt) {
			continue
		}
		list = append(list, l.loopFinding(c))
	}
	return list
}

func (l *Look) loopFinding(c *inspect.Container) Finding {
	f := Finding{
		Severity: inspect.SeverityError, Container: c, Process: l.Index.Main(c), Merge: fmt.Sprint(c.ExitCode),
		Now: "docker logs --tail 20 " + c.Name, NowEffect: "shows its last output",
		Cure: "Fix what makes it exit. docker stop " + c.Name + " ends the loop",
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
		f.Cure = "Remove its pid file before it starts, or keep the file's folder in memory (--tmpfs /run)"
		if file != "" {
			f.Cure = fmt.Sprintf("Remove %s before it starts, or keep its folder in memory (--tmpfs)", file)
		}
	}
	return f
}
