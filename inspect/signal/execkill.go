package signal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// execMaySignal says whether a process started by docker exec in the container may signal its
// main process. It runs as the container's user. If that user is root, it has the container's
// capabilities (kill(2)).
func execMaySignal(c *inspect.Container, to *procfs.Process) inspect.Verdict {
	user, known := execUser(c, to)
	switch {
	case c.Silent:
		return inspect.Unknown
	case known && slices.Contains([]int{to.UIDs.Real, to.UIDs.Saved}, user):
		return inspect.Yes
	case isRoot(c.User) && c.HasCapability("KILL"):
		return inspect.Yes
	case known && (isRoot(c.User) || isNumber(c.User)):
		return inspect.No
	default:
		return inspect.Unknown
	}
}

// execUser is the user ID of processes started by docker exec, as the host numbers it. It is
// false if the user is a name, which only the image knows, or if the map of the user namespace
// was not read.
func execUser(c *inspect.Container, main *procfs.Process) (int, bool) {
	inside := 0
	if !isRoot(c.User) {
		name, _, _ := strings.Cut(c.User, ":")
		number, err := strconv.Atoi(name)
		if err != nil {
			return 0, false
		}
		inside = number
	}
	mappings, read := main.UIDMap.Get()
	if !read {
		return 0, false
	}
	return procfs.OutsideID(mappings, inside)
}

func isRoot(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	return name == "" || name == "root" || name == "0"
}

func isNumber(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	_, err := strconv.Atoi(name)
	return err == nil
}

// killedByExec says what docker exec with kill -9 does to a main process that is not the init
// of its PID namespace.
func (f *Forecast) killedByExec() string {
	chain, p := inspect.ChainString(f.ContainerPIDs), f.Process
	kill := execWords(f.Container) + " kill -9 " + chain
	switch execMaySignal(f.Container, p) {
	case inspect.Yes:
		return kill + " kills it too, because it is not PID 1 of its PID namespace"
	case inspect.No:
		user := p.UIDs.Real
		if inside, ok := procfs.InsideID(p.UIDMap.Or(nil), user); ok {
			user = inside
		}
		return fmt.Sprintf("%s is refused (Operation not permitted). It runs as user %d, and docker exec as another user without CAP_KILL. This kills it: docker exec -u %d %s kill -9 %s", kill, user, user, f.Container.Name, chain)
	default:
		return kill + " kills it too if the user of docker exec may signal it, because it is not PID 1 of its PID namespace"
	}
}
