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
	Matters: "When the owner ends, the engine takes its interfaces out of the network namespace: lo remains. When it starts again, it has a new one. The container cannot be started again without its owner.",
	Proof:   "The engine says so of the container that it was told to join.",
	Mend:    "Start the owner, then restart this container; where the owner was removed, or created anew under its name, this container must be created anew too: docker compose up -d --force-recreate SERVICE.",
	check:   remarked(namespace.RemarkOwnerGone, inspect.SeverityWarning),

	NeedsTrace: true,
}
