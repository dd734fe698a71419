package rule

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

var undeclaredHost = Rule{
	ID:      "undeclared-host-namespace",
	Command: "ns",
	Worst:   inspect.SeverityWarning,
	Title:   "Uses a namespace of the host that was not configured",
	Means:   "The main process uses the PID, UTS, IPC, network or mount namespace of the host without configuration. It entered that namespace itself (setns, nsenter). This takes capabilities that containers do not have by default.",
	Matters: "The container sees more of the host than docker inspect says.",
	Proof:   "The inode number of /proc/PID/ns is that of the host. Neither --TYPE=host nor a container with the host's namespace was declared.",
	Mend:    "Remove --cap-add SYS_ADMIN, --privileged or the mounted /proc of the host. Find out what the image does at its start.",
	check:   remarked(namespace.RemarkUndeclared, inspect.SeverityWarning),

	NeedsTrace: true,
}
