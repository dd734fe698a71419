package rule

import "github.com/docker-pidns/docker-pidns/inspect"

var nestedInitZombies = Rule{
	ID:      "nested-init-zombies",
	Command: "zombies",
	Worst:   inspect.SeverityError,
	Title:   "the init of a PID namespace inside a container does not reap",
	Means:   "A PID namespace was made inside the container, by unshare, a sandbox or an engine that runs there, and its init has not waited for what ended in it.",
	Matters: "--init of the container does not reach there; the zombies count against the container's pids limit.",
	Proof:   "Their parent is the process that is number 1 in that namespace (the last number of NSpid), at two looks.",
	Mend:    "That init must wait for its children, or a reaper such as tini must be put in its place; a container of an engine inside takes --init there.",
	check:   checkNestedZombies,
}

func checkNestedZombies(l *Look) []Finding {
	var list []Finding
	culprits := l.zombies().Culprits
	for i := range culprits {
		c := &culprits[i]
		if !l.isNestedInit(c.Process) {
			continue
		}
		list = append(list, l.zombieFinding(c))
	}
	return list
}
