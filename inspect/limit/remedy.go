package limit

import (
	"fmt"
	"path"

	"github.com/docker-pidns/docker-pidns/inspect/pattern"
)

// Next is what to type about a limit: what shows its zombies where they
// hold most of it, else, if it is near, what raises it. A second value that is
// not empty says what that means.
func Next(l *Limit) (command, meaning string) {
	switch {
	case l.HeldByZombies():
		return "docker pidns zombies" + soleName(l), ""
	case !l.IsNear():
		return "", ""
	case l.Scope == ScopeInside:
		return "docker pidns tree " + l.Container.Name, ""
	}
	raised := 2 * max(l.Max.Or(0), 1)
	switch l.Kind {
	case PIDs:
		if l.Scope == ScopeParent {
			return raiseGroup(l, raised), ""
		}
		return fmt.Sprintf("docker update --pids-limit %d %s", raised, l.Container.Name), ""
	case User:
		return fmt.Sprintf("docker run --ulimit nproc=%d ...", raised), "a new container, or another --user"
	case Numbers:
		return fmt.Sprintf("sysctl -w kernel.pid_max=%d", min(raised, highestPIDMax)), ""
	default:
		return fmt.Sprintf("sysctl -w kernel.threads-max=%d", raised), ""
	}
}

// highestPIDMax is the most that kernel.pid_max can be (PID_MAX_LIMIT on 64
// bits).
const highestPIDMax = 4 << 20

// soleName is the container's name where the limit is its own.
func soleName(l *Limit) string {
	if l.Scope == ScopeContainer || l.Scope == ScopeInside {
		return " " + l.Container.Name
	}
	return ""
}

// systemdUnits are the groups that systemd looks after.
var systemdUnits = pattern.Lazy(`\.(slice|service|scope)$`)

// raiseGroup: what is written beside systemd is undone by it.
func raiseGroup(l *Limit, limit int) string {
	if systemdUnits().MatchString(l.Path) {
		return fmt.Sprintf("systemctl set-property %s TasksMax=%d", path.Base(l.Path), limit)
	}
	return fmt.Sprintf("echo %d > %s", limit, path.Join(l.Dir, "pids.max"))
}
