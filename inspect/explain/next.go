package explain

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Next is what to type about a container that does not run, and what is to be
// known of that, or "".
func Next(ix *inspect.Index, c *inspect.Container) (command, meaning string) {
	start, e := manage.Start(c), endingOf(ix, c)
	switch owner, removed := missingOwner(ix, c); {
	case len(ix.ProcessesOf(c)) > 0:
		return "docker pidns doctor --rule leftovers", ""
	case c.Status == "removing" || c.Status == "dead":
		return "docker rm -f " + c.Name, ""
	case c.AutoRemove && !c.FinishedAt.IsZero():
		return "docker rm -f " + c.Name, "it was to be removed at its end (--rm)"
	case removed && manage.Recreate(c) != "":
		return manage.Recreate(c), "creates it anew: whom it joined was removed"
	case removed:
		return "docker rm " + c.Name, "and create it anew: whom it joined was removed"
	case manage.Of(c).Replaces():
		return start, "what has become of it"
	case owner != nil:
		return start, "after " + owner.Name + " is up"
	case isNeverExecuted(c):
		return afterNeverExecuted(c)
	case c.Status == "restarting":
		return "docker logs --tail 20 " + c.Name, ""
	case c.Error != "":
		return start, "after what kept it from starting is mended"
	case e.endedBy() == byOOMKiller:
		return "docker inspect --format '{{.HostConfig.Memory}}' " + c.Name, "the bytes that it may use; 0 is no limit of its own"
	case e.isKilled() && e.mayBeOOM():
		return kernelLogCommand(ix), "whether the kernel's OOM killer struck, on the engine's host"
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

// afterNeverExecuted is what tells why execve(2) failed, by its error.
func afterNeverExecuted(c *inspect.Container) (command, meaning string) {
	switch _, errno := c.NeverExecuted(); errno {
	case "exec format error":
		return "docker image inspect --format '{{.Os}}/{{.Architecture}}' " + c.Image, "whether the image is for this machine; a script needs #! in its first line"
	case "resource temporarily unavailable":
		return "docker pidns limits", "which limit of processes its user has reached"
	case "no such file or directory":
		return "docker inspect --format '{{.Path}} {{.Args}}' " + c.Name, "what was to be executed: it, the interpreter that its first line names, or its loader is not in the image"
	default:
		return "docker inspect --format '{{.Path}} {{.Args}}' " + c.Name, "what was to be executed"
	}
}

// mayBeOOM: nobody is known to have ended it, and the kernel log that would tell of the OOM
// killer was not read.
func (e *ending) mayBeOOM() bool {
	return e.endedBy() == "" && !e.isToldOfOOM() && !e.victims.Reaches && !noOOMKillSince(e.ix, e.StartedAt) && endOfOwner(e.ix, e.Container) == nil
}

// kernelLogCommand shows the victims that the kernel log has, by the journal where the log
// itself was read and does not go back to the end.
func kernelLogCommand(ix *inspect.Index) string {
	if facts := ix.Capture.OOM; facts != nil && facts.LogSince.Held() {
		return "sudo journalctl -k --grep oom-kill"
	}
	return "sudo dmesg -T | grep oom-kill"
}

// missingOwner is the first that does not run of those whose namespaces it was told to
// join; removed is that the engine does not know one of them any more.
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
