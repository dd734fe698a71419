package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var ownerGone = Rule{
	ID:      "owner-gone",
	Command: "ns",
	Worst:   inspect.SeverityError,
	Title:   "the owner of a joined namespace does not run",
	Means:   "The container uses the network or ipc namespace of another, which has been stopped or removed.",
	Matters: "Of a network only lo is left: the engine takes the interfaces away when the owner ends, and the owner gets others when it starts again. In any case the container cannot be started again without its owner.",
	Proof:   "The engine says so of the container that it was told to join.",
	Mend:    "Start the owner, then restart this container; where the owner was removed, or created anew under its name, this container must be created anew too: docker compose up -d --force-recreate SERVICE.",
	check:   remarked(namespace.RemarkOwnerGone, inspect.SeverityWarning),

	NeedsTrace: true,
}
