package rule

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
)

var initDoesNotReap = Rule{
	ID:      "init-does-not-reap",
	Worst:   inspect.SeverityNote,
	Title:   "PID 1 would not reap an orphan",
	Means:   "The container's PID 1 waits for no process but those it has started, if for any. What others start and leave behind would stay a zombie.",
	Matters: "Health checks and exec sessions are such others. One that leaves a process behind at every run fills the pids limit in time.",
	Proof:   "PID 1 waits for no child (its system call, its program's functions, SIGCHLD), and something runs in the container that could leave orphans: a health check, an exec session, or a child that has children.",
	Mend:    "--init (compose: init: true).",
	check:   checkReaping,

	NeedsTrace: true,
}

func checkReaping(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		f := l.Forecast(c)
		if f.Reaps != inspect.No || !f.NSInit || l.hasCulprit(c) || c.Health == nil && len(c.ExecIDs) == 0 {
			continue
		}
		list = append(list, Finding{
			Severity: inspect.SeverityNote, Container: c, Process: f.Process, Merge: f.Process.Comm,
			Evidence: []string{"PID 1 (" + f.Process.Comm + ") would not reap what a health check or docker exec leaves", f.ReapsWhy},
			Cure:     inspect.Capital(manage.Do(c, manage.Init)),
		})
	}
	return list
}

func (l *Look) hasCulprit(c *inspect.Container) bool {
	return slices.ContainsFunc(l.zombies().Culprits, func(culprit zombie.Culprit) bool { return culprit.Container == c })
}
