package read

import (
	"os"
	"path/filepath"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// TaskLimits reads the host's limits of tasks and how many there are.
func (f FS) TaskLimits() procfs.TaskLimits {
	return procfs.TaskLimits{PIDMax: f.pidMax(), ThreadsMax: f.number("sys/kernel/threads-max"), Tasks: f.tasks()}
}

// initialPIDNamespace is the inode of the host's PID namespace on every kernel
// (PROC_PID_INIT_INO).
const initialPIDNamespace = 4026531836

// pidMax is believed of the host's PID namespace alone, and the file follows
// the reader and not the mount.
func (f FS) pidMax() procfs.Opt[int] {
	own := f.OwnNamespace(procfs.PIDNamespace)
	switch inode, ok := own.Get(); {
	case !ok:
		return procfs.None[int](own.Absence())
	case inode != initialPIDNamespace:
		return procfs.None[int](procfs.Unsupported)
	default:
		return f.number("sys/kernel/pid_max")
	}
}

// OwnNamespace is the inode of this program's namespace of type t
// (self/ns/TYPE), which needs no rights.
func (f FS) OwnNamespace(t procfs.NamespaceType) procfs.Opt[uint64] {
	target, err := os.Readlink(filepath.Join(f.root, "self", "ns", string(t)))
	if err != nil {
		return procfs.None[uint64](absenceOf(err))
	}
	inode, err := procfs.ParseNamespaceLink(t, target)
	if err != nil {
		return procfs.None[uint64](procfs.Malformed)
	}
	return procfs.Some(inode)
}

// TaskCount is the kernel's own count of tasks (/proc/loadavg).
func (f FS) TaskCount() procfs.Opt[procfs.TaskCount] {
	data, err := os.ReadFile(filepath.Join(f.root, "loadavg"))
	if err != nil {
		return procfs.None[procfs.TaskCount](absenceOf(err))
	}
	count, err := procfs.ParseTaskCount(data)
	if err != nil {
		return procfs.None[procfs.TaskCount](procfs.Malformed)
	}
	return procfs.Some(count)
}

func (f FS) tasks() procfs.Opt[int] {
	count := f.TaskCount()
	if n, ok := count.Get(); ok {
		return procfs.Some(n.Tasks)
	}
	return procfs.None[int](count.Absence())
}
