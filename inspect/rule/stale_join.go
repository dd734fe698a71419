package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var staleJoin = Rule{
	ID:      "stale-join",
	Command: "ns",
	Worst:   inspect.SeverityError,
	Title:   "a joined namespace is no longer its owner's",
	Means:   "The container was told to use another's network or ipc namespace (container:X). X was restarted since, and has a new one; this container kept the old. Who joins this container, then or now, gets the old one too.",
	Matters: "The two no longer share anything: no network between them, no port published by X. docker inspect still says container:X.",
	Proof:   "The inode numbers of /proc/PID/ns of both main processes differ.",
	Mend:    "docker restart of this container, after every restart of X, and then of those that have joined this one.",
	check:   remarked(namespace.RemarkStale, inspect.SeverityError),

	NeedsTrace: true,
}
