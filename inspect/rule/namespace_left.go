package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var namespaceLeft = Rule{
	ID:      "namespace-left",
	Command: "ns",
	Worst:   inspect.SeverityNote,
	Title:   "a main process has left the namespace that was declared",
	Means:   "The container was told to use another's namespace, or the host's, and is in a different one, although nobody was restarted: one of the main processes has made or entered another (unshare, setns).",
	Matters: "docker inspect still says what was declared; who relies on the two sharing something is wrong.",
	Proof:   "The inode numbers of /proc/PID/ns of both main processes, or of the host, differ, and the owner is older than the member.",
	Mend:    "Find out what the image does at its start; leave the option out if the namespace is left in any case.",
	check:   remarked(namespace.RemarkLeft, inspect.SeverityNote),

	NeedsTrace: true,
}
