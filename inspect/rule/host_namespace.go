package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var hostNamespace = Rule{
	ID:      "host-namespace",
	Command: "ns",
	Worst:   inspect.SeverityNote,
	Title:   "Uses a namespace of the host, as configured",
	Means:   "The container was configured to use one of the host's namespaces.",
	Matters: "The container sees what belongs to the host: processes, names, shared memory, interfaces. It can change them as far as its user may.",
	Proof:   "The configuration declares the namespace. The inode number of /proc/PID/ns confirms this where it can be read.",
	Mend:    "Leave out --pid, --uts, --ipc, --network or --userns host where it is not needed.",
	check:   remarked(namespace.RemarkHost, inspect.SeverityNote),
}
