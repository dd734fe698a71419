package signal

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Restart is the command that restarts the container, as [manage.Restart] has it. It is shorter
// if SIGTERM makes the main process exit. That signal is what systemd sends to the client of a
// unit, whatever the container's stop signal is.
func Restart(ix *inspect.Index, c *inspect.Container) string {
	if main := ix.Main(c); main != nil && Judge(ix, main, procfs.SIGTERM).Outcome == OutcomeHandled {
		return manage.RestartByTerm(c)
	}
	return manage.Restart(c)
}
