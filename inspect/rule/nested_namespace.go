package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var nestedNamespace = Rule{
	ID:      "nested-namespace",
	Command: "ns",
	Worst:   inspect.SeverityNote,
	Title:   "A PID namespace was made inside the container",
	Means:   "A program inside has made its own PID namespace. Examples are unshare, a sandbox, or a nested engine.",
	Matters: "Its processes have one more PID, and an init of their own. Orphans are reparented to that init, so --init of the container has no effect there. When that init exits, all of these processes are killed.",
	Proof:   "A process is PID 1 in a namespace below that of the container (the last number of NSpid).",
	Mend:    "Nothing to do if this is intended.",
	check:   remarked(namespace.RemarkNested, inspect.SeverityNote),
}
