package rule

import "github.com/docker-pidns/docker-pidns/inspect"

var initDropped = Rule{
	ID:      "init-dropped",
	Worst:   inspect.SeverityNote,
	Title:   "Docker ignores --init, because the PID namespace is shared",
	Means:   "The engine drops --init without a message if the container has no PID namespace of its own.",
	Matters: "With --pid container:X, orphans are reparented to PID 1 of X, so the reaper belongs there. With --pid=host the shim reaps them, and no init is needed.",
	Proof:   "The configuration of the container has both --init and --pid (HostConfig.Init, HostConfig.PidMode).",
	Mend:    "Use --init on the container that owns the PID namespace.",
	check:   checkInitDropped,
}

func checkInitDropped(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		if !c.Init || !c.SharesHostPIDs() && c.JoinedID() == "" {
			continue
		}
		f := Finding{Severity: inspect.SeverityNote, Container: c, Process: l.Index.Binding(c).Main, Evidence: []string{"Docker ignores --init with --pid=host. The shim reaps"}}
		if c.JoinedID() != "" {
			f.Evidence, f.Cure = []string{"Docker ignores --init with --pid container:" + inspect.ShortRef(c.JoinedID())}, "use --init on the container whose PID namespace it is"
		}
		list = append(list, f)
	}
	return list
}
