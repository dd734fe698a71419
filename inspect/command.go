package inspect

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// KillCommand signals the process from the host, which needs nothing of the
// container: docker exec would need a kill program in the image, a user that
// may signal the process, and a free PID.
func (ix *Index) KillCommand(p *procfs.Process, signal string) string {
	return ix.AsRoot(fmt.Sprintf("kill %s%d", signal, p.PID))
}

// AsRoot puts sudo in front, unless the reader was root.
func (ix *Index) AsRoot(command string) string {
	if ix.Capture.Host.EUID == 0 && ix.Capture.Host.CanPtrace {
		return command
	}
	return "sudo " + command
}
