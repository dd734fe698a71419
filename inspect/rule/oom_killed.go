package rule

import (
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
)

var oomKilled = Rule{
	ID:      "oom-killed",
	Worst:   inspect.SeverityError,
	Title:   "The kernel's OOM killer killed a process of the container",
	Means:   "A memory limit was reached, or the host had no memory left. The kernel then killed a process with SIGKILL. If that was the main process, the container exited, and its restart policy may restart it. If it was another process, the container continues without it.",
	Matters: "The killed process could not finish its work. The limit will probably be reached again.",
	Proof:   "The kernel log names a victim in the container's control group since it started. Only root can read the kernel log. Without it, the proof is State.OOMKilled of a running container, or of one that waits for its next start. The engine sets it from the memory events of the control group. Some versions set and clear it only when a run ends, so it may be about the previous run. With cgroup v1 it may be about another container below the same memory limit, so the finding is uncertain. If neither is there, nothing is proved: the kernel log forgets, and not every OOM sets OOMKilled. Containers that have exited are not checked. docker pidns explain NAME says why they exited.",
	Mend:    "docker pidns explain NAME shows what is known. Fix what uses the memory, or raise the memory limit (--memory, in compose mem_limit).",
	check:   checkOOMKilled,
}

func checkOOMKilled(l *Look) []Finding {
	var list []Finding
	for i := range l.Index.Capture.Containers {
		c := &l.Index.Capture.Containers[i]
		if !l.judges(c) && (!l.Everything || c.Status != "restarting") {
			continue
		}
		if f, found := l.oomInRun(c); found {
			list = append(list, f)
		} else if c.OOMKilled {
			list = append(list, l.oomByEngine(c))
		}
	}
	return list
}

func (l *Look) oomFinding(c *inspect.Container, evidence ...string) Finding {
	return Finding{
		Severity: inspect.SeverityWarning, Container: c, Process: l.Index.Main(c), Evidence: evidence,
		Now: "docker pidns explain " + c.Name, NowEffect: "shows what is known about it",
		Cure: "use less memory, or raise its memory limit (--memory, in compose mem_limit)",
	}
}

// oomInRun finds victims in the present run of a container, as explain does.
func (l *Look) oomInRun(c *inspect.Container) (Finding, bool) {
	if l.Index.Main(c) == nil || c.Silent {
		return Finding{}, false
	}
	statements := explain.OOMInRun(l.Index, c)
	if len(statements) == 0 {
		return Finding{}, false
	}
	f := l.oomFinding(c, strings.TrimSuffix(statements[0].Text, "."))
	if statements[0].Certainty != inspect.Certain {
		f.Verdict = inspect.Unknown
		f.Evidence = append(f.Evidence, "This is likely, but not certain")
	}
	return f, true
}

// oomByEngine is about OOMKilled. Docker 20.10 sets and clears it only when a run ends. During a
// run it is then about the previous one.
func (l *Look) oomByEngine(c *inspect.Container) Finding {
	when := " in this run or the previous one"
	switch {
	case c.Status == "restarting":
		when = fmt.Sprintf(" in its last run, which exited with %d%s", c.ExitCode, inspect.SignalWords(c.ExitCode))
	case c.FinishedAt.IsZero():
		when = ""
	}
	if !explain.OOMIsItsOwn(l.Index) {
		f := l.oomFinding(c, "The OOM killer probably killed one of its processes"+when,
			"With cgroup v1 it may have been a process of another container below the same memory limit")
		f.Verdict = inspect.Unknown
		return f
	}
	f := l.oomFinding(c, "The OOM killer killed one of its processes"+when)
	if c.Status == "restarting" {
		f.Severity = inspect.SeverityError
	}
	return f
}
