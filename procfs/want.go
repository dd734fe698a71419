package procfs

import "errors"

// ErrNoProc means that this system has no /proc of Linux.
var ErrNoProc = errors.New("this system has no Linux /proc")

// ErrNoChildren means that this kernel has no /proc/PID/task/TID/children
// (CONFIG_PROC_CHILDREN). Then only a scan finds all processes.
var ErrNoChildren = errors.New("the kernel lists no children")

// Detail says which of the more expensive facts of each process are read.
type Detail struct {
	// Namespaces are the types whose inode numbers are read.
	Namespaces []NamespaceType
	// MainThread is true if threads in other namespaces than the process are not looked for.
	MainThread bool
	// UIDMaps is true if the maps of the user namespaces are read.
	UIDMaps bool
	// Limits is true if RLIMIT_NPROC is read.
	Limits bool
	// WithoutArgs is true if the argument vector is not read.
	WithoutArgs bool
	// EtcMounts: what is mounted over the files of /etc that container engines write is
	// read.
	EtcMounts bool `json:",omitzero"`
}

// SurveyOf says what a survey reads in addition to the stat of every process.
type SurveyOf struct {
	// PIDNamespaces is true if the PID namespace of every process is read.
	PIDNamespaces bool
	// Cgroups is true if the control groups of every process are read.
	Cgroups bool
	// Ahead says by PID of which processes more is read at once, nil for none. What is needed
	// anyway is cheaper this way. Several goroutines may call it.
	Ahead func(pid int) (Detail, bool) `json:"-"`
}

// Selection says what more is read of a process of which a survey has read little. It is false
// for nothing more. It may be called twice for one process, and by several goroutines.
type Selection func(*Process) (Detail, bool)

// FamilyOf says with which processes a family begins.
type FamilyOf struct {
	// Trees are processes that are read with everything below them.
	Trees []int
	// Alone are processes that are read by themselves.
	Alone []int
	// Known are processes that were read a moment ago and are not read again.
	Known []Process
	// Groups are folders of a cgroup file system. The processes of each folder and of its
	// subgroups are read.
	Groups []string
	// PIDNamespaces are the inode numbers of PID namespaces. Every process in one of them is
	// read with everything below it, however it got there. The /proc of a known process in the
	// namespace shows whether there is a process that is found nowhere else. If there is one,
	// or if that cannot be seen, one link of each process of the host is read
	// (/proc/PID/ns/pid).
	PIDNamespaces []uint64
	// Only is what suffices of the processes that are found, as a survey reads it. It is nil
	// for all detail. A collector may read more.
	Only *SurveyOf
}
