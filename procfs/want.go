package procfs

import "errors"

// ErrNoProc means that this system has no /proc of Linux.
var ErrNoProc = errors.New("this system has no Linux /proc")

// ErrNoChildren means that this kernel has no /proc/PID/task/TID/children
// (CONFIG_PROC_CHILDREN), so that only a scan finds all.
var ErrNoChildren = errors.New("the kernel lists no children")

// Detail says which of the dearer facts of each process are read.
type Detail struct {
	// Namespaces are the types whose inode numbers are read.
	Namespaces []NamespaceType
	// MainThread: threads in other namespaces than the process's are not looked for.
	MainThread bool
	// UIDMaps: the maps of the user namespaces are read.
	UIDMaps bool
	// Limits: RLIMIT_NPROC is read.
	Limits bool
	// WithoutArgs: the argument vector is not read.
	WithoutArgs bool
	// EtcMounts: what is mounted over the files of /etc that container engines write is
	// read.
	EtcMounts bool `json:",omitzero"`
}

// SurveyOf says what a survey reads beside the stat of every process.
type SurveyOf struct {
	// PIDNamespaces: the PID namespace of every process is read.
	PIDNamespaces bool
	// Cgroups: the control groups of every process are read.
	Cgroups bool
	// ZombieCgroups: those of zombies are read, which no control group lists. A collector
	// for which that costs more than asking for them later may leave them unread.
	ZombieCgroups bool
	// Ahead says by their PIDs of which processes more is read at once, nil for none: what
	// is wanted anyway costs less so. It may be asked by several goroutines.
	Ahead func(pid int) (Detail, bool) `json:"-"`
}

// Selection says what is read of a process of which a survey has read less; false
// for nothing more. It may be asked twice about one process, and by several
// goroutines.
type Selection func(*Process) (Detail, bool)

// FamilyOf says where a family begins.
type FamilyOf struct {
	// Trees are processes that are read with everything below them.
	Trees []int
	// Alone are processes that are read by themselves.
	Alone []int
	// Known are processes that were read a moment ago and are not read again.
	Known []Process
	// Groups are folders of a cgroup file system; the processes of each and of
	// its subgroups are read.
	Groups []string
	// PIDNamespaces are the inodes of PID namespaces: every process in one of them is
	// read with everything below it, however it got there. Whether there is one that is
	// found nowhere else is seen in the /proc of a known process in that namespace. If
	// so, or if that cannot be seen there, it takes a look at one link of each process of
	// the host (/proc/PID/ns/pid).
	PIDNamespaces []uint64
	// Only is what suffices of the processes that are found, as a survey reads it; nil for
	// all detail. A collector may read more.
	Only *SurveyOf
}
