package rule

import "github.com/docker-pidns/docker-pidns/inspect"

var nestedInitZombies = Rule{
	ID:      "nested-init-zombies",
	Command: "zombies",
	Worst:   inspect.SeverityError,
	Title:   "The init of a PID namespace inside a container does not reap",
	Means:   "A PID namespace was made inside the container, by unshare, a sandbox or a nested engine. Its init has not waited for processes that exited in it.",
	Matters: "--init of the container has no effect in that namespace. The zombies count against the pids limit of the container.",
	Proof:   "The parent of the zombies is PID 1 in that namespace (the last number of NSpid), at two looks.",
	Mend:    "Make that init wait for its children, or put a reaper such as tini in its place. For a container of a nested engine, use --init there.",
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
