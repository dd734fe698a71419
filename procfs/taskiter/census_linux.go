//go:build amd64 || arm64

package taskiter

import (
	"os"

	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// takeCensus counts the host's tasks and this program's own.
func takeCensus(proc read.FS) census {
	count := proc.TaskCount()
	return census{count, proc.Threads(os.Getpid())}
}
