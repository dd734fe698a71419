package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var nestedNamespace = Rule{
	ID:      "nested-namespace",
	Command: "ns",
	Worst:   inspect.SeverityNote,
	Title:   "a PID namespace was made inside a container",
	Means:   "Something inside has made a PID namespace of its own: unshare, a sandbox, or an engine that runs there.",
	Matters: "Its processes have one number more, and an init of their own, to which their orphans go: --init of the container does not reach there. When that init ends, all of them are killed.",
	Proof:   "A process is number 1 in a namespace below the container's (the last number of NSpid).",
	Mend:    "Nothing, where it is meant to be so.",
	check:   remarked(namespace.RemarkNested, inspect.SeverityNote),
}
