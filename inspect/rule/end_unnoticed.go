package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
)

var endUnnoticed = Rule{
	ID:          "end-unnoticed",
	Worst:       inspect.SeverityError,
	Title:       "Docker reports it as running, but its main process has exited",
	Means:       "The main process has exited, but the engine was not informed. containerd or the shim hangs, or was killed in between.",
	Matters:     "docker ps shows the container as running. Its restart policy does nothing. docker stop, kill and rm hang, or report that they got no exit event.",
	Proof:       "The engine reported the container as running before and after the processes were read, and at a second look. All reports were about the same start. State.Pid was gone or a zombie each time.",
	Mend:        "Check the shim, if it still runs, then containerd. Restart containerd, or else the engine, so that it checks the container again.",
	NeedsEngine: true,
	check:       checkUnnoticed,
}

func checkUnnoticed(l *Look) []Finding {
	var list []Finding
	for _, u := range shim.FindUnserved(l.Index) {
		if u.Main != nil || !u.Confirmed || !l.Everything && !l.judges(u.Container) {
			continue
		}
		f := Finding{
			Severity: inspect.SeverityError, Container: u.Container, Process: u.Shim, Now: "ps -o pid,stat,wchan:20,args -C containerd",
			Evidence: []string{fmt.Sprintf("Docker shows it as running, but its main process (%d) has exited", u.Container.HostPID), "Its shim is gone too"},
			Cure:     "find out why containerd does not answer",
		}
		if u.Shim != nil {
			f.Evidence[1] = fmt.Sprintf("Its shim (%d, State %s) still runs", u.Shim.PID, u.Shim.State)
		}
		list = append(list, f)
	}
	return list
}
