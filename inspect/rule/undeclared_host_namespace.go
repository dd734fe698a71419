package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var undeclaredHost = Rule{
	ID:      "undeclared-host-namespace",
	Command: "ns",
	Worst:   inspect.SeverityWarning,
	Title:   "a container is in a namespace of the host's that it was not told to use",
	Means:   "The main process uses the host's PID, UTS, IPC, network or mount namespace, although docker was told of none: it has entered it itself (setns, nsenter), which takes capabilities that containers do not have by default.",
	Matters: "It sees more of the host than docker inspect says.",
	Proof:   "The inode number of /proc/PID/ns is that of the host's, and neither --TYPE=host nor a container that has the host's was declared.",
	Mend:    "Find out what the image does at its start; take --cap-add SYS_ADMIN, --privileged or the mounted /proc of the host away.",
	check:   remarked(namespace.RemarkUndeclared, inspect.SeverityWarning),

	NeedsTrace: true,
}
