package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var staleJoin = Rule{
	ID:      "stale-join",
	Command: "ns",
	Worst:   inspect.SeverityError,
	Title:   "Still uses the old namespace of a restarted container",
	Means:   "The container is configured to use the network or ipc namespace of another container (container:X). X was restarted since and has a new namespace. This container kept the old namespace. A container that joined or joins this container gets the old namespace too.",
	Matters: "This container and X no longer share anything. They have no common network, and ports published by X do not reach this container. docker inspect still says container:X.",
	Proof:   "The inode numbers of /proc/PID/ns of both main processes differ.",
	Mend:    "Use docker restart on this container after every restart of X. Then restart the containers that joined this container.",
	check:   remarked(namespace.RemarkStale, inspect.SeverityError),

	NeedsTrace: true,
}
