package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var initCannotFinish = Rule{
	ID:      "init-cannot-finish",
	Worst:   inspect.SeverityError,
	Title:   "PID 1 cannot finish exiting. docker stop and docker rm hang or fail",
	Means:   "When PID 1 exits, the kernel kills all other processes in its PID namespace. It then waits until they are reaped. One of them is a zombie whose parent is outside the namespace (nsenter) and does not wait. Or one of them is in uninterruptible sleep.",
	Matters: "docker ps shows the container as running. docker stop and docker rm hang or fail. SIGKILL has no effect.",
	Proof:   "The wait channel of PID 1 is zap_pid_ns_processes (/proc/PID/wchan). The remaining processes have the same /proc/PID/ns/pid as PID 1.",
	Mend:    "Resume the parent outside the namespace, or kill it. The zombie is then reaped, and the container exits.",
	check:   checkFinishing,

	NeedsTrace: true,
}

func checkFinishing(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		main := l.Index.Binding(c).Main
		if !signal.IsFinishing(l.Index, main) {
			continue
		}
		f := Finding{
			Severity: inspect.SeverityError, Container: c, Process: main,
			Evidence: []string{fmt.Sprintf("PID 1 (%s) has exited and waits until its PID namespace is empty", main.Comm)},
		}
		for _, p := range signal.StillInside(l.Index, main) {
			said, now := l.holder(p)
			f.Evidence = append(f.Evidence, said)
			if f.Now == "" {
				f.Now = now
			}
		}
		list = append(list, f)
	}
	return list
}

// holder says which process is still there, and which command frees it.
func (l *Look) holder(p *procfs.Process) (said, now string) {
	parent := l.Index.Parent(p)
	switch {
	case !p.IsZombie():
		return fmt.Sprintf("%s (%d) still runs, in state %s", p.Comm, p.PID, p.State), "cat " + fmt.Sprintf("/proc/%d/wchan", p.PID)
	case parent == nil:
		return fmt.Sprintf("%s (%d) is a zombie in it", p.Comm, p.PID), ""
	case parent.State == procfs.StateStopped:
		return fmt.Sprintf("%s (%d) is a zombie in it. Its parent %s (%d), outside the namespace, is stopped", p.Comm, p.PID, parent.Comm, parent.PID), l.Index.KillCommand(parent, "-CONT ")
	default:
		return fmt.Sprintf("%s (%d) is a zombie in it. Its parent %s (%d), outside the namespace, has not waited for it", p.Comm, p.PID, parent.Comm, parent.PID), l.Index.KillCommand(parent, "")
	}
}
