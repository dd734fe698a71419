package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var ownerGone = Rule{
	ID:      "owner-gone",
	Command: "ns",
	Worst:   inspect.SeverityWarning,
	Title:   "the owner of a joined namespace does not run",
	Means:   "The container uses the network or ipc namespace of another, which has been stopped or removed.",
	Matters: "It goes on with what it has, but cannot be started again, and what the owner published is gone.",
	Proof:   "The engine says so of the container that it was told to join.",
	Mend:    "Start the owner, then restart this container; where the owner was removed, create both anew.",
	check:   remarked(namespace.RemarkOwnerGone, inspect.SeverityWarning),

	NeedsTrace: true,
}
