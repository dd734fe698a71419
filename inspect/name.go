package inspect

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ProcessName names a process of the container for a sentence: "PID 1 (sleep)"
// for the init of its PID namespace, "python (30101, inside 8)" for another.
func (ix *Index) ProcessName(c *Container, p *procfs.Process) string {
	chain := ix.ContainerPIDs(c, p)
	switch {
	case len(chain) == 1 && chain[0] == 1:
		return fmt.Sprintf("PID 1 (%s)", p.Comm)
	case len(chain) == 0 || p.Depth() == 0:
		return fmt.Sprintf("%s (%d)", p.Comm, p.PID)
	default:
		return fmt.Sprintf("%s (%d, inside %s)", p.Comm, p.PID, ChainString(chain))
	}
}
