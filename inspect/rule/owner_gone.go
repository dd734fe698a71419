package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var ownerGone = Rule{
	ID:      "owner-gone",
	Command: "ns",
	Worst:   inspect.SeverityError,
	Title:   "Uses the namespace of a container that does not run",
	Means:   "The container uses the network or ipc namespace of another container (its owner). The owner was stopped or removed.",
	Matters: "When the owner exits, the engine removes its interfaces from the network namespace. Only lo remains. When the owner starts again, it has a new namespace. This container cannot be started again without the owner.",
	Proof:   "The engine reports this state of the container that this container is configured to join.",
	Mend:    "Start the owner, then restart this container. If the owner was removed, or recreated under its name, recreate this container too: docker compose up -d --force-recreate SERVICE.",
	check:   remarked(namespace.RemarkOwnerGone, inspect.SeverityWarning),

	NeedsTrace: true,
}
