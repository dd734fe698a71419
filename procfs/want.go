package procfs

import (
	"errors"
	"slices"
)

// ErrNoProc means that this system has no /proc of Linux.
var ErrNoProc = errors.New("this system has no Linux /proc")

// ErrNoChildren means that this kernel has no /proc/PID/task/TID/children
// (CONFIG_PROC_CHILDREN). Then only a scan finds all children.
var ErrNoChildren = errors.New("the kernel lists no children")

// Detail says which of the facts that cost more are read for each process.
type Detail struct {
	// Namespaces are the types whose inode numbers are read.
	Namespaces []NamespaceType
	// MainThread is true if threads in other namespaces than the process's are not looked for.
	MainThread bool
	// UIDMaps is true if the maps of the user namespaces are read.
	UIDMaps bool
	// Limits is true if RLIMIT_NPROC is read.
	Limits bool
	// WithoutArgs is true if the argument vector is not read.
	WithoutArgs bool
	// EtcMounts is true if the mounts over files of /etc are read that container engines make.
	EtcMounts bool `json:",omitzero"`
}

// And is what both read.
func (d Detail) And(other Detail) Detail {
	for _, t := range other.Namespaces {
		if !slices.Contains(d.Namespaces, t) {
			d.Namespaces = append(slices.Clip(d.Namespaces), t)
		}
	}
	d.MainThread = d.MainThread && other.MainThread
	d.UIDMaps = d.UIDMaps || other.UIDMaps
	d.Limits = d.Limits || other.Limits
	d.WithoutArgs = d.WithoutArgs && other.WithoutArgs
	d.EtcMounts = d.EtcMounts || other.EtcMounts
	return d
}

// SurveyOf says what a survey reads in addition to the stat of every process.
type SurveyOf struct {
	// PIDNamespaces is true if the PID namespace of every process is read.
	PIDNamespaces bool
	// Cgroups is true if the control groups of every process are read.
	Cgroups bool
	// ZombieCgroups is true if the control groups of zombies are read, because no control group
	// lists zombies. A collector may leave them unread if reading them later costs less.
	ZombieCgroups bool
	// Zombies is what else is read of zombies. Only their stat shows that they are zombies, so
	// nothing else says ahead of which processes it is needed. It is nil if no more is read of
	// zombies than of others. A collector may leave it unread, like ZombieCgroups. It applies
	// also to a zombie of which Ahead wants less.
	Zombies *Detail `json:",omitzero"`
	// Ahead says for a PID whether more is read of that process at once, and what, which costs
	// less than a second pass. It is nil if there is no such process. Several goroutines may
	// call it.
	Ahead func(pid int) (Detail, bool) `json:"-"`
	// Living says for a PID whether a control group has listed the process a moment ago, so that
	// it is alive. Nothing is read of it ([Snapshot.Listed]), unless it is an ancestor of a
	// process that is read, or the leader of the session of a zombie. It is nil if all are read.
	// A collector may read all nevertheless.
	Living func(pid int) bool `json:"-"`
}

// Selection says what more is read of a process after a survey. It is false if nothing more is
// read. It may be called twice for one process, and by several goroutines.
type Selection func(*Process) (Detail, bool)

// FamilyOf says which processes belong to a family.
type FamilyOf struct {
	// Trees are processes that are read with all their descendants.
	Trees []int
	// Alone are processes that are read without their descendants.
	Alone []int
	// Known are processes that were read a moment ago and are not read again.
	Known []Process
	// Groups are folders of a cgroup file system; the processes of each and of
	// its subgroups are read.
	Groups []string
	// PIDNamespaces are the inodes of PID namespaces. Every process in one of them is read with
	// all its descendants, however it got there. The /proc of a known process in that namespace
	// shows whether there are processes that are found nowhere else. If there are, or if that
	// /proc cannot be read, one link of each process of the host is read (/proc/PID/ns/pid).
	PIDNamespaces []uint64
	// Only says that a survey's part of each process is enough, and which part. It is nil if
	// all detail is wanted. A collector may read more.
	Only *SurveyOf
}
