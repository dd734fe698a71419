package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
)

var containerWithoutShim = Rule{
	ID:      "container-without-shim",
	Worst:   inspect.SeverityError,
	Title:   "a running container has lost its shim",
	Means:   "The main process lives, and the shim through which the engine starts, watches and stops it has gone. containerd kills a container as soon as it notices that its shim has ended, so this lasts while containerd hangs or does not run.",
	Matters: "docker exec, top and stop hang or fail, nobody reads what the container writes, and when containerd goes on, it kills the container.",
	Proof:   "The main process's parent is the one that adopts what shims leave behind (the first process, or one above the engine), no process names the container as a shim does, and so it still was at a second look, when the engine still said that it runs.",
	Mend:    "See to containerd first: once it runs, it ends the container (137), and docker start brings it back, unless it was started with --rm.",
	check:   checkShimless,
}

func checkShimless(l *Look) []Finding {
	var list []Finding
	for _, u := range shim.FindUnserved(l.Index) {
		if u.Main == nil || !u.Confirmed || !l.judges(u.Container) {
			continue
		}
		list = append(list, Finding{
			Severity: inspect.SeverityError, Container: u.Container, Process: u.Main, Merge: u.Main.Comm, Now: "ps -o pid,stat,wchan:20,args -C containerd",
			Evidence: []string{
				fmt.Sprintf("%s (%d) runs without a shim, so docker exec, top and stop hang or fail", u.Main.Comm, u.Main.PID),
				fmt.Sprintf("Its parent is %d. containerd kills such a container when it notices", u.Main.ParentPID),
			},
			Cure: "Find out what killed the shim, and why containerd does not answer",
		})
	}
	return list
}
