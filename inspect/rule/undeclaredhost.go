package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var undeclaredHost = Rule{
	ID:      "undeclared-host-namespace",
	Worst:   inspect.SeverityWarning,
	Title:   "a container is in a namespace of the host's that it was not told to use",
	Means:   "The main process uses the host's PID, UTS, IPC, network or mount namespace, although docker was told of none: it has entered it itself (setns, nsenter), which takes capabilities that containers do not have by default.",
	Matters: "It sees more of the host than docker inspect says.",
	Proof:   "The inode number of /proc/PID/ns is that of the host's, and neither --TYPE=host nor a container that has the host's was declared.",
	Mend:    "Find out what the image does at its start; take --cap-add SYS_ADMIN, --privileged or the mounted /proc of the host away.",
	check:   checkUndeclared,

	NeedsTrace: true,
}

func checkUndeclared(l *Look) []Finding {
	var list []Finding
	for _, row := range l.Index.Sharing(l.Containers) {
		for _, m := range row {
			if !l.isUndeclaredHost(m) {
				continue
			}
			list = append(list, Finding{
				Severity: inspect.SeverityWarning, Container: m.Container, Process: l.Index.Binding(m.Container).Main,
				Evidence: []string{fmt.Sprintf("its main process is in the host's %s namespace, which docker was not told", m.Type)},
				Cure:     "take the capability away by which it got there (SYS_ADMIN)",
			})
		}
	}
	return list
}

func (l *Look) isUndeclaredHost(m inspect.Membership) bool {
	switch m.Type {
	case procfs.PIDNamespace, procfs.UTSNamespace, procfs.IPCNamespace, procfs.NetNamespace, procfs.MountNamespace:
		return m.Mode == inspect.ModeHost && m.Declared != "host" && !l.Index.JoinsAnother(m.Container, m.Type)
	default:
		return false // the engine's settings decide over the others
	}
}
