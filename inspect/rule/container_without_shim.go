package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
)

var containerWithoutShim = Rule{
	ID:          "container-without-shim",
	Worst:       inspect.SeverityError,
	Title:       "The container lost its shim. docker exec and stop hang or fail",
	Means:       "The main process is alive, but its shim is gone. The engine starts, watches and stops the container through its shim. containerd kills a container as soon as it notices that the shim has exited. So this state lasts only while containerd hangs or does not run.",
	Matters:     "docker exec, top and stop hang or fail. No process reads the output of the container. When containerd continues, it kills the container.",
	Proof:       "The parent of the main process is the process to which children of shims are reparented. That is the first process, or a process above the engine. No process names the container as a shim does. A second look found the same, and the engine still reported the container as running.",
	Mend:        "Check containerd first. Once it runs, it kills the container (137). Then use docker start, unless the container was started with --rm.",
	NeedsEngine: true,
	check:       checkShimless,
}

func checkShimless(l *Look) []Finding {
	var list []Finding
	for _, u := range shim.FindUnserved(l.Index) {
		if u.Main == nil || !u.Confirmed || !l.judges(u.Container) {
			continue
		}
		list = append(list, Finding{
			Severity: inspect.SeverityError, Container: u.Container, Process: u.Main, Now: "ps -o pid,stat,wchan:20,args -C containerd",
			Evidence: []string{
				fmt.Sprintf("%s (%d) runs without a shim, so docker exec, top and stop hang or fail", u.Main.Comm, u.Main.PID),
				fmt.Sprintf("Its parent is %d. containerd kills such a container when it notices", u.Main.ParentPID),
			},
			Cure: "find out what killed the shim, and why containerd does not answer",
		})
	}
	return list
}
