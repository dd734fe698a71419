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
	Title:   "PID 1 would not reap orphans. They would stay zombies",
	Means:   "PID 1 of the container waits at most for processes that it started itself. Orphans left behind by other processes would stay zombies.",
	Matters: "Health checks and exec sessions can leave orphans. A check that leaves one at every run fills the pids limit in time.",
	Proof:   "PID 1 does not wait for children. Its system call, the functions of its program and SIGCHLD show this. Something in the container could leave orphans: a health check, an exec session, or a child that has children.",
	Mend:    "Recreate the container with --init (compose: init: true).",
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
			Severity: inspect.SeverityNote, Container: c, Process: f.Process,
			Evidence: []string{"PID 1 (" + f.Process.Comm + ") would not reap what a health check or docker exec leaves", f.ReapsWhy},
			Cure:     manage.Do(c, manage.Init),
		})
	}
	return list
}

func (l *Look) hasCulprit(c *inspect.Container) bool {
	return slices.ContainsFunc(l.zombies().Culprits, func(culprit zombie.Culprit) bool { return culprit.Container == c })
}
