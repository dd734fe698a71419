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

// OpenExits follows the exits of main processes, which takes no rights, and reports no signals. The
// errors are those of sigtrace.OpenExits.
func OpenExits(procRoot string) (Kernel, error) {
	proc, err := read.Open(procRoot)
	if err != nil {
		return nil, err
	}
	exits, err := sigtrace.OpenExits(proc)
	if err != nil {
		return nil, err
	}
	return exitsOnly{exits}, nil
}

// exitsOnly is the kernel as any user sees it.
type exitsOnly struct{ *sigtrace.Exits }

// Follow adds the container's main process.
func (k exitsOnly) Follow(ix *inspect.Index, c *inspect.Container) error {
	main := ix.Main(c)
	if main == nil {
		return nil
	}
	return k.Exits.Follow(main.Traced())
}

// ParentOf is not asked, because forks are not reported.
func (exitsOnly) ParentOf(procfs.Key) int { return 0 }

// Lost is 0: each exit is kept until it is read.
func (exitsOnly) Lost() (uint64, error) { return 0, nil }
