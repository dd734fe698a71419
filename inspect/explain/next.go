package explain

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Next is what to type about a container that does not run, and what is to be
// known of that, or "".
func Next(ix *inspect.Index, c *inspect.Container) (command, meaning string) {
	start := "docker start " + c.Name
	switch owner, removed := missingOwner(ix, c); {
	case len(ix.ProcessesOf(c)) > 0:
		return "docker pidns doctor --rule leftovers", ""
	case c.Status == "removing" || c.Status == "dead":
		return "docker rm -f " + c.Name, ""
	case removed:
		return "docker rm " + c.Name, "and create it anew: whom it joined was removed"
	case owner != nil:
		return start, "after " + owner.Name + " is up"
	case c.Status == "restarting":
		return "docker logs --tail 20 " + c.Name, ""
	case c.Error != "":
		return start, "after what kept it from starting is mended"
	case endedBy(ix, c) == byOOMKiller:
		return "docker inspect --format '{{.HostConfig.Memory}}' " + c.Name, "the bytes that it may use; 0 is no limit of its own"
	case c.ExitCode != 0 && endedBy(ix, c) != byDocker:
		return "docker logs --tail 20 " + c.Name, ""
	default:
		return start, ""
	}
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
