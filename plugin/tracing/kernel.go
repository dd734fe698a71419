package tracing

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/sigtrace"
)

// Kernel reports signals and exits of processes, until it is closed.
type Kernel interface {
	// Read waits for the next event. Its error is os.ErrClosed after Close.
	Read() (procfs.KernelEvent, error)
	// Follow adds the processes of a container to what is reported.
	Follow(ix *inspect.Index, c *inspect.Container) error
	// ParentOf is the present parent of a process, 0 if the process has exited.
	ParentOf(procfs.Key) int
	// Lost is how many events were lost, because they were not read fast enough.
	Lost() (uint64, error)
	Close() error
}

// OpenKernel begins to trace on this host. The errors are those of sigtrace.Open.
func OpenKernel(procRoot string, options sigtrace.Options) (Kernel, error) {
	proc, err := read.Open(procRoot)
	if err != nil {
		return nil, err
	}
	tracer, err := sigtrace.Open(proc, options)
	if err != nil {
		return nil, err
	}
	return &kernel{Tracer: tracer, proc: proc, mounts: proc.CgroupMounts(), named: options.Named}, nil
}

// kernel is that of this host.
type kernel struct {
	*sigtrace.Tracer
	proc   read.FS
	mounts read.CgroupMounts
	// named is true if nothing is reported but what is followed.
	named bool
}

// Follow adds the PID namespace of the container's main process, or its control group if it has
// that of the host.
func (k *kernel) Follow(ix *inspect.Index, c *inspect.Container) error {
	main := ix.Main(c)
	if main == nil {
		return nil
	}
	if len(main.NSPIDs) > 1 {
		inode, known := main.Namespace(procfs.PIDNamespace).Get()
		if !k.named || !known {
			return nil
		}
		return k.Watch([]uint64{inode}, nil)
	}
	if dir := k.mounts.Group(main.Cgroups.Or(nil), c.ID); dir != "" {
		return k.Watch(nil, []string{dir})
	}
	return nil
}

// ParentOf reads /proc/PID/stat.
func (k *kernel) ParentOf(key procfs.Key) int {
	data, err := os.ReadFile(filepath.Join(k.proc.Root(), strconv.Itoa(key.PID), "stat"))
	if err != nil {
		return 0
	}
	stat, err := procfs.ParseStat(data)
	if err != nil || stat.StartTicks != key.StartTicks {
		return 0
	}
	return stat.ParentPID
}
