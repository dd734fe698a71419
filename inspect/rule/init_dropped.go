package rule

import "github.com/docker-pidns/docker-pidns/inspect"

var initDropped = Rule{
	ID:      "init-dropped",
	Worst:   inspect.SeverityNote,
	Title:   "--init was asked for and dropped",
	Means:   "The engine drops --init without a word where the container has no PID namespace of its own.",
	Matters: "With --pid container:X the orphans go to X's PID 1: the reaper belongs there. With --pid=host the shim reaps, and no init is needed.",
	Proof:   "The engine was told --init and --pid at once (HostConfig.Init, HostConfig.PidMode).",
	Mend:    "--init on the container whose PID namespace it is.",
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
			f.Evidence, f.Cure = []string{"Docker ignores --init with --pid container:" + inspect.ShortRef(c.JoinedID())}, "Use --init on the container whose PID namespace it is"
		}
		list = append(list, f)
	}
	return list
}
