package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
)

var endUnnoticed = Rule{
	ID:      "end-unnoticed",
	Worst:   inspect.SeverityError,
	Title:   "the engine says that a container runs whose main process has ended",
	Means:   "The main process has ended, and that has not come to the engine: containerd or the shim hangs, or was killed in between.",
	Matters: "docker ps shows it as running and its restart policy does nothing, docker stop, kill and rm hang or say that they got no exit event.",
	Proof:   "The engine said so before and after the processes were read and at a second look, of the same start, and State.Pid was gone or a zombie each time.",
	Mend:    "See to the shim if there still is one, then to containerd; a restart of containerd, or else of the engine, makes it look again.",
	check:   checkUnnoticed,
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
			Cure:     "Find out why containerd does not answer",
		}
		if u.Shim != nil {
			f.Evidence[1] = fmt.Sprintf("Its shim (%d, State %s) still runs", u.Shim.PID, u.Shim.State)
		}
		list = append(list, f)
	}
	return list
}
