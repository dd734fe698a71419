package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var hostNamespace = Rule{
	ID:      "host-namespace",
	Command: "ns",
	Worst:   inspect.SeverityNote,
	Title:   "a namespace is the host's",
	Means:   "The container was told to use one of the host's namespaces.",
	Matters: "It sees, and as its user may change, what is the host's: processes, names, shared memory, interfaces.",
	Proof:   "As declared to the engine, and by the inode number of /proc/PID/ns where that can be read.",
	Mend:    "Leave --pid, --uts, --ipc, --network or --userns host out where it is not needed.",
	check:   remarked(namespace.RemarkHost, inspect.SeverityNote),
}
