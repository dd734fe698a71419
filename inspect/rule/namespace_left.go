package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var namespaceLeft = Rule{
	ID:      "namespace-left",
	Command: "ns",
	Worst:   inspect.SeverityNote,
	Title:   "A main process has left the namespace that was configured",
	Means:   "The container was configured to use the namespace of another container or of the host. It is in a different namespace, although neither container was restarted. One of the main processes has made or entered another namespace (unshare, setns).",
	Matters: "docker inspect still shows the configured namespace, but the namespace is not shared.",
	Proof:   "The inode numbers of /proc/PID/ns of both main processes differ, or of the main process and the host. The owner is older than the member.",
	Mend:    "Leave out the option if the namespace is left in any case. Find out what the image does at its start.",
	check:   remarked(namespace.RemarkLeft, inspect.SeverityNote),

	NeedsTrace: true,
}
