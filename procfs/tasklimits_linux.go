package procfs

import (
	"os"
	"path/filepath"
)

// TaskLimits reads the host's limits of tasks and how many there are.
func (f FS) TaskLimits() TaskLimits {
	return TaskLimits{PIDMax: f.pidMax(), ThreadsMax: f.number("sys/kernel/threads-max"), Tasks: f.tasks()}
}

// initialPIDNamespace is the inode of the host's PID namespace on every kernel
// (PROC_PID_INIT_INO).
const initialPIDNamespace = 4026531836

// pidMax is believed of the host's PID namespace alone, and the file follows
// the reader and not the mount.
func (f FS) pidMax() Opt[int] {
	own := f.OwnNamespace(PIDNamespace)
	switch inode, ok := own.Get(); {
	case !ok:
		return None[int](own.Absence())
	case inode != initialPIDNamespace:
		return None[int](Unsupported)
	default:
		return f.number("sys/kernel/pid_max")
	}
}

// OwnNamespace is the inode of this program's namespace of type t
// (self/ns/TYPE), which needs no rights.
func (f FS) OwnNamespace(t NamespaceType) Opt[uint64] {
	target, err := os.Readlink(filepath.Join(f.root, "self", "ns", string(t)))
	if err != nil {
		return None[uint64](absenceOf(err))
	}
	inode, err := ParseNamespaceLink(t, target)
	if err != nil {
		return None[uint64](Malformed)
	}
	return Some(inode)
}

// TaskCount is the kernel's own count of tasks (/proc/loadavg).
func (f FS) TaskCount() Opt[TaskCount] {
	data, err := os.ReadFile(filepath.Join(f.root, "loadavg"))
	if err != nil {
		return None[TaskCount](absenceOf(err))
	}
	count, err := ParseTaskCount(data)
	if err != nil {
		return None[TaskCount](Malformed)
	}
	return Some(count)
}

func (f FS) tasks() Opt[int] {
	count := f.TaskCount()
	if n, ok := count.Get(); ok {
		return Some(n.Tasks)
	}
	return None[int](count.Absence())
}
