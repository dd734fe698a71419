package explain

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Next is the command to type about a container that does not run, and in brackets what it
// shows or needs. It is "" if there is none.
func Next(ix *inspect.Index, c *inspect.Container) (command, meaning string) {
	start, e := manage.Start(c), endingOf(ix, c)
	switch owner, removed := missingOwner(ix, c); {
	case len(ix.ProcessesOf(c)) > 0:
		return "docker pidns doctor --rule leftovers", ""
	case c.Status == "removing" || c.Status == "dead":
		return "docker rm -f " + c.Name, ""
	case c.AutoRemove && !c.FinishedAt.IsZero():
		return "docker rm -f " + c.Name, "--rm should have removed it when it exited"
	case removed && manage.Recreate(c) != "":
		return manage.Recreate(c), "recreates it: the container that it joined was removed"
	case removed:
		return "docker rm " + c.Name, "then create it again: the container that it joined was removed"
	case manage.Of(c).Replaces():
		return start, "what replaced it"
	case owner != nil:
		return start, "once " + owner.Name + " is running"
	case isNeverExecuted(c):
		return afterNeverExecuted(c)
	case c.Status == "restarting":
		return "docker logs --tail 20 " + c.Name, ""
	case c.Error != "":
		return start, "once the cause of the failed start is fixed"
	case e.endedBy() == byOOMKiller:
		return "docker inspect --format '{{.HostConfig.Memory}}' " + c.Name, "its memory limit in bytes; 0 means no limit of its own"
	case e.isKilled() && e.mayBeOOM():
		return kernelLogCommand(ix), "on the engine's host: whether the OOM killer killed it"
	case c.ExitCode != 0 && e.endedBy() != byDocker:
		return "docker logs --tail 20 " + c.Name, ""
	default:
		return start, ""
	}
}

func isNeverExecuted(c *inspect.Container) bool {
	words, _ := c.NeverExecuted()
	return words != ""
}

// afterNeverExecuted is the command that shows why execve(2) failed, by its error.
func afterNeverExecuted(c *inspect.Container) (command, meaning string) {
	switch _, errno := c.NeverExecuted(); errno {
	case "exec format error":
		return "docker image inspect --format '{{.Os}}/{{.Architecture}}' " + c.Image, "whether the image is for this machine; a script must begin with #!"
	case "resource temporarily unavailable":
		return "docker pidns limits", "which limit its user has reached"
	case "no such file or directory":
		return "docker inspect --format '{{.Path}} {{.Args}}' " + c.Name, "the command: it, its interpreter (#!) or its loader is missing in the image"
	default:
		return "docker inspect --format '{{.Path}} {{.Args}}' " + c.Name, "the command"
	}
}

// mayBeOOM reports whether the OOM killer may have killed it: no cause is known, and the
// kernel log that would show one was not read.
func (e *ending) mayBeOOM() bool {
	return e.endedBy() == "" && !e.isToldOfOOM() && !e.victims.Reaches && !noOOMKillSince(e.ix, e.StartedAt) && endOfOwner(e.ix, e.Container) == nil
}

// kernelLogCommand is the command that shows the victims in the kernel log. It reads the
// journal if the log itself was read and does not go back to the container's exit.
func kernelLogCommand(ix *inspect.Index) string {
	if facts := ix.Capture.OOM; facts != nil && facts.LogSince.Held() {
		return "sudo journalctl -k --grep oom-kill"
	}
	return "sudo dmesg -T | grep oom-kill"
}

// missingOwner is the first container that does not run and whose namespace this one is
// configured to join. removed is true if the engine no longer knows one of these containers.
func missingOwner(ix *inspect.Index, c *inspect.Container) (owner *inspect.Container, removed bool) {
	for _, t := range procfs.NamespaceTypes {
		var chain []*inspect.Container
		for next := range inspect.Joined(c, t, ix.ContainerNamed) {
			chain = append(chain, next)
		}
		last := chain[len(chain)-1]
		if ref := inspect.JoinedRef(last.DeclaredMode(t)); ref != "" && ix.ContainerNamed(ref) == nil {
			return nil, true
		}
		for _, next := range slices.Backward(chain[1:]) {
			if !next.IsRunning() {
				return next, false
			}
		}
	}
	return nil, false
}
